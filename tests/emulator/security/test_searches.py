"""Hostile texts through every search and filter of the running app: exactly the rows that they name, and no error.

CI sends some hundred, `make fuzz` all 10,000 to each of them. In process, without HTTP, all are tried in CI too:
tests/emulator/connectwise/test_injection*.py and tests/contract/dataverse/test_injection.py.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from emulators.stack.stack import Stack
from tests.emulator.app.outsider import Outsider
from tests.emulator.security.crowd import PLACES, Item, Place, hostile_names, move_in
from tests.emulator.security.fuzz import seed_of, texts_over_http
from tests.emulator.security.hostile import hostile_texts, spread
from tests.emulator.security.tally import Tally, written_tally

pytestmark = pytest.mark.emulator

COUNT = 10_000
TYPED = {
    "jobs": ("cursor", "limit", "connector_id"),
    "jobs/00000000-0000-4000-8000-000000000001/items": ("outcome", "cursor", "limit"),
    "audit?from=2026-01-01&to=2026-12-31": ("cursor", "limit", "format"),
    "audit": ("from", "to"),
    "mappings": ("source_id", "psa_id", "kind", "connector_id"),
    "push/accounts": ("connector_id", "view", "sort", "limit", "cursor"),
    "push/accounts/suggestions": ("connector_id", "minimum_score", "limit", "cursor"),
    "psa/companies": ("connector_id", "company", "show_all", "limit"),
    "pull/companies": ("connector_id", "modified_since", "mapped", "sort", "limit", "cursor", "with_agreements"),
    "push/": ("",),
    "psa/": ("",),
    "jobs/": ("",),
    "connectors/": ("",),
}
"""Parameters that take no free text, and parts of addresses: all that a hostile text may get is a refusal."""


class Asker:
    """Asks the running app as an administrator, over one connection."""

    def __init__(self, outsider: Outsider, tally: Tally) -> None:
        self._base = f"{outsider.stack.functions[0]}/api/"
        self.connector_id = outsider.stack.connector_id
        self._site_url = outsider.stack.connectwise
        self._tally = tally
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {outsider.token('admin')}"

    def get(self, path: str, query: list[tuple[str, str]], *, subject: str) -> requests.Response:
        """Return an answer that is no error of ours."""
        answer = self._session.get(self._base + path, params=query, timeout=60)
        self._tally.add(subject, str(answer.status_code), "get")
        assert answer.status_code < 500, (path, query, answer.text)
        return answer

    def make_connector(self, name: str, *, company: str = "contoso") -> requests.Response:
        """Try to make a connector of this name."""
        body = {"name": name, "site_url": self._site_url, "company": company, "credential_ref": "CONTOSO"}
        answer = self._session.post(f"{self._base}connectors", json=body, timeout=60)
        self._tally.add("connectors", str(answer.status_code), "post")
        return answer

    def items(self, place: Place, text: str | None) -> list[Item] | None:
        """Return what a list shows, without a filter for None; None when the text is refused."""
        query = [("connector_id", self.connector_id), ("limit", str(place.limit)), *place.more]
        query += [] if text is None else [(place.parameter, text)]
        answer = self.get(place.path, query, subject=place.name)
        if answer.status_code == 400:
            return None
        assert answer.status_code == 200, answer.text
        document: dict[str, Any] = answer.json()
        assert document.get("next_cursor") is None
        return list(document["items"])


@pytest.fixture(scope="module")
def asker(secure_stack: Stack, pytestconfig: pytest.Config) -> Iterator[Asker]:
    """The app over a crowd of hostile names."""
    outsider = Outsider(secure_stack)
    outsider.session.trust_env = False
    outsider.session.verify = str(secure_stack.logs / "tls" / "ca.pem")
    move_in(outsider)
    with written_tally(pytestconfig, "searches") as counts:
        yield Asker(outsider, counts)


def everything(asker: Asker, place: Place) -> list[Item]:
    """Return all items of a list."""
    if not place.shortest:
        return asker.items(place, None) or []
    listed: dict[int, Item] = {}
    for name in ["cloud", "bulk", *hostile_names()]:
        listed |= {item["psa_id"]: item for item in asker.items(place, name) or []}
    return list(listed.values())


BLANKS = "".join(char for char in map(chr, range(0x3001)) if char.isspace() and char not in "\x1c\x1d\x1e\x1f")
"""What Unicode calls white space, as the app does; Python counts four control characters among it."""


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_a_hostile_text_finds_exactly_what_it_names(asker: Asker, place: Place, pytestconfig: pytest.Config) -> None:
    rows = everything(asker, place)
    assert rows
    count, names = texts_over_http(pytestconfig), hostile_names()
    texts = spread(hostile_texts(COUNT, seed=seed_of(pytestconfig)), count, shift=PLACES.index(place))
    if count < len(names):
        names = names[::2]
    hits = 0
    for text in [*place.findable, *names, *texts]:
        found = asker.items(place, text)
        if len(text.strip(BLANKS)) < place.shortest:
            assert found is None
            continue
        assert found is not None, text
        for row in rows:
            if place.least(row, text):
                assert row in found, (text, row)
        for row in found:
            assert place.most(row, text), (text, row)
        hits += bool(found)
    assert hits


@pytest.mark.parametrize("path", TYPED)
def test_a_hostile_text_in_a_typed_place_is_refused(asker: Asker, path: str, pytestconfig: pytest.Config) -> None:
    count = max(20, texts_over_http(pytestconfig) // 50)
    texts = spread(hostile_texts(COUNT, seed=seed_of(pytestconfig)), count)
    for parameter in TYPED[path]:
        for text in texts:
            if parameter:
                answer = asker.get(path, [(parameter, text)], subject=f"{path}?{parameter}")
                assert answer.status_code in {200, 400, 404}, (parameter, text)
            else:
                segment = requests.utils.quote(text, safe="")
                answer = asker.get(path + segment, [], subject=f"{path}*")
                assert answer.status_code in {200, 400, 404}, text


def test_half_of_a_surrogate_pair_in_an_address_is_another_character(asker: Asker) -> None:
    for path in ("push/accounts", "psa/companies"):
        query = f"connector_id={asker.connector_id}&search=%ED%A0%BDab"
        answer = asker.get(f"{path}?{query}", [], subject="half of a pair")
        assert (answer.status_code, answer.json()["items"]) == (200, [])


def test_a_connector_with_a_hostile_name_is_found_under_this_name_alone(
    asker: Asker, pytestconfig: pytest.Config
) -> None:
    names = hostile_names()[::4]
    for name in names:
        assert asker.make_connector(name).status_code == 201, name
        assert asker.make_connector(name, company="fabrikam").json()["code"] == "connector_name_taken", name
    listed = asker.get("connectors", [], subject="connectors").json()["items"]
    assert sorted(one["name"] for one in listed) == sorted([*names, "ConnectWise"])
