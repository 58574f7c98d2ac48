"""Measured work: numbers of requests and seconds; no part of the tests."""
