"""LAYER 2: client of the ConnectWise PSA (Manage) REST API 3.0."""
