"""Our own tables on Dataverse (publisher prefix psasync_): records and repositories."""
