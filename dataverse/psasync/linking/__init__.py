"""Integration records that a person makes, changes and removes."""
