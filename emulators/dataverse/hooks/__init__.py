"""Webhooks that really call out, and Custom APIs as business events (dataverse.md 13, 14)."""
