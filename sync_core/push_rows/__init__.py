"""The push of products, accounts and billing contracts: each row is created in ConnectWise or mapped."""
