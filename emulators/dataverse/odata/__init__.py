"""The query language of the Web API: parsing, planning and evaluation (dataverse.md 4)."""
