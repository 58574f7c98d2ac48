"""Products, accounts and billing contracts as far as a new ConnectWise record takes over from them."""
