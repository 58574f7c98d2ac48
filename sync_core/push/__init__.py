"""The push of invoice lines: plan, claim, look up, post once, settle."""
