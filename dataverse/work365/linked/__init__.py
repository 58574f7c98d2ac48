"""Products, accounts and billing contracts as far as mapping has to know them."""
