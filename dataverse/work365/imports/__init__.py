"""Accounts, contacts and billing contracts as an import reads and writes them."""
