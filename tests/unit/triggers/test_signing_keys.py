"""Keys of the identity platform: a rotation is followed, false tokens and outages cost next to nothing."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from triggers.signing_keys import KeysUnavailable, KeyUnknown, SigningKeys

pytestmark = pytest.mark.unit
PUBLIC = json.loads(RSAAlgorithm.to_jwk(rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()))


class Platform:
    """Publishes keys and counts how often it is asked."""

    def __init__(self, *key_ids: str) -> None:
        self.key_ids = list(key_ids)
        self.asked = 0
        self.now = 0.0
        self.answer: bytes | None = b""

    def fetch(self) -> bytes | None:
        self.asked += 1
        if self.answer != b"":
            return self.answer
        return json.dumps({"keys": [{**PUBLIC, "kid": key_id, "use": "sig"} for key_id in self.key_ids]}).encode()

    def keys(self) -> SigningKeys:
        return SigningKeys(self.fetch, lifespan=3_600, cool_down=30, longest_life=86_400, clock=lambda: self.now)


def test_keys_are_fetched_once_an_hour() -> None:
    platform = Platform("a")
    keys = platform.keys()
    for _ in range(50):
        keys.key("a")
    assert platform.asked == 1
    platform.now = 3_600
    keys.key("a")
    assert platform.asked == 2


def test_a_new_key_is_found_without_waiting_for_the_hour() -> None:
    platform = Platform("a")
    keys = platform.keys()
    keys.key("a")
    platform.key_ids, platform.now = ["b"], 30
    assert keys.key("b")
    with pytest.raises(KeyUnknown):
        keys.key("a")


def test_a_thousand_made_up_key_ids_make_one_request_in_half_a_minute() -> None:
    platform = Platform("a")
    keys = platform.keys()
    keys.key("a")
    platform.now = 31
    for number in range(1_000):
        with pytest.raises(KeyUnknown):
            keys.key(f"made-up-{number}")
    assert platform.asked == 2
    assert keys.key("a")


@pytest.mark.parametrize("answer", [None, b"", b"<html>", b"[]", b"{}", b'{"keys": []}', b"[" * 100_000])
def test_an_outage_leaves_the_known_keys_for_a_day_and_is_not_hammered(answer: bytes | None) -> None:
    platform = Platform("a")
    keys = platform.keys()
    keys.key("a")
    platform.answer, platform.key_ids = answer, []
    for platform.now in range(3_600, 3_630):
        assert keys.key("a")
    assert platform.asked == 2
    platform.now = 86_400
    with pytest.raises(KeysUnavailable):
        keys.key("a")


def test_without_any_key_the_platform_is_asked_again_only_after_the_pause() -> None:
    platform = Platform()
    keys = platform.keys()
    for _ in range(100):
        with pytest.raises(KeysUnavailable):
            keys.key("a")
    assert platform.asked == 1
    platform.key_ids, platform.now = ["a"], 5
    assert keys.key("a")


def test_keys_for_encryption_and_other_kinds_of_keys_are_not_taken() -> None:
    symmetric = {"kty": "oct", "k": "c2VjcmV0", "kid": "symmetric", "use": "sig"}
    encryption = {**PUBLIC, "kid": "encryption", "use": "enc"}
    platform = Platform()
    platform.answer = json.dumps({"keys": [symmetric, encryption, {**PUBLIC, "kid": "good"}]}).encode()
    keys = platform.keys()
    assert keys.key("good")
    for key_id in ("symmetric", "encryption"):
        with pytest.raises(KeyUnknown):
            keys.key(key_id)
