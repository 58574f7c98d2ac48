"""One app and its cases, run under Microsoft's worker library and under the small host."""
