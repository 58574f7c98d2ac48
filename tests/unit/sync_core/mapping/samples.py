"""Rows of Work 365 and a connector that can make records of all of them."""

import uuid
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from dataverse.psasync.records import SourceId
from dataverse.work365.imports.records import RowId
from dataverse.work365.records import AccountId
from dataverse.work365.sources.records import (
    SourceAccount,
    SourceContact,
    SourceContract,
    SourcePrice,
    SourceProduct,
)
from sync_core.connectors.properties import ConnectorProperties, Picked
from sync_core.mapping.creations import Blocked, Creation

ID = SourceId("0f1e2d3c-4b5a-4678-8901-23456789abcd")
OTHER = SourceId("1f1e2d3c-4b5a-4678-8901-23456789abcd")
PROPERTIES = ConnectorProperties(
    product_category=Picked(id=4, name="Cloud"),
    product_subcategory=Picked(id=17, name="Cloud subscriptions"),
    product_type=Picked(id=3, name="Software"),
    agreement_type=Picked(id=12, name="Cloud"),
    billing_cycle=Picked(id=2, name="Monthly"),
    company_types=(Picked(id=1, name="Client"),),
    company_status=Picked(id=1, name="Active"),
)

# what people paste into name fields: the whole of Unicode with what is awkward somewhere more often than by chance
AWKWARD = st.sampled_from(list("\"'\\%[]*_~|-–—\u2212\u00a0\u200b\t\n\x00\x07éßİ😀👩‍💻"))
TEXTS = st.text(st.one_of(AWKWARD, st.characters(), st.sampled_from("abcXYZ019 ")), max_size=160)
GUIDS = st.uuids().map(lambda value: SourceId(str(value)))


def properties(**changes: Any) -> ConnectorProperties:
    return PROPERTIES.model_copy(update=changes)


def price(amount: str | None = "12.50", price_list: str = "Standard") -> SourcePrice:
    return SourcePrice(price_list, str(uuid.UUID(int=1)), None if amount is None else Decimal(amount), "USD")


def product(**changes: Any) -> SourceProduct:
    one = SourceProduct(
        id=ID,
        etag='W/"1"',
        name="Microsoft 365 E3 - Monthly",
        number="CFQ7TTC0LFLX -M",
        part_number="CFQ7TTC0LFLX:0001",
        description="Office apps",
        state=0,
        structure=1,
        unit_name="Monthly",
        default_price=price(),
        prices=(price(),),
        cost=Decimal(10),
        psa_id=None,
        psa_name=None,
    )
    return replace(one, **changes)


def contact(**changes: Any) -> SourceContact:
    one = SourceContact(RowId(OTHER), "Ada", "Example", "Buyer", "ada@fabrikam.example", "+1 555 0100")
    return replace(one, **changes)


def account(**changes: Any) -> SourceAccount:
    one = SourceAccount(
        id=ID,
        etag='W/"1"',
        name="Fabrikam Inc.",
        number="FAB-1",
        phone="+1 555 0100",
        fax=None,
        website="https://fabrikam.example",
        address_line1="1 Main Street",
        address_line2=None,
        city="Tampa",
        state="FL",
        postal_code="33601",
        country="USA",
        currency="USD",
        contact=contact(),
        psa_id=None,
        psa_name=None,
    )
    return replace(one, **changes)


def contract(**changes: Any) -> SourceContract:
    one = SourceContract(
        id=ID,
        etag='W/"1"',
        name="BC-1001",
        account_id=AccountId(OTHER),
        account_name="Fabrikam Inc.",
        is_recurring=True,
        start_date=date(2026, 1, 1),
        end_date=None,
        currency="USD",
        psa_id=None,
        psa_name=None,
    )
    return replace(one, **changes)


def made(outcome: "Creation[Any] | Blocked") -> "Creation[Any]":
    assert isinstance(outcome, Creation), outcome
    return outcome


def blocked(outcome: "Creation[Any] | Blocked") -> Blocked:
    assert isinstance(outcome, Blocked), outcome
    return outcome


def units(text: str) -> int:
    """Length as a .NET server counts it."""
    return sum(2 if ord(character) > 0xFFFF else 1 for character in text)


def are_sentences(warnings: tuple[str, ...]) -> bool:
    return all(one[0].isupper() and one.endswith(".") for one in warnings)
