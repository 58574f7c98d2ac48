"""Filters of the API: `conditions`, `childConditions` and `customFieldConditions` (connectwise.md 3.1 and 3.2)."""
