"""Small stand-in for the Azure Functions host: HTTP, Storage queue and timer triggers of one Python app.

It follows functions.md, which read Microsoft's host in source; it was never compared with the real host.
"""
