"""Whole lists of what a row of Work 365 may be mapped to, as compact records."""
