"""A product becomes a catalog item: the same one every time, never that of another product."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dataverse.psasync.records import SourceId
from sync_core.mapping.catalog_items import catalog_item_from_product
from sync_core.mapping.creations import Creation
from sync_core.prerequisites import Prerequisite
from tests.unit.sync_core.mapping.samples import (
    GUIDS,
    ID,
    OTHER,
    PROPERTIES,
    TEXTS,
    are_sentences,
    blocked,
    made,
    price,
    product,
    properties,
    units,
)

pytestmark = pytest.mark.unit


def item(changes: dict[str, Any] | None = None, **configured: Any) -> Any:
    return made(catalog_item_from_product(product(**(changes or {})), properties(**configured))).record


def warnings(**changes: Any) -> tuple[str, ...]:
    return made(catalog_item_from_product(product(**changes), PROPERTIES)).warnings


def test_every_member_comes_from_the_product_or_the_connector() -> None:
    outcome = made(catalog_item_from_product(product(), PROPERTIES))
    record = outcome.record
    assert outcome.warnings == ()
    assert (record.identifier, record.description) == ("CFQ7TTC0LFLX -M", "Microsoft 365 E3 - Monthly")
    assert record.customer_description == "Microsoft 365 E3 - Monthly | Office apps"
    assert (record.category_id, record.subcategory_id, record.type_id, record.unit_of_measure_id) == (4, 17, 3, None)
    assert (record.price, record.cost) == (Decimal("12.50"), Decimal(10))
    assert (record.product_class, record.manufacturer_part_number) == ("Agreement", "CFQ7TTC0LFLX:0001")
    assert record.integration_xref == ID


@pytest.mark.parametrize(
    ("number", "identifier"),
    [
        ("CFQ7TTC0LFLX –M", "CFQ7TTC0LFLX -M"),
        ("CFQ7TTC0LFLX\u00a0\u2009 \u2212M", "CFQ7TTC0LFLX -M"),
        ("  A\tB\r\nC  ", "A B C"),
        ("A\u200bB\ufeffC\x00\x07D", "ABCD"),
        ("CFQ7TTC0LFLX:0001", "CFQ7TTC0LFLX:0001"),
        ("Größe 😀", "Größe 😀"),
    ],
)
def test_a_number_is_taken_as_a_person_would_type_it(number: str, identifier: str) -> None:
    assert item({"number": number}).identifier == identifier


def test_the_prefix_counts_into_the_length() -> None:
    assert item(product_identifier_prefix="W365 ").identifier == "W365 CFQ7TTC0LFLX -M"
    long = item({"number": "N" * 58}, product_identifier_prefix="W365-").identifier
    assert (long[:7], len(long), long[-7]) == ("W365-NN", 60, "~")


def test_a_number_that_just_fits_stays_and_one_that_does_not_is_told_apart() -> None:
    assert item({"number": "N" * 60}).identifier == "N" * 60
    outcome = made(catalog_item_from_product(product(number="N" * 61), PROPERTIES))
    identifier = outcome.record.identifier
    assert identifier[:54] == "N" * 53 + "~"
    assert len(identifier) == 60
    assert outcome.warnings == (
        f'The product ID is longer than 60 characters; the identifier in ConnectWise is "{identifier}".',
    )
    assert item({"number": "N" * 61, "id": OTHER}).identifier != identifier


@pytest.mark.parametrize("number", [None, "", "  ", "\u200b\x00\t"])
def test_a_product_without_a_number_is_blocked(number: str | None) -> None:
    outcome = blocked(catalog_item_from_product(product(number=number), PROPERTIES))
    assert outcome.code == "product_without_number"
    assert outcome.message == (
        'The product "Microsoft 365 E3 - Monthly" has no product ID, which becomes its identifier in ConnectWise; '
        "enter one in Work 365 and save again."
    )


@pytest.mark.parametrize(
    ("changes", "code", "sentence"),
    [
        (
            {"state": 1},
            "product_retired",
            'The product "E3" is retired; map it to a catalog item that exists, or activate it first.',
        ),
        ({"state": 2}, "product_draft", 'The product "E3" is a draft; publish it in Work 365 and save again.'),
        (
            {"structure": 2},
            "product_is_family",
            '"E3" is a product family, which is not sold itself; push the products of the family.',
        ),
        (
            {"structure": 3},
            "product_is_bundle",
            '"E3" is a bundle, which cannot be an addition in ConnectWise; push the products in it.',
        ),
    ],
)
def test_what_is_not_sold_is_blocked(changes: dict[str, int], code: str, sentence: str) -> None:
    outcome = blocked(catalog_item_from_product(product(name="E3", **changes), PROPERTIES))
    assert (outcome.code, outcome.message, outcome.prerequisite) == (code, sentence, None)


def test_a_product_under_revision_is_sold_all_the_same() -> None:
    assert item({"state": 3}).identifier == "CFQ7TTC0LFLX -M"


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        (
            ["product_subcategory"],
            (
                'The connector lacks the property "Product subcategory", which ConnectWise needs for a catalog item; '
                "choose it and save again."
            ),
        ),
        (
            ["product_subcategory", "product_type"],
            (
                'The connector lacks the properties "Product subcategory" and "Product type", which ConnectWise needs '
                "for a catalog item; choose them and save again."
            ),
        ),
    ],
)
def test_a_connector_that_lacks_a_property_comes_first(missing: list[str], sentence: str) -> None:
    outcome = blocked(catalog_item_from_product(product(), properties(**dict.fromkeys(missing))))
    assert (outcome.code, outcome.message) == ("connector_incomplete", sentence)
    assert outcome.prerequisite == Prerequisite("connector", None, None)


# --- description


LONG = "Microsoft Dynamics 365 Customer Insights Attach for Education Faculty and Staff"


def test_the_term_at_the_end_of_a_long_name_survives() -> None:
    monthly, annual = (item({"name": f"{LONG} - {term}"}).description for term in ("Monthly", "Annual"))
    assert (len(monthly), len(annual)) == (60, 60)
    assert monthly == "Microsoft Dynamics 365 Customer Insights Attach f… - Monthly"
    assert annual == "Microsoft Dynamics 365 Customer Insights Attach fo… - Annual"


@pytest.mark.parametrize("ending", [" – Annual", " (Annual)", ", Annual", " | P1Y", " Annual", " [P1Y, Annual]", " -A"])
def test_a_term_is_known_however_it_is_set_off(ending: str) -> None:
    assert item({"name": LONG + ending}).description.endswith("…" + ending)


def test_two_terms_at_the_end_survive_together() -> None:
    twins = {item({"name": f"{LONG} - {term} - Monthly bill"}).description for term in ("Monthly", "Annual")}
    assert len(twins) == 2


def test_the_whole_name_stays_in_the_customer_description() -> None:
    record = item({"name": LONG, "description": None})
    assert record.description == "Microsoft Dynamics 365 Customer Insights Attach for Educati…"
    assert record.customer_description == LONG


def test_a_shortened_name_is_said() -> None:
    assert warnings(name=LONG) == ("The name is shortened to 60 characters; the customer description holds all of it.",)


def test_a_product_without_a_name_is_called_by_its_number() -> None:
    record = item({"name": "", "description": None})
    assert (record.description, record.customer_description) == ("CFQ7TTC0LFLX -M", "CFQ7TTC0LFLX -M")


def test_a_description_is_one_line_and_no_longer_than_connectwise_takes() -> None:
    record = item({"description": "a\nb" + "😀" * 4000})
    assert "\n" not in record.customer_description
    assert units(record.customer_description) <= 6000


# --- price and cost


def test_the_price_of_the_default_list_wins() -> None:
    lists = (price("1"), price("2", "Partner"))
    assert item({"prices": lists, "default_price": price("2", "Partner")}).price == 2


def test_the_only_price_is_the_price() -> None:
    assert item({"prices": (price("3"),), "default_price": None}).price == 3


def test_of_several_prices_none_is_taken_by_guessing() -> None:
    outcome = made(
        catalog_item_from_product(product(prices=(price("1"), price("2", "Partner")), default_price=None), PROPERTIES)
    )
    assert outcome.record.price is None
    assert outcome.warnings == (
        (
            'The product "Microsoft 365 E3 - Monthly" is on several price lists ("Partner", "Standard") and none of '
            "them is its default; the catalog item gets no price. Set the default price list in Work 365, or enter "
            "the price in ConnectWise."
        ),
    )


def test_no_price_list_item_is_said() -> None:
    assert warnings(prices=(), default_price=None) == (
        (
            'The product "Microsoft 365 E3 - Monthly" has no price list item for its default unit; '
            "the catalog item gets no price."
        ),
    )


def test_a_percentage_is_no_price() -> None:
    (warning,) = warnings(default_price=price(None))
    assert 'on the price list "Standard" is not an amount but a percentage' in warning


def test_a_price_of_nothing_is_a_price() -> None:
    outcome = made(catalog_item_from_product(product(default_price=price("0")), PROPERTIES))
    assert (outcome.record.price, outcome.warnings) == (0, ())


def test_a_part_number_is_whole_or_left_out() -> None:
    assert item({"part_number": "P" * 50}).manufacturer_part_number == "P" * 50
    assert item({"part_number": "P" * 51}).manufacturer_part_number is None
    assert warnings(part_number="P" * 51) == (
        "The provider part number is longer than the 50 characters of ConnectWise and is left out.",
    )


# --- whatever people type


@given(TEXTS, TEXTS, TEXTS, st.integers(10, 75), st.integers(20, 60), TEXTS.map(lambda text: text[:20]))
def test_no_length_is_ever_exceeded(
    number: str, name: str, part_number: str, longest: int, longest_description: int, prefix: str
) -> None:
    configured = properties(
        product_identifier_prefix=prefix,
        product_identifier_length=longest,
        product_description_length=longest_description,
    )
    one = product(number=number, name=name, part_number=part_number)
    outcome = catalog_item_from_product(one, configured)
    assert outcome == catalog_item_from_product(one, configured)
    if not isinstance(outcome, Creation):
        return
    record = outcome.record
    assert 0 < units(record.identifier) <= longest
    assert 0 < units(record.description) <= longest_description
    assert 0 < units(record.customer_description) <= 6000
    assert units(record.manufacturer_part_number or "") <= 50
    assert record.identifier == record.identifier.strip()
    assert record.identifier.isprintable()
    assert are_sentences(outcome.warnings)


@given(TEXTS, GUIDS, GUIDS)
def test_two_products_with_one_long_number_never_meet(start: str, one: SourceId, other: SourceId) -> None:
    assume(one != other)
    number = f"N{start}" + "x" * 76
    identifiers = {item({"number": number, "id": guid}).identifier.casefold() for guid in (one, other)}
    assert len(identifiers) == 2
