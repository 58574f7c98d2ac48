"""The marker names exactly one line, fits its field, and is found again however ConnectWise writes it back."""

from collections.abc import Callable
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataverse.work365.records import InvoiceLineId
from sync_core.marker import marked_line, marker_of
from sync_core.policies import ConnectorPolicies
from tests.builders import LINE_ID, addition, policies

IN_SERIAL = policies()
IN_DESCRIPTION = policies(marker_field="invoiceDescription")
OTHER_ID = InvoiceLineId("a0000000-0000-4000-8000-000000000002")

_IDS = st.uuids().map(lambda uuid: InvoiceLineId(str(uuid)))


@given(_IDS, _IDS)
def test_two_lines_never_share_a_marker(one: InvoiceLineId, other: InvoiceLineId) -> None:
    assert (marker_of(one) == marker_of(other)) == (one == other)


@given(_IDS, st.sampled_from([str.lower, str.upper, str.title]), st.sampled_from(["", " ", "\t"]))
def test_a_marker_in_the_serial_number_is_found_in_any_letter_case(
    line_id: InvoiceLineId, case: Callable[[str], str], blank: str
) -> None:
    marker = marker_of(line_id)
    assert len(marker) <= 50
    written = addition(serial_number=blank + case(marker) + blank)
    assert marked_line(written, IN_SERIAL) == line_id


@given(_IDS, st.text(max_size=200), st.sampled_from([str.lower, str.upper]), st.sampled_from([" ", "\n", " | ", ", "]))
def test_a_marker_at_the_end_of_any_description_is_found(
    line_id: InvoiceLineId, text: str, case: Callable[[str], str], separator: str
) -> None:
    written = addition(serial_number=None, invoice_description=text + separator + case(marker_of(line_id)) + " ")
    assert marked_line(written, IN_DESCRIPTION) == line_id


def test_a_marker_is_the_id_in_lower_case() -> None:
    assert marker_of(InvoiceLineId(LINE_ID.upper())) == LINE_ID


@pytest.mark.parametrize("line_id", ["", "4711", LINE_ID + "0", LINE_ID + "\n", f"{{{LINE_ID}}}", UUID(LINE_ID).hex])
def test_what_is_not_a_guid_gets_no_marker(line_id: str) -> None:
    with pytest.raises(ValueError, match="is not the id of an invoice line"):
        marker_of(InvoiceLineId(line_id))


@pytest.mark.parametrize(
    ("serial_number", "description"),
    [
        (None, None),
        ("", ""),
        ("SN-4711", "Microsoft 365 E3"),
        (f"SN {LINE_ID}", f"{LINE_ID} was the line"),
        (f"{LINE_ID}0", f"text {LINE_ID}0"),
        (f"0{LINE_ID}", f"text 0{LINE_ID}"),
        (f"{LINE_ID},{OTHER_ID}", f"abcd-{LINE_ID}"),
    ],
)
@pytest.mark.parametrize("using", [IN_SERIAL, IN_DESCRIPTION])
def test_an_addition_without_a_whole_marker_is_nobodys(
    serial_number: str | None, description: str | None, using: ConnectorPolicies
) -> None:
    assert marked_line(addition(serial_number=serial_number, invoice_description=description), using) is None


@pytest.mark.parametrize("using", [IN_SERIAL, IN_DESCRIPTION])
def test_a_marker_written_under_the_other_policy_is_found_too(using: ConnectorPolicies) -> None:
    assert marked_line(addition(serial_number=LINE_ID, invoice_description="E3"), using) == LINE_ID
    assert marked_line(addition(serial_number=None, invoice_description=f"E3 {LINE_ID}"), using) == LINE_ID


def test_the_field_of_the_policy_wins() -> None:
    both = addition(serial_number=LINE_ID, invoice_description=f"E3 {OTHER_ID}")
    assert marked_line(both, IN_SERIAL) == LINE_ID
    assert marked_line(both, IN_DESCRIPTION) == OTHER_ID
