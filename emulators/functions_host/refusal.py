"""The one error of the start-up."""


class StartRefused(Exception):
    """The app cannot be hosted; the text says what to change."""
