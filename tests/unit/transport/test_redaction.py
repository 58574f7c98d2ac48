"""Nothing secret leaves through texts, logs or pickles."""

import copy
import logging
import pickle
from dataclasses import asdict, dataclass

import pytest

from transport import Secret
from transport.redaction import Headers, check_headers, conceal, hide_queries_in_library_logs, loggable

pytestmark = pytest.mark.unit


@dataclass(frozen=True)
class Holder:
    key: Secret


@pytest.mark.parametrize(
    "shown", [repr, str, "{:>40}".format, "{!r}".format, lambda secret: f"{secret}{Holder(secret)}"]
)
def test_a_secret_does_not_show_itself(shown):
    assert "swordfish" not in shown(Secret("swordfish"))


def test_a_secret_reveals_its_text_to_who_asks():
    assert Secret("swordfish").reveal() == "swordfish"


@pytest.mark.parametrize("duplicate", [pickle.dumps, copy.deepcopy, lambda secret: asdict(Holder(secret))])
def test_a_secret_cannot_be_pickled_or_copied(duplicate):
    with pytest.raises(TypeError, match="not to be pickled"):
        duplicate(Secret("swordfish"))


def test_secrets_compare_by_their_text():
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2


def test_an_empty_secret_is_false():
    assert not Secret("")
    assert Secret("a")


def test_a_loggable_address_has_neither_query_nor_user():
    assert loggable("https://me:pw@host.example:81/a/b?conditions=name%3D1#x") == "https://host.example:81/a/b"
    assert loggable("/only/a/path?x") == "/only/a/path"
    assert loggable("http://[broken") == "(unreadable address)"


def test_headers_show_their_names_only():
    headers = Headers({"Accept": "*/*", "Authorization": "Basic geheim"})
    assert repr(headers) == f"{headers}" == "Headers(Accept, Authorization)"
    assert headers["Authorization"] == "Basic geheim"


def test_texts_of_a_server_are_blotted_and_empty_secrets_blot_nothing():
    assert conceal("key k1 and k1", ["k1", ""]) == "key *** and ***"


@pytest.mark.parametrize("value", ["two\nlines", "tail\r", "schlüssel", " padded", "x\x00"])
def test_a_header_that_cannot_be_sent_is_refused_without_its_value(value):
    with pytest.raises(ValueError, match="header Authorization") as refusal:
        check_headers({"Accept": "*/*", "Authorization": value})
    assert value.strip() not in str(refusal.value)


def test_ordinary_headers_are_accepted():
    check_headers({"Accept": "application/vnd.connectwise.com+json; version=2025.1", "Empty": ""})


def test_query_strings_disappear_from_the_library_log(caplog):
    hide_queries_in_library_logs()
    hide_queries_in_library_logs()
    library = logging.getLogger("urllib3.connectionpool")
    with caplog.at_level(logging.DEBUG, library.name):
        library.debug('%s://%s "%s %s" %s', "https", "host", "GET", "/a?conditions=name%3D%22Fabrikam%22", 200)
        library.debug("no arguments ?x")
        library.debug("%(mapping)s", {"mapping": "kept"})
    assert caplog.messages == ['https://host "GET /a?***" 200', "no arguments ?x", "kept"]
