"""No text gets out of its quotes: hostile strings in our conditions, with a strict ConnectWise as the judge."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectwise.conditions import Condition, all_of, any_of, compare, contains, one_of
from tests.emulator.connectwise.harness import ROOT, Tenant

pytestmark = pytest.mark.emulator

HOSTILE = st.sampled_from(
    [
        '"', '""', '\\"', "\\", "\\\\", '" or name != "', '") or (name != "', "' or '1'='1", "%22", "%2522", "&page=2",
        "&conditions=id>0", "#", "?", "[", "]", "[[]", "*", "%", "_", "null", "true", "(", ")", ",", "[2026-01-01Z]",
        "\u201c", "\u201d", "\uff02", "\u0000", "\r\n", "\t", " ", "or", "and", "contains", "\U0001f4a9", "x" * 200,
    ]
)  # fmt: skip
TEXTS = st.lists(HOSTILE | st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6).map("".join)
DECOYS = ("Decoy one", "Decoy two")
WILDCARDS = frozenset("%_*[]")


@pytest.fixture(scope="module")
def tenant() -> Tenant:
    """A tenant with two companies that no drawn text names."""
    made = Tenant()
    made.emulator.reset()
    made.emulator.seed(
        {
            "/company/companies": [
                {"id": number, "identifier": f"decoy{number}", "name": name} for number, name in enumerate(DECOYS, 1)
            ]
        }
    )
    assert len(rows(made, compare("id", ">", 0))) == len(DECOYS)
    return made


def rows(tenant: Tenant, condition: Condition) -> list[str]:
    answer = tenant.call("GET", f"{ROOT}/company/companies", params={"conditions": condition.text})
    assert answer.status == 200, (condition.text, answer.json)
    return [row["name"] for row in answer.json]


@settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=TEXTS)
def test_no_value_finds_a_record_that_has_another_value(tenant: Tenant, text: str) -> None:
    found = {name for name in DECOYS if name.lower() == text.strip().lower()}
    assert set(rows(tenant, compare("name", "=", text))) == found
    assert set(rows(tenant, one_of("name", [text, f"x{text}"]))) == found
    assert rows(tenant, all_of(compare("id", ">", 5), any_of(compare("name", "=", text), compare("id", "<", 0)))) == []
    if not set(text) & WILDCARDS:
        assert set(rows(tenant, contains("name", text))) == {name for name in DECOYS if text.lower() in name.lower()}
