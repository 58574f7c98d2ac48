"""Live search in ConnectWise: what matches, in which order, and why something cannot be chosen."""
