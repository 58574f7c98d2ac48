"""Keeps keys, tokens and query values out of logs and exception texts."""

import hmac
import logging
import re
from collections.abc import Iterable, Mapping
from typing import NoReturn
from urllib.parse import urlsplit, urlunsplit

_QUERY = re.compile(r"\?[^\s\"')>]*")
_SENDABLE = re.compile(r"[\x20-\x7e]*")


class Secret:
    """A text that `repr`, `str`, `format`, pickling and tracebacks do not show; only `reveal` returns it."""

    __slots__ = ("_concealed",)

    def __init__(self, text: str) -> None:
        self._concealed = text

    def reveal(self) -> str:
        """Return the text; call it only where it goes onto the wire."""
        return self._concealed

    def __repr__(self) -> str:
        return "Secret(***)"

    def __str__(self) -> str:
        return "***"

    def __format__(self, _spec: str) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._concealed.encode(), other._concealed.encode())

    def __hash__(self) -> int:
        return hash(self._concealed)

    def __bool__(self) -> bool:
        return bool(self._concealed)

    def __reduce__(self) -> NoReturn:
        # Pickles end up in queues, caches and crash reports.
        raise TypeError("a secret is not to be pickled or copied")


class Headers(dict[str, str]):
    """Request headers whose `repr` tells only names, for tools that print the variables of a traceback."""

    def __repr__(self) -> str:
        return f"Headers({', '.join(self)})"


def conceal(text: str, secrets: Iterable[str]) -> str:
    """Return `text` with each of the secrets blotted out, for texts that come back from a server."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    return text


def loggable(url: str) -> str:
    """Return scheme, host, port and path of a URL: query values name customers and products, user info is secret."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "(unreadable address)"
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def check_headers(headers: Mapping[str, str]) -> None:
    """Raise ValueError, without the value, for a header that HTTP cannot carry.

    The libraries below would raise too, but with the value, which may be a key, in the text.
    """
    for name, value in headers.items():
        if not _SENDABLE.fullmatch(value) or value != value.strip():
            raise ValueError(f"the value of the header {name} holds characters that a header cannot carry")


class _QueryFilter(logging.Filter):
    """Cuts query strings out of a library's log records."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(_without_query(argument) for argument in record.args)
        return True


def _without_query(argument: object) -> object:
    if isinstance(argument, int | float | None):
        return argument
    return _QUERY.sub("?***", str(argument))


_QUERY_FILTER = _QueryFilter()


def hide_queries_in_library_logs() -> None:
    """Make urllib3's loggers drop query strings; may be called any number of times."""
    for name in ("urllib3.connectionpool", "urllib3.util.retry"):
        logging.getLogger(name).addFilter(_QUERY_FILTER)  # adding the same filter again changes nothing
