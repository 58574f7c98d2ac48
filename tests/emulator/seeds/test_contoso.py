"""The seed is the month that it promises: believable, exact to the cent, and with something of every kind in it."""

import json
from collections import Counter
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from emulators.control_plane import wire
from emulators.seeds import contoso
from sync_core.mapping.invoice_lines import addition_from_invoice_line
from sync_core.money import billed_amount, difference_of_totals
from sync_core.policies import ConnectorPolicies
from sync_core.push.prechecks import objection_to, warnings_about
from tests.emulator.seeds.seed_facts import Seed, SeedReader, target

POLICIES = ConnectorPolicies()


@pytest.fixture(scope="module")
def seed() -> Seed:
    return contoso.build()


def lines_by_invoice(seed: Seed) -> dict[str | None, list[dict[str, Any]]]:
    lines: dict[str | None, list[dict[str, Any]]] = {row["invoiceid"]: [] for row in seed["dataverse"]["invoices"]}
    for line in seed["dataverse"]["invoicedetails"]:
        lines[target(line, "invoiceid")].append(line)
    return lines


def test_it_has_the_size_of_the_month_it_promises(seed: Seed) -> None:
    sizes = {name: len(rows) for name, rows in seed["dataverse"].items()}
    assert sizes["accounts"] == len(seed["connectwise"]["/company/companies"]) == 40
    assert sizes["work365_billingcontracts"] == len(seed["connectwise"]["/finance/agreements"]) == 60
    assert sizes["products"] == len(seed["connectwise"]["/procurement/catalog"]) == 25
    assert sizes["invoices"] == 80
    assert 1_150 <= sizes["invoicedetails"] <= 1_250


def test_every_build_is_the_same(seed: Seed) -> None:
    assert contoso.build() == seed


def test_its_numbers_survive_json_exactly(seed: Seed) -> None:
    assert wire.parse(wire.dump(seed)) == seed


def test_no_number_is_a_float(seed: Seed) -> None:
    def values(node: Any) -> Iterator[Any]:
        if isinstance(node, (dict, list)):
            for inner in node.values() if isinstance(node, dict) else node:
                yield from values(inner)
        else:
            yield node

    assert {type(value) for value in values(seed)} == {str, int, bool, Decimal}


def test_no_id_is_used_twice(seed: Seed) -> None:
    for entity_set, rows in seed["dataverse"].items():
        ids = Counter(next(value for name, value in row.items() if name.endswith("id")) for row in rows)
        assert ids.most_common(1)[0][1] == 1, entity_set
    additions = [row["id"] for path, rows in seed["connectwise"].items() if "additions" in path for row in rows]
    assert len(additions) == len(set(additions)) == 10


def test_every_lookup_points_to_a_row_of_the_seed_or_of_the_setup(seed: Seed) -> None:
    known = {
        f"/{entity_set}({next(value for name, value in row.items() if name.endswith('id'))})"
        for entity_set, rows in seed["dataverse"].items()
        for row in rows
    }
    setup = ("/transactioncurrencies(", "/uoms(", "/uomschedules(", "/psasync_connectors(")
    for rows in seed["dataverse"].values():
        for row in rows:
            bound = {value for name, value in row.items() if name.endswith("@odata.bind")}
            assert {value for value in bound - known if not value.startswith(setup)} == set()


def test_amounts_are_rounded_as_work_365_rounds_them(seed: Seed) -> None:
    for line in seed["dataverse"]["invoicedetails"]:
        unit = Decimal(1) if target(line, "transactioncurrencyid") == "77777777-7777-4777-8777-000000000004" else None
        unit = unit or Decimal("0.01")
        assert line["baseamount"] == (line["quantity"] * line["priceperunit"]).quantize(unit, ROUND_HALF_UP)
        assert line["extendedamount"] == line["baseamount"] - line["manualdiscountamount"] + line["tax"]
        assert line["manualdiscountamount"] >= 0


def test_the_totals_of_each_invoice_are_those_of_its_lines(seed: Seed) -> None:
    lines = lines_by_invoice(seed)
    for invoice in seed["dataverse"]["invoices"]:
        own = lines[invoice["invoiceid"]]
        net = sum(line["baseamount"] - line["manualdiscountamount"] for line in own)
        tax = sum(line["tax"] for line in own)
        assert invoice["totallineitemamount"] == net
        assert invoice["totaltax"] == tax
        assert invoice["totalamount"] == net - invoice["discountamount"] + invoice["freightamount"] + tax


