"""Connectors: what a person may set, what ConnectWise must confirm, and what a test of the connection says."""
