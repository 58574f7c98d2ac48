"""Lists of companies and agreements as the import reads them: whole, by what changed, or by ids."""
