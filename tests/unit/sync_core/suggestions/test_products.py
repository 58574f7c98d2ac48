"""Products find their catalog item by identifier, by part number with the commitment term, by name; never the twin."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from connectwise.candidates.records import CatalogCandidate
from dataverse.psasync.records import MappingKind
from dataverse.work365.linked.records import LinkedRow, ProductEvidence
from sync_core.suggestions.choosing import chosen
from sync_core.suggestions.products import ProductFinder
from sync_core.suggestions.records import Suggestion
from sync_core.suggestions.terms import terms_of_number
from tests import builders
from tests.linking_fakes import linked_row

pytestmark = pytest.mark.unit

PART = "CFQ7TTC0LFLX:0001"


def product(
    name: str = "Microsoft 365 E3",
    number: str | None = None,
    *,
    part_number: str | None = None,
    unit: str | None = None,
    description: str | None = None,
) -> LinkedRow:
    evidence = ProductEvidence(part_number, unit, description)
    return linked_row(MappingKind.PRODUCT, builders.PRODUCT_ID, name=name, number=number, evidence=evidence)


def item(psa_id: int, identifier: str, description: str = "", *part_numbers: str) -> CatalogCandidate:
    return CatalogCandidate(psa_id, identifier, description, part_numbers)


def suggested(row: LinkedRow, *items: CatalogCandidate, taken: int | None = None) -> Suggestion | None:
    return chosen(ProductFinder(items).scored(row, lambda psa_id: psa_id != taken))


MONTHLY = item(1, "CFQ7TTC0LFLX -M", "Microsoft 365 E3 - Monthly", PART)
ANNUAL = item(2, "CFQ7TTC0LFLX -A", "Microsoft 365 E3 - Annual", PART)


def test_the_same_identifier_beats_everything() -> None:
    other = item(3, "OTHER", "Microsoft 365 E3", PART)
    found = suggested(product("Something else", "CFQ7TTC0LFLX -M", unit="Monthly"), other, MONTHLY, ANNUAL)
    assert found == Suggestion(
        1,
        "Microsoft 365 E3 - Monthly",
        "CFQ7TTC0LFLX -M",
        100,
        ("The same identifier CFQ7TTC0LFLX -M", "Both are monthly"),
        None,
        [],
    )


@pytest.mark.parametrize(
    "number",
    ["cfq7ttc0lflx -m", "CFQ7TTC0LFLX-M", "CFQ7TTC0LFLX – M", "CFQ7TTC0LFLX\u00a0\u2010M", "\u200bCFQ7TTC0LFLX −M "],
)
def test_letter_case_blanks_and_dashes_make_no_other_identifier(number: str) -> None:
    found = suggested(product(number=number, unit="Monthly"), MONTHLY, ANNUAL)
    assert found is not None
    assert (found.psa_id, found.score, found.ambiguous) == (1, 100, None)


def test_the_product_id_may_be_the_name() -> None:
    found = suggested(product("Visio Plan 2"), item(4, "VISIO PLAN 2", "Diagrams"))
    assert found is not None
    assert (found.psa_id, found.reasons) == (4, ("The same identifier VISIO PLAN 2",))


@pytest.mark.parametrize(
    ("row", "psa_id"),
    [
        (product("Microsoft 365 E3 - Monthly", part_number=PART), 1),
        (product("Microsoft 365 E3 - Annual", part_number=PART), 2),
        (product("Microsoft 365 E3", part_number=PART, unit="Month"), 1),
        (product("Microsoft 365 E3", part_number=PART, unit="Year"), 2),
        (product("Microsoft 365 E3 (1 Year)", part_number=PART), 2),
        (product("Microsoft 365 E3 P1Y, billed monthly", part_number=PART), 2),
        (product("Microsoft 365 E3", part_number=PART, description="Annual commitment, monthly billing"), 2),
        (product("Microsoft 365 E3 1 Year billed monthly", part_number=PART), 2),
        (product("Microsoft 365 E3 NCE P1M", part_number=PART), 1),
    ],
)
def test_the_part_number_counts_together_with_the_term(row: LinkedRow, psa_id: int) -> None:
    found = suggested(row, MONTHLY, ANNUAL)
    assert found is not None
    assert (found.psa_id, found.ambiguous, found.alternatives) == (psa_id, None, [])
    assert found.reasons == (
        f"The same part number {PART}",
        "The same name",
        f"Both are {'monthly' if psa_id == 1 else 'annual'}",
    )


def test_a_conflict_of_terms_excludes_whatever_else_agrees() -> None:
    row = product("Microsoft 365 E3", "X-1", part_number=PART, unit="Monthly")
    assert suggested(row, item(3, "X-1", "Microsoft 365 E3, annual", PART)) is None
    three_years = product("Microsoft 365 E3", part_number=PART, unit="Triennial")
    assert suggested(three_years, MONTHLY, ANNUAL) is None


def test_a_term_that_only_one_side_shows_is_ambiguous() -> None:
    plain = item(3, "E3", "Microsoft 365 E3", PART)
    monthly = suggested(product(part_number=PART, unit="Monthly"), plain)
    assert monthly is not None
    assert monthly.score == 90
    assert monthly.ambiguous == "Its commitment term is not shown in ConnectWise; check that it is monthly."
    unclear = suggested(product(part_number=PART), ANNUAL)
    assert unclear is not None
    assert unclear.ambiguous == (
        "It is annual in ConnectWise, and Work 365 shows no commitment term; check that both are the same."
    )


def test_terms_that_contradict_each_other_leave_only_the_identifier_and_are_said() -> None:
    row = product("Microsoft 365 E3", "CFQ7TTC0LFLX -M", part_number=PART, unit="Annual")
    found = suggested(row, MONTHLY, ANNUAL)
    assert found is not None
    assert (found.psa_id, found.score, found.alternatives) == (1, 90, [])
    assert found.ambiguous == (
        "Number, unit and name in Work 365 speak of different commitment terms; check which one is meant."
    )
    assert suggested(row, ANNUAL) is None


def test_a_unit_alone_does_not_overrule_the_name() -> None:
    row = product("Microsoft 365 E3 - Annual", part_number=PART, unit="Monthly")
    assert suggested(row, MONTHLY, ANNUAL) is None


def test_a_number_overrules_the_name_and_the_disagreement_is_said() -> None:
    row = product("Microsoft 365 E3", "CFQ7TTC0LFLX -M", part_number=PART)
    found = suggested(row, item(3, "E3-M", "Microsoft 365 E3 - Annual", PART))
    assert found is not None
    assert (found.score, found.ambiguous) == (
        90,
        "Number, unit and name in ConnectWise speak of different commitment terms; check which one is meant.",
    )


def test_the_identifier_may_be_the_part_number_with_the_term() -> None:
    found = suggested(
        product(part_number=PART, unit="Annual"), item(5, f"{PART}-A", "E3 yearly"), item(6, f"{PART}-M", "E3 monthly")
    )
    assert found is not None
    assert (found.psa_id, found.reasons) == (5, (f"The same part number {PART}-A", "Both are annual"))


def test_an_identifier_that_ends_otherwise_but_means_the_same_term() -> None:
    found = suggested(product("E3", "CFQ7-Monthly"), item(5, "CFQ7 -M", "Enterprise"), item(6, "CFQ7 -A", "Enterprise"))
    assert found is not None
    assert (found.psa_id, found.score) == (5, 92)
    assert found.reasons == ("The same identifier CFQ7 -M, but for how it ends", "Both are monthly")


def test_names_are_compared_without_terms_and_their_numbers_must_agree() -> None:
    found = suggested(product("Microsoft 365 Business Premium"), item(7, "BP", "Microsoft 365 Business Premiun"))
    assert found is not None
    assert (found.score, found.reasons) == (75, ("Name is 97 % alike",))
    assert suggested(product("Microsoft 365 E3"), item(8, "E5", "Microsoft 365 E5")) is None
    assert suggested(product("Visio Plan 1"), item(9, "V2", "Visio Plan 2")) is None


def test_other_part_numbers_lower_a_name() -> None:
    found = suggested(product("Microsoft 365 E3", part_number="A:1"), item(7, "E3", "Microsoft 365 E3", "B:1"))
    assert found is not None
    assert (found.score, found.reasons) == (66, ("The same name", "The part numbers differ"))


def test_two_items_with_one_part_number_are_ambiguous() -> None:
    row = product("Azure plan", part_number="DZH318Z0BPS6:0001")
    found = suggested(row, item(9, "AZ2", "Azure", "DZH318Z0BPS6:0001"), item(8, "AZ1", "Azure", "DZH318Z0BPS6:0001"))
    assert found is not None
    assert (found.psa_id, found.ambiguous) == (8, '"Azure" (AZ2) fits about as well; compare both before you choose.')
    assert [one.psa_id for one in found.alternatives] == [9]


def test_a_name_is_compared_as_far_as_connectwise_keeps_it() -> None:
    name = "Dynamics 365 Customer Service Enterprise Attach to Qualifying Dynamics 365 Base Offer"
    found = suggested(product(name), item(7, "D365", name[:60]))
    assert found is not None
    assert found.score == 78


def test_what_is_mapped_already_is_left_out() -> None:
    assert suggested(product(number="CFQ7TTC0LFLX -M", unit="Monthly"), MONTHLY, taken=1) is None


TEXT = st.text(min_size=0, max_size=30)
PIECE = st.from_regex(r"[A-Z0-9]{3,12}", fullmatch=True)
ENDINGS = {
    "monthly": st.sampled_from([" -M", "-M", " – M", "-P1M", " Monthly", "_M"]),
    "annual": st.sampled_from([" -A", "-A", " — A", "-P1Y", " Annual", "-Y", " Yearly", " 1 Year"]),
    "three": st.sampled_from([" 3 Year", "-P3Y", " Triennial", " 36 months"]),
}


@given(PIECE, PIECE, TEXT, TEXT, st.data())
def test_an_nce_pair_is_never_confused(
    number: str, part: str, name: str, description: str, data: st.DataObject
) -> None:
    """Whatever the names are, texts about other terms included: what number and unit show decides."""
    terms = list(ENDINGS)
    noise = data.draw(st.sampled_from(["", " Monthly", " Annual", " (1 Year)", " P1M", " billed monthly"]))
    items = [
        item(place, number + data.draw(ENDINGS[term]), description + noise, f"{part}:0001")
        for place, term in enumerate(terms, start=1)
    ]
    for place, term in enumerate(terms, start=1):
        row = product(name + noise, number + data.draw(ENDINGS[term]), part_number=f"{part}:0001")
        found = suggested(row, *items)
        assert found is not None
        assert found.psa_id == place
        assert found.alternatives == []
        assert suggested(row, *(one for one in items if one.psa_id != place)) is None


@given(PIECE, TEXT, TEXT, st.sampled_from(["monthly", "annual"]), st.data())
def test_the_unit_alone_never_leads_to_the_other_product_of_a_pair(
    number: str, name: str, other_name: str, term: str, data: st.DataObject
) -> None:
    """Work 365's number shows no term: its unit and ConnectWise's ending decide."""
    assume(not terms_of_number(f"{other_name}{number}"))
    unit = {"monthly": ["Monthly", "Month", "month"], "annual": ["Annual", "Year", "1 Year", "Yearly"]}[term]
    endings = {"monthly": 1, "annual": 2}
    items = [
        item(psa_id, f"{other_name}{number}" + data.draw(ENDINGS[ending]), name, f"{number}:0001")
        for ending, psa_id in endings.items()
    ]
    row = product(name, number, part_number=f"{number}:0001", unit=data.draw(st.sampled_from(unit)))
    found = suggested(row, *items)
    assert found is not None
    assert found.psa_id == endings[term]
    assert found.alternatives == []


@given(st.lists(st.tuples(TEXT, TEXT, TEXT), max_size=6), TEXT, TEXT, TEXT)
def test_any_characters_are_taken_and_the_order_of_the_catalog_does_not_matter(
    texts: list[tuple[str, str, str]], name: str, number: str, part: str
) -> None:
    items = [item(place, *three) for place, three in enumerate(texts, start=1)]
    row = product(name, number, part_number=part)
    assert suggested(row, *items) == suggested(row, *reversed(items))
