"""Credentials reach the wire and nothing else."""

from base64 import b64decode

import pytest

from connectwise.credentials import Credentials
from transport import Secret


def test_the_headers_are_those_of_the_developer_guide():
    headers = Credentials(Secret("pub"), Secret("priv"), Secret("client")).headers("nwsample")
    assert headers["clientId"] == "client"
    scheme, _, token = headers["Authorization"].partition(" ")
    assert (scheme, b64decode(token)) == ("Basic", b"nwsample+pub:priv")


def test_credentials_do_not_show_themselves():
    shown = repr(Credentials(Secret("pubKey"), Secret("privKey"), Secret("clientGuid")))
    assert not any(secret in shown for secret in ("pubKey", "privKey", "clientGuid"))


@pytest.mark.parametrize("bad", ["", " ", "a b", "line\nbreak", "schlüssel"])
@pytest.mark.parametrize("part", range(3))
def test_a_key_that_cannot_be_right_is_refused_by_name_and_without_its_text(bad, part):
    texts = [Secret("x"), Secret("x"), Secret("x")]
    texts[part] = Secret(bad)
    name = ("public_key", "private_key", "client_id")[part]
    with pytest.raises(ValueError, match=f"credential {name} is empty or holds") as refusal:
        Credentials(*texts)
    assert not bad.strip() or bad not in str(refusal.value)
