"""LAYER 2: client of the Dataverse Web API v9.2, Work 365's tables and our own."""
