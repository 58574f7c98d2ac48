"""Connectors as rows that people make and change."""
