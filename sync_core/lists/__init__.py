"""The lists of the push tabs: what Work 365 has, and what it is mapped to."""
