"""What a connector's screen needs of a tenant: who it is, what the API member may read, and its pick lists."""
