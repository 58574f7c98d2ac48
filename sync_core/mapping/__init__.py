"""The only place where words of Work 365 and words of ConnectWise meet."""
