"""The import of companies and agreements from ConnectWise: lists of both systems joined, plans, and the work."""
