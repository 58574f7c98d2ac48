"""New catalog items, companies with their contacts, and agreements."""
