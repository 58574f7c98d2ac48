"""The map of Work 365's names and the file that overrides it."""

import json
from pathlib import Path

import pytest

from dataverse.work365.schema import SchemaFileInvalid, Work365Schema, schema_from_file

pytestmark = pytest.mark.unit


def file_with(tmp_path: Path, content: object) -> Path:
    path = tmp_path / "names.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def test_the_defaults_are_the_names_of_the_domain_reference() -> None:
    schema = Work365Schema()

    assert schema.invoice_line.psa_id == "work365_invoiceproduct_psasystem_id"
    assert schema.invoice_line.sync_message == "work365_invoiceproduct_psasystem_syncmessage"
    assert schema.invoice.billing_contract == "work365_invoice_billingcontract"
    assert schema.billing_contract.account == "work365_billingcontract_customer"


def test_a_file_replaces_the_names_that_it_holds_and_no_others(tmp_path: Path) -> None:
    schema = schema_from_file(file_with(tmp_path, {"invoice_line": {"line1": "new_line1"}}))

    assert schema.invoice_line.line1 == "new_line1"
    assert schema.invoice_line.line2 == Work365Schema().invoice_line.line2
    assert schema.invoice == Work365Schema().invoice


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ({"invoice_lines": {}}, "invoice_lines"),
        ({"invoice": {"colour": "x"}}, "invoice.colour"),
        ({"invoice": {"name": "a b"}}, "invoice.name"),
        ({"invoice": {"name": "name eq 'x'"}}, "invoice.name"),
        ({"invoice": {"name": ""}}, "invoice.name"),
        ({"invoice": {"name": 7}}, "invoice.name"),
        ("not json", "the text"),
    ],
)
def test_a_file_with_unknown_or_illegal_names_is_refused(tmp_path: Path, content: object, place: str) -> None:
    with pytest.raises(SchemaFileInvalid, match=f"names.json: {place}: "):
        schema_from_file(file_with(tmp_path, content))


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SchemaFileInvalid, match="No such file"):
        schema_from_file(tmp_path / "absent.json")
