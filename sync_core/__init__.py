"""LAYER 3: every rule of PSA Sync; no I/O."""
