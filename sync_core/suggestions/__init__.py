"""Suggestions: which record of ConnectWise a row of Work 365 probably is, and why; never applied by themselves."""
