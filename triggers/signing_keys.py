"""The published keys of the identity platform, kept so that neither a rotation nor a flood of false tokens hurts."""

import json
import logging
import threading
import time
from collections.abc import Callable

import jwt

_PAUSE_WITHOUT_KEYS = 5.0

_log = logging.getLogger("psasync.identity")


class KeysUnavailable(Exception):
    """The keys could not be fetched, and none are known."""


class KeyUnknown(Exception):
    """No published key has this id."""


class SigningKeys:
    """Finds signing keys by their id; safe to share between threads.

    `fetch` returns the JSON web key set as bytes, None when it cannot be had. The set is fetched again after `lifespan`
    seconds and when a token names an unknown key, but never within `cool_down` seconds of the last attempt, whatever
    came of it: tokens that anybody can make up must not make us call the platform. While it cannot be reached the keys
    that are known go on for `longest_life` seconds.
    """

    def __init__(
        self,
        fetch: Callable[[], bytes | None],
        *,
        lifespan: float = 3_600.0,
        cool_down: float = 30.0,
        longest_life: float = 86_400.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetch = fetch
        self._lifespan = lifespan
        self._cool_down = cool_down
        self._longest_life = longest_life
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_at = float("-inf")
        self._tried_at = float("-inf")

    def key(self, key_id: str) -> jwt.PyJWK:
        """Return the key; raise KeyUnknown, or KeysUnavailable when it cannot be told."""
        with self._lock:
            now = self._clock()
            if key_id not in self._keys or now - self._fetched_at >= self._lifespan:
                self._refresh(now)
            if not self._keys or now - self._fetched_at >= self._longest_life:
                raise KeysUnavailable
            if key_id not in self._keys:
                raise KeyUnknown
            return self._keys[key_id]

    def _refresh(self, now: float) -> None:
        # without any key nobody gets in, so that is tried again sooner
        if now - self._tried_at < (self._cool_down if self._keys else _PAUSE_WITHOUT_KEYS):
            return
        self._tried_at = now
        content = self._fetch()
        keys = {} if content is None else _rsa_keys(content)
        if keys:
            self._keys, self._fetched_at = keys, now
        else:
            _log.warning("the signing keys of the identity platform could not be fetched")


def _rsa_keys(content: bytes) -> dict[str, jwt.PyJWK]:
    """Return the RSA keys for signatures by their id, nothing for an answer that is no key set."""
    try:
        published = jwt.PyJWKSet.from_dict(json.loads(content)).keys
    except (ValueError, RecursionError, AttributeError, jwt.PyJWTError):
        return {}
    return {
        key.key_id: key
        for key in published
        if key.key_id and key.key_type == "RSA" and key.public_key_use in {"sig", None}
    }