def test_there_is_something_of_every_kind(seed: Seed) -> None:
    lines = seed["dataverse"]["invoicedetails"]
    currencies = Counter(target(row, "transactioncurrencyid") for row in seed["dataverse"]["accounts"])
    assert sorted(currencies.values()) == [1, 1, 38]
    assert {row["statecode"] for row in seed["dataverse"]["invoices"]} == {0, 2, 3}
    assert Counter(row["work365_invoice_category"] for row in seed["dataverse"]["invoices"])["Change Log"] == 12
    assert Counter(len(own) for own in lines_by_invoice(seed).values())[0] == 1

    def number_of(what: Any) -> int:
        return sum(1 for line in lines if what(line))

    def five_decimals(number: Decimal) -> bool:
        return number != number.quantize(Decimal("0.0001"))

    assert number_of(lambda line: five_decimals(line["quantity"]) and line["quantity"] > 0) > 100
    assert number_of(lambda line: line["quantity"] < 0) > 50
    assert number_of(lambda line: line["manualdiscountamount"] > 0) > 50
    assert number_of(lambda line: line["isproductoverridden"]) > 15
    assert number_of(lambda line: line["quantity"] == 0) > 3
    assert number_of(lambda line: line["quantity"] and line["baseamount"] == line["manualdiscountamount"]) > 10
    assert number_of(lambda line: line["producttypecode"] == 2) > 2
    assert number_of(lambda line: line["priceperunit"] != line["priceperunit"].quantize(Decimal("0.01"))) > 30


def test_the_two_terms_of_an_offer_share_their_part_number_only(seed: Seed) -> None:
    products = seed["dataverse"]["products"]
    offers: dict[str, list[dict[str, Any]]] = {}
    for row in products:
        offers.setdefault(row["work365_product_providerpartnumber"], []).append(row)
    pairs = [pair for pair in offers.values() if len(pair) == 2]
    assert len(pairs) == 10
    for monthly, annual in pairs:
        assert monthly["productnumber"].endswith(" -M")
        assert annual["productnumber"].endswith(" -A")
        assert monthly["price"] != annual["price"]
    assert len({row["productnumber"] for row in products}) == 25


def test_names_fit_both_systems(seed: Seed) -> None:
    records = seed["connectwise"]
    for company in records["/company/companies"]:
        assert len(company["name"]) <= 50
        assert len(company["identifier"]) <= 25
        assert company["identifier"].isascii()
    assert len({company["identifier"] for company in records["/company/companies"]}) == 40
    assert all(len(contact["firstName"]) <= 30 for contact in records["/company/contacts"])
    assert all(len(item["identifier"]) <= 60 for item in records["/procurement/catalog"])
    names = json.dumps(seed["dataverse"]["accounts"], default=str, ensure_ascii=False)
    assert all(part in names for part in ("O'Reilly & Söhne", "株式会社", "Łódź", "100 %"))


def test_what_is_not_pushed_has_each_of_the_reasons_that_were_put_in(seed: Seed) -> None:
    found = [objection_to(facts, asked_for_line=False) for facts in SeedReader(seed, POLICIES).facts()]
    reasons = Counter(objection.code for objection in found if objection)
    assert set(reasons) == {
        "account_not_mapped",
        "agreement_cancelled",
        "agreement_ended",
        "agreement_not_started",
        "agreement_of_other_company",
        "agreement_prorates",
        "bundle_header",
        "catalog_item_inactive",
        "catalog_item_is_bundle",
        "contract_not_mapped",
        "currency_differs",
        "invoice_cancelled",
        "invoice_paid",
        "product_not_mapped",
        "write_in_without_product",
        "zero_quantity",
    }
    assert all(objection.outcome == "skipped" for objection in found if objection)
    assert found.count(None) > 850


def test_the_month_has_something_to_warn_of(seed: Seed) -> None:
    warnings = {warning for facts in SeedReader(seed, POLICIES).facts() for warning in warnings_about(facts)}
    assert any("is invoiced Yearly" in warning for warning in warnings)
    assert any("a discount of 50.00 USD" in warning for warning in warnings)
    assert any("freight of 12.50 USD" in warning for warning in warnings)


def test_everything_that_can_be_pushed_adds_up_to_the_cent(seed: Seed) -> None:
    billed, nets, lumps = [], [], 0
    for facts in SeedReader(seed, POLICIES).facts():
        if objection_to(facts, asked_for_line=False) is None:
            assert facts.currency is not None
            planned = addition_from_invoice_line(facts)
            made = planned.addition
            billed.append(billed_amount(made.quantity, made.unit_price, facts.currency, POLICIES))
            nets.append(facts.line.base_amount - facts.line.manual_discount_amount)
            assert billed[-1] == planned.net_amount == nets[-1]
            lumps += made.quantity != facts.line.quantity
    assert difference_of_totals(billed, nets) == 0
    assert lumps > 40
