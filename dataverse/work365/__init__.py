"""Work 365's tables on Dataverse: the schema map, records and repositories."""
