"""LAYER 1: pooled HTTP with time-outs, what is known of delivery, the rate limiter, decimal JSON and redaction."""
