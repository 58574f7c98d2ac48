"""What people run around the product: the demo, the local stack, generated files. Never shipped."""
