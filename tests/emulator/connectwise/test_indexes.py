"""Large lists: the filters that the project uses look at no row more than they must."""

import pytest

from emulators.connectwise.parameters import parse_parameters
from emulators.connectwise.selection import Filter, filter_of
from tests.emulator.connectwise.harness import Tenant

pytestmark = pytest.mark.emulator

COMPANIES, AGREEMENTS = "/company/companies", "/finance/agreements"


@pytest.fixture(scope="module")
def large() -> Tenant:
    """Two hundred companies with two agreements each and three additions on the first agreement."""
    return Tenant(
        seed={
            COMPANIES: [
                {"id": i, "identifier": f"C{i}", "name": f"Company {i}", "types": [{"id": 1 + i % 3}]}
                for i in range(1, 201)
            ],
            AGREEMENTS: [{"id": i, "name": f"A{i}", "company": {"id": 1 + i % 200}} for i in range(1, 401)],
            "/procurement/catalog": [{"id": 1, "identifier": "SKU"}],
            f"{AGREEMENTS}/1/additions": [{"id": i, "product": {"id": 1}} for i in range(1, 4)],
        }
    )


def looked_at(tenant: Tenant, path: str, query: str) -> list[int] | None:
    """Return the ids among which a filter searches; None when it walks the whole table."""
    resource = tenant.emulator.api.resources[path]
    found: Filter = filter_of(
        resource.table, resource.names, parse_parameters(query), resource.arrays, resource.child_matches
    )
    return None if found.ids is None else list(found.ids)


@pytest.mark.parametrize(
    ("path", "query", "expected"),
    [
        (COMPANIES, "conditions=id=7", [7]),
        (COMPANIES, "conditions=id+in+(9,7,999)", [7, 9]),
        (COMPANIES, 'conditions=identifier="c7"', [7]),
        (COMPANIES, 'conditions=identifier="C7"+and+deletedFlag=false', [7]),
        (COMPANIES, 'conditions=name="company+7"', [7]),
        (COMPANIES, 'conditions=(id=1+or+identifier="C2")+and+id<50', [1, 2]),
        (COMPANIES, "conditions=id=1+or+deletedFlag=true", None),
        (COMPANIES, 'conditions=name+contains+"7"', None),
        (COMPANIES, "conditions=id!=7", None),
        (COMPANIES, "childConditions=types/id=2", list(range(1, 201, 3))),
        (AGREEMENTS, "conditions=company/id=5", [4, 204]),
        (AGREEMENTS, "conditions=company/id=5+and+id>100", [4, 204]),
        (AGREEMENTS, "conditions=company/id+in+(5,6)", [4, 5, 204, 205]),
        ("/procurement/catalog", 'conditions=identifier="sku"', [1]),
    ],
)
def test_candidates_come_from_indexes(large: Tenant, path: str, query: str, expected: list[int] | None) -> None:
    """Issue: no scan for ids, identifiers, parents and owners."""
    assert looked_at(large, path, query) == expected


def test_indexes_follow_changes() -> None:
    """Equality and order indexes give today's rows after changes and deletions."""
    tenant = Tenant(seed={COMPANIES: [{"id": i, "identifier": f"C{i}", "name": f"N{9 - i}"} for i in range(1, 9)]})
    assert tenant.patch(f"{COMPANIES}/3", ("replace", "identifier", "MOVED"), ("replace", "name", "aaa")).status == 200
    assert tenant.ids(COMPANIES, conditions='identifier="C3"') == []
    assert tenant.ids(COMPANIES, conditions='identifier="moved"') == [3]
    assert tenant.delete(f"{COMPANIES}/5").status == 204
    assert tenant.ids(COMPANIES, conditions='identifier in ("C5","C6")') == [6]
    order = tenant.emulator.api.resources[COMPANIES].table.orders["name"]
    assert list(order.ids(descending=False)) == [3, 8, 7, 6, 4, 2, 1]
    assert list(order.ids(descending=True)) == [1, 2, 4, 6, 7, 8, 3]


def test_equal_values_share_an_index_entry() -> None:
    """A value that many rows have finds all of them in the order of ids, whatever the order of changes."""
    tenant = Tenant(seed={AGREEMENTS: [{"id": i, "name": "same"} for i in (5, 3, 9)]})
    assert tenant.ids(AGREEMENTS, conditions='name="SAME"') == [3, 5, 9]
    tenant.patch(f"{AGREEMENTS}/5", ("replace", "invoiceDescription", "x"))
    tenant.delete(f"{AGREEMENTS}/3")
    assert tenant.ids(AGREEMENTS, conditions='name="same"') == [5, 9]
