"""Pooled connections that witness whether a request can have left this process.

The libraries' exception types do not tell a TLS handshake that failed from a TLS session that broke after the request
was sent. The connection itself knows: nothing of a request leaves before `request` is called on an open socket.
"""

import math
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

from transport.delivery import SendWindowClosed


@dataclass(slots=True)
class Departure:
    """What one attempt may do, and whether it has begun to send; `latest` and `clock` in seconds."""

    clock: Callable[[], float]
    idle_limit: float
    latest: float | None = None
    begun: bool = False


departure: ContextVar[Departure | None] = ContextVar("departure", default=None)
"""The attempt of the current thread."""


class _Witness(HTTPConnection):
    """Reports to the current Departure; a connection that was idle for too long counts as closed."""

    debuglevel = 0  # http.client's global switch would print request headers, keys included, to stdout
    _last_used = math.inf

    @property
    def is_connected(self) -> bool:
        current = departure.get()
        if current is not None and current.clock() - self._last_used > current.idle_limit:
            # The server may be closing it at this very moment; a request on it would be neither sent nor unsent.
            return False
        return super().is_connected

    def request(self, method: str, url: str, *args: Any, **options: Any) -> None:
        if self.sock is None:
            self.connect()
        current = departure.get()
        if current is not None:
            if current.latest is not None and current.clock() >= current.latest:
                raise SendWindowClosed
            current.begun = True
        super().request(method, url, *args, **options)

    def getresponse(self) -> Any:
        response = super().getresponse()
        current = departure.get()
        if current is not None:
            self._last_used = current.clock()
        return response


class _PlainConnection(_Witness):
    """HTTP."""


class _TlsConnection(_Witness, HTTPSConnection):
    """HTTPS."""


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


_POOLS: Mapping[str, type[HTTPConnectionPool]] = {"http": _PlainPool, "https": _TlsPool}


class WitnessingAdapter(HTTPAdapter):
    """Mounts the witnessing connections into a requests session; it repeats nothing by itself."""

    def __init__(self, pool_size: int) -> None:
        super().__init__(pool_connections=4, pool_maxsize=pool_size, max_retries=0)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self._use_witnesses(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **options)
        self._use_witnesses(manager)
        return manager

    def _use_witnesses(self, manager: PoolManager) -> None:
        manager.pool_classes_by_scheme = dict(_POOLS)
