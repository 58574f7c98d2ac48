"""A tenant with customers and agreements of every kind, for the import end to end."""

import random
from typing import Any

from emulators.seeds.connectwise_records import agreement, company, contact
from emulators.seeds.currencies import USD

FIRST_COMPANY, FIRST_AGREEMENT = 10_000, 100_000
NAMES = [
    "Contoso",
    "Fabrikam GmbH",
    "O'Brien & Sons",
    'The "Best" Co',
    "100% Pure",
    "[Brackets]",
    "back\\slash",
    "Zürich AG",
]


def customers(count: int) -> dict[str, list[Any]]:
    """Return companies with default contacts, plainly named."""
    return {
        "/company/companies": [
            company(FIRST_COMPANY + n, f"C{n:05d}", f"Customer {n:05d}", USD, city="Tampa", country_id=1)
            for n in range(count)
        ],
        "/company/contacts": [
            contact(FIRST_COMPANY + n, "Pat", f"Sample{n}", f"pat{n}@pull.example") for n in range(count)
        ],
    }


def agreements(count: int, *, of_companies: int) -> dict[str, list[Any]]:
    """Return monthly agreements, spread over the companies in turn."""
    return {
        "/finance/agreements": [
            agreement(FIRST_AGREEMENT + n, f"Cloud {n:05d}", FIRST_COMPANY + n % of_companies, USD)
            for n in range(count)
        ]
    }


def random_tenant(seed: int, *, companies: int, deals: int) -> dict[str, list[Any]]:
    """Return companies and agreements with random names, types, states, cycles and times."""
    draw = random.Random(seed)  # noqa: S311  data of a test, the same each time
    rows = customers(companies)
    for row in rows["/company/companies"]:
        row["name"] = " ".join(draw.sample(NAMES, draw.randint(1, 2)))[:50]
        row["types"] = [{"id": one} for one in draw.sample([1, 2, 3], draw.randint(0, 3))]
        row["status"] = {"id": draw.choice([1, 2, 3])}
        row["deletedFlag"] = draw.random() < 0.1
        row["_info"] = _times(draw)
    rows |= agreements(deals, of_companies=companies)
    for row in rows["/finance/agreements"]:
        row["name"] = " ".join(draw.sample(NAMES, draw.randint(1, 2)))
        row["type"] = {"id": draw.choice([12, 13])}
        row["company"] = {"id": FIRST_COMPANY + draw.randrange(companies)}
        row["contact"], row["site"] = {"id": row["company"]["id"] + 10_000}, {"id": row["company"]["id"]}
        row["billingCycle"] = {"id": draw.choice([1, 2, 3, 5])}
        row["billOneTimeFlag"] = draw.random() < 0.3
        row["_info"] = _times(draw)
    return rows


def _times(draw: random.Random) -> dict[str, str]:
    return {
        "lastUpdated": f"2026-0{draw.randint(1, 6)}-{draw.randint(1, 28):02d}T{draw.randint(0, 23):02d}:00:00Z",
        "dateEntered": f"2025-0{draw.randint(1, 6)}-{draw.randint(1, 28):02d}T08:00:00Z",
    }
