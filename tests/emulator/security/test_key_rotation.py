"""The identity platform rotates its keys while hosts run, and somebody floods them with keys that do not exist."""

import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat

import jwt
import pytest
import requests

from emulators.entra.signing import SigningKey
from emulators.stack.stack import Stack
from tests.emulator.app.outsider import Outsider, until

pytestmark = pytest.mark.emulator

EAGER = 0
"""The host whose cool-down is a moment; that of the patient one is longer than any test."""
COOL_DOWN = {"PSASYNC_SIGNING_KEYS_COOL_DOWN_SECONDS": "0.3"}
NEVER_AGAIN = {"PSASYNC_SIGNING_KEYS_COOL_DOWN_SECONDS": "3000"}
FLOOD = 100


@pytest.fixture(scope="module")
def rotating_stack() -> Iterator[Stack]:
    """Run parts of our own: what a rotation leaves behind is no other test's business."""
    with Stack(hosts=1, host_variables=COOL_DOWN, host_options=["--no-schedules"]) as stack:
        stack.host_variables |= NEVER_AGAIN
        yield stack


@pytest.fixture
def outsider(rotating_stack: Stack) -> Outsider:
    return Outsider(rotating_stack)


@pytest.fixture
def patient(rotating_stack: Stack) -> Iterator[int]:
    """A host that has not looked for keys yet."""
    rotating_stack.start_host()
    index = len(rotating_stack.functions) - 1
    yield index
    rotating_stack.kill_host(index)


def is_let_in(outsider: Outsider, token: str, host: int) -> bool:
    """Tell whether a token opens a route; its empty body is refused behind the door, before anything is asked for."""
    answer = requests.post(
        f"{outsider.stack.functions[host]}/api/push",
        data=b"{}",
        headers={"Authorization": f"Bearer {token}"},
        timeout=30,
    )
    assert answer.status_code in {400, 401}, answer.text
    return answer.status_code == 400


def new_token(outsider: Outsider) -> str:
    """Sign in anew."""
    fresh = Outsider(outsider.stack)
    return fresh.token()


def rotate(outsider: Outsider, *, keep_old: bool) -> None:
    outsider.control("entra", "POST", "keys/rotate", {"keep_old": keep_old})


def fetches(outsider: Outsider) -> int:
    """How often somebody asked for the keys."""
    counts = outsider.counts("entra")
    return sum(count for route, count in counts.items() if route.endswith("/discovery/v2.0/keys"))


def made_up(outsider: Outsider) -> str:
    """Return a token that is right in everything but the key, whose id nobody has seen."""
    claims = jwt.decode(outsider.token(), options={"verify_signature": False})
    return jwt.encode(claims, FOREIGN.private, "RS256", headers={"kid": uuid.uuid4().hex})


FOREIGN = SigningKey.new()


def test_a_rotation_is_followed_and_old_tokens_live_as_long_as_their_key(outsider: Outsider) -> None:
    old = outsider.token()
    until(lambda: is_let_in(outsider, old, EAGER), seconds=30, pause=0.05)
    rotate(outsider, keep_old=True)
    new = new_token(outsider)
    # far sooner than the hour after which the keys are looked at again anyway
    until(lambda: is_let_in(outsider, new, EAGER), seconds=30, pause=0.05)
    assert is_let_in(outsider, old, EAGER)
    rotate(outsider, keep_old=False)
    newest = new_token(outsider)
    until(lambda: is_let_in(outsider, newest, EAGER), seconds=30, pause=0.05)
    assert not is_let_in(outsider, old, EAGER)
    assert not is_let_in(outsider, new, EAGER)
    # the app's own tokens are of the old key too: it gets new ones when Dataverse refuses them
    assert outsider.session.get(
        f"{outsider.stack.functions[EAGER]}/api/jobs", headers={"Authorization": f"Bearer {newest}"}, timeout=30
    ).json() == {"items": [], "next_cursor": None}


def test_a_flood_of_keys_that_do_not_exist_makes_one_fetch_a_cool_down(outsider: Outsider, patient: int) -> None:
    good = outsider.token()
    until(lambda: is_let_in(outsider, good, EAGER), seconds=30, pause=0.05)
    assert is_let_in(outsider, good, patient)
    tokens = [made_up(outsider) for _ in range(FLOOD)]
    for host, cool_down in ((patient, 3000.0), (EAGER, 0.3)):
        before, started = fetches(outsider), time.monotonic()
        with ThreadPoolExecutor(8) as callers:
            assert not any(callers.map(is_let_in, repeat(outsider), tokens, repeat(host)))
        most = 1 + (time.monotonic() - started) / cool_down
        assert fetches(outsider) - before <= most
        assert is_let_in(outsider, good, host)


def test_a_new_key_waits_for_the_cool_down_that_a_flood_began(outsider: Outsider, patient: int) -> None:
    """The price of the protection, and no more than that: the host with a short one takes the new key."""
    good = outsider.token()
    until(lambda: is_let_in(outsider, good, EAGER), seconds=30, pause=0.05)
    assert is_let_in(outsider, good, patient)
    for host in (EAGER, patient):
        assert not is_let_in(outsider, made_up(outsider), host)
    rotate(outsider, keep_old=True)
    new = new_token(outsider)
    until(lambda: is_let_in(outsider, new, EAGER), seconds=30, pause=0.05)
    assert not is_let_in(outsider, new, patient)
    assert is_let_in(outsider, good, patient)
