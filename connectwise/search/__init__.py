"""Search while a person types: one request, whatever the text."""
