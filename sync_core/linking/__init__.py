"""Mappings made by hand: a product, account or billing contract of Work 365 is joined to a ConnectWise record."""
