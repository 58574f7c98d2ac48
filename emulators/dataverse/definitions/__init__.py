"""The metadata API: definitions of tables, columns, keys, relationships and choices (dataverse.md 12)."""
