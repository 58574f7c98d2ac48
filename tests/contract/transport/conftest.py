"""Transports that neither wait nor draw lots."""

from collections.abc import Callable, Iterator

import pytest

from transport import RateLimiter, Repeats, Timeouts, Transport


@pytest.fixture
def naps() -> list[float]:
    """The waits that a transport would have made."""
    return []


@pytest.fixture
def make_transport(naps: list[float], monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Transport]]:
    """Build transports with short time-outs, without proxies of the machine, and close them at the end."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    made: list[Transport] = []

    def make(**options: object) -> Transport:
        defaults = {
            "timeouts": Timeouts(connect=0.3, read=0.3),
            "limiter": RateLimiter(requests_per_minute=60_000, in_flight=8),
            "pool_size": 4,
            "repeats": Repeats(attempts=1),
            "sleep": naps.append,
            "jitter": lambda: 1.0,
        }
        made.append(Transport(**(defaults | options)))
        return made[-1]

    yield make
    for transport in made:
        transport.close()
