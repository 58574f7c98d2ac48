"""Sentences on a terminal."""

import textwrap

_WIDTH = 120


def say(text: str, *, indent: int = 3) -> None:
    """Print a text, on more lines when it is long."""
    lines = textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + 2),
        break_long_words=False,
        break_on_hyphens=False,
    )
    print("\n".join(lines))
