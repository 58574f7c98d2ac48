"""Integration records: read, claim, settle, and the log, with and without faults."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataverse import errors
from dataverse.psasync.ledger import MappingLedger
from dataverse.psasync.records import Connector, Mapping, MappingKind, MappingStatus, SourceId
from tests.unit.dataverse.mini import MiniDataverse
from tests.unit.dataverse.samples import CONNECTOR, NOW, SYNCED, claim_of, line_id, log_entry, settlement_of
from tests.unit.dataverse.wire import (
    Reply,
    ScriptedTransport,
    batch_reply,
    client_of,
    error_reply,
    json_reply,
)

pytestmark = pytest.mark.unit

FAULTS = st.lists(
    st.sampled_from(["ok", "drop_before", "drop_after", "late 1", "late 2", "late 9", "cut", "503", "500", "429"]),
    max_size=7,
)


def ledger_of(transport: object) -> MappingLedger:
    return MappingLedger(client_of(transport))


# --- connector


def test_a_connector_is_read_with_its_policies() -> None:
    transport = ScriptedTransport(
        json_reply(
            {
                "psasync_connectorid": CONNECTOR,
                "psasync_name": "ConnectWise",
                "psasync_siteurl": "https://na.myconnectwise.net",
                "psasync_company": "contoso",
                "psasync_credentialref": "CONTOSO",
                "psasync_apiversion": None,
                "psasync_properties": "{}",
            }
        )
    )

    assert ledger_of(transport).connector(CONNECTOR) == Connector(
        CONNECTOR, "ConnectWise", "https://na.myconnectwise.net", "contoso", "CONTOSO", None, "{}"
    )
    assert "psasync_properties" in transport.sent[0].url


def test_a_connector_that_does_not_exist_is_none() -> None:
    assert ledger_of(ScriptedTransport(error_reply(404, "0x80040217"))).connector(CONNECTOR) is None


# --- read


def test_mappings_of_several_kinds_are_read_in_one_request() -> None:
    dataverse = MiniDataverse()
    ledger = ledger_of(dataverse)
    held = ledger.claim(CONNECTOR, [claim_of(number) for number in range(3)])
    dataverse.requests.clear()

    read = ledger.read_mappings(
        CONNECTOR,
        {
            MappingKind.INVOICE_LINE: [SourceId(line_id(number).upper()) for number in range(5)],
            MappingKind.PRODUCT: [SourceId(line_id(1))],
            MappingKind.ACCOUNT: [],
        },
    )

    assert read.by_source == {(MappingKind.INVOICE_LINE, SourceId(key)): mapping for key, mapping in held.items()}
    assert read.server_time.at == datetime(2026, 1, 31, 8, tzinfo=UTC)
    assert len(dataverse.requests) == 1
    assert len(dataverse.requests[0].parts) == 2


def test_long_lists_share_one_request() -> None:
    dataverse = MiniDataverse()

    ledger_of(dataverse).read_mappings(CONNECTOR, {MappingKind.PRODUCT: [SourceId(line_id(n)) for n in range(1_200)]})

    (request,) = dataverse.requests
    assert len(request.parts) == 3
    assert all(len(part.target) < 65_536 for part in request.parts)


def test_without_source_ids_only_the_time_is_asked_for() -> None:
    transport = ScriptedTransport(json_reply({"UserId": "x"}))

    read = ledger_of(transport).read_mappings(CONNECTOR, {MappingKind.PRODUCT: []})

    assert read.by_source == {}
    assert read.server_time.at == datetime(2026, 1, 31, 8, tzinfo=UTC)


# --- claim


def test_a_new_row_is_created_through_its_key_and_never_repeats_key_columns() -> None:
    dataverse = MiniDataverse()

    claimed = ledger_of(dataverse).claim(CONNECTOR, [claim_of(1)])

    (part,) = dataverse.requests[0].parts
    key = f"_psasync_connectorid_value={CONNECTOR},psasync_kind=451000003,psasync_sourceid='{line_id(1)}'"
    assert part.target.startswith(f"/api/data/v9.2/psasync_mappings({key})?$select=")
    assert part.headers["If-None-Match"] == "*"
    assert part.headers["Prefer"] == "return=representation"
    assert part.body == {
        "psasync_name": line_id(1),
        "psasync_invoicelineid@odata.bind": f"/invoicedetails({line_id(1)})",
        "psasync_status": 451000002,
        "psasync_statusmessage": "Being written to ConnectWise.",
        "psasync_claimedby": "run-1",
        "psasync_claimeduntil": "2026-01-31T08:10:01Z",
        "psasync_attempts": 1,
        "psasync_psaparentid": 3,
    }
    mapping = claimed[line_id(1)]
    assert (mapping.kind, mapping.source_id) == (MappingKind.INVOICE_LINE, line_id(1))
    assert (mapping.status, mapping.attempts, mapping.claimed_by) == (MappingStatus.SYNCING, 1, "run-1")
    assert mapping.claimed_until == NOW + timedelta(minutes=10, seconds=1)


def test_an_existing_row_is_taken_over_at_its_version_and_counts_the_attempt() -> None:
    dataverse = MiniDataverse()
    ledger = ledger_of(dataverse)
    first = ledger.claim(CONNECTOR, [claim_of(1)])[line_id(1)]

    second = ledger.claim(CONNECTOR, [claim_of(1, first, by="run-2")])[line_id(1)]

    (part,) = dataverse.requests[1].parts
    assert part.target.startswith(f"/api/data/v9.2/psasync_mappings({first.id})?$select=")
    assert part.headers["If-Match"] == first.etag
    assert "psasync_name" not in part.body
    assert (second.id, second.attempts, second.claimed_by) == (first.id, 2, "run-2")
    assert second.etag != first.etag


def test_a_claim_without_an_agreement_leaves_the_one_of_the_row_alone() -> None:
    dataverse = MiniDataverse()
    ledger = ledger_of(dataverse)
    first = ledger.claim(CONNECTOR, [claim_of(1)])[line_id(1)]

    second = ledger.claim(CONNECTOR, [replace(claim_of(1, first), agreement_id=None)])[line_id(1)]

    assert second.psa_parent_id == 3
    assert "psasync_psaparentid" not in dataverse.requests[1].parts[0].body


def test_a_whole_chunk_is_claimed_in_one_request() -> None:
    dataverse = MiniDataverse()

    claimed = ledger_of(dataverse).claim(CONNECTOR, [claim_of(number) for number in range(200)])

    assert len(claimed) == 200
    assert len(dataverse.requests) == 1


def test_rows_that_somebody_else_created_or_changed_are_left_alone() -> None:
    dataverse = MiniDataverse()
    ledger = ledger_of(dataverse)
    seen = ledger.claim(CONNECTOR, [claim_of(1, by="other")])[line_id(1)]
    theirs = ledger.claim(CONNECTOR, [claim_of(1, seen, by="other"), claim_of(2, by="other")])

    ours = ledger.claim(CONNECTOR, [claim_of(1, seen), claim_of(2), claim_of(3)])

    assert list(ours) == [line_id(3)]
    assert ledger.read_mappings(
        CONNECTOR, {MappingKind.INVOICE_LINE: [SourceId(line_id(1)), SourceId(line_id(2))]}
    ).by_source == {(MappingKind.INVOICE_LINE, SourceId(key)): mapping for key, mapping in theirs.items()}


def test_nothing_to_claim_is_no_request() -> None:
    assert ledger_of(ScriptedTransport()).claim(CONNECTOR, []) == {}


def test_a_claim_whose_answer_was_lost_is_recognised_by_its_owner() -> None:
    dataverse = MiniDataverse(["drop_after"])

    claimed = ledger_of(dataverse).claim(CONNECTOR, [claim_of(1), claim_of(2)])

    assert {mapping.attempts for mapping in claimed.values()} == {1}
    assert len(claimed) == 2


def test_a_claim_that_cannot_be_answered_at_all_raises() -> None:
    with pytest.raises(errors.NoAnswer):
        ledger_of(MiniDataverse(["drop_before"] * 5)).claim(CONNECTOR, [claim_of(1)])


def test_a_claim_that_committed_unseen_is_found_when_all_repetitions_are_used_up() -> None:
    dataverse = MiniDataverse(["drop_after", *["drop_before"] * 4])

    assert list(ledger_of(dataverse).claim(CONNECTOR, [claim_of(1)])) == [line_id(1)]


@given(faults=FAULTS, existing=st.booleans())
def test_a_claim_is_written_once_whatever_the_faults(faults: list[str], existing: bool) -> None:
    dataverse = MiniDataverse()
    ledger = ledger_of(dataverse)
    before: Mapping | None = None
    if existing:
        before = ledger.claim(CONNECTOR, [claim_of(1, by="earlier")])[line_id(1)]
    dataverse.faults.extend(faults)
    claims = [claim_of(1, before), claim_of(2)]

    try:
        claimed = ledger.claim(CONNECTOR, claims)
    except errors.DataverseError:
        claimed = {}
    dataverse.faults.clear()
    dataverse.commit_late()

    rows = list(dataverse.tables["psasync_mappings"].values())
    assert len({row["psasync_sourceid"] for row in rows}) == len(rows)
    for row in rows:
        assert row["psasync_attempts"] <= (2 if existing and row["psasync_sourceid"] == line_id(1) else 1)
    for source, mapping in claimed.items():
        (row,) = [row for row in rows if row["psasync_sourceid"] == source]
        assert (row["psasync_claimedby"], row["@odata.etag"]) == ("run-1", mapping.etag)


def test_parts_that_stay_overloaded_are_left_out_when_others_could_be_claimed() -> None:
    row = claimed_row(1)
    transport = ScriptedTransport(
        batch_reply(json_reply(row, 201), error_reply(429)),
        *[batch_reply(error_reply(429))] * 4,
        batch_reply(json_reply({"value": []})),
    )

    assert list(ledger_of(transport).claim(CONNECTOR, [claim_of(1), claim_of(2)])) == [line_id(1)]


def test_overload_raises_when_nothing_could_be_claimed() -> None:
    transport = ScriptedTransport(*[batch_reply(error_reply(429))] * 5, batch_reply(json_reply({"value": []})))

    with pytest.raises(errors.RateLimited):
        ledger_of(transport).claim(CONNECTOR, [claim_of(1)])


def test_a_line_that_was_deleted_meanwhile_is_not_claimed() -> None:
    transport = ScriptedTransport(batch_reply(error_reply(404, "0x80040217"), json_reply(claimed_row(2), 201)))

    assert list(ledger_of(transport).claim(CONNECTOR, [claim_of(1), claim_of(2)])) == [line_id(2)]


def test_a_missing_privilege_raises() -> None:
    transport = ScriptedTransport(batch_reply(error_reply(403, "0x80040220")))

    with pytest.raises(errors.PermissionDenied):
        ledger_of(transport).claim(CONNECTOR, [claim_of(1)])


def test_a_success_without_the_row_is_looked_up() -> None:
    transport = ScriptedTransport(batch_reply(Reply(204)), batch_reply(json_reply({"value": [claimed_row(1)]})))

    assert list(ledger_of(transport).claim(CONNECTOR, [claim_of(1)])) == [line_id(1)]


def claimed_row(number: int) -> dict[str, object]:
    dataverse = MiniDataverse()
    ledger_of(dataverse).claim(CONNECTOR, [claim_of(number)])
    return dict(next(iter(dataverse.tables["psasync_mappings"].values())))


# --- settle


def held_rows(dataverse: MiniDataverse, count: int) -> list[Mapping]:
    return list(ledger_of(dataverse).claim(CONNECTOR, [claim_of(number) for number in range(count)]).values())


def test_a_settled_row_holds_what_was_written() -> None:
    dataverse = MiniDataverse()
    (held,) = held_rows(dataverse, 1)

    settled = ledger_of(dataverse).settle([settlement_of(held)])

    mapping = settled[held.source_id]
    assert mapping == replace(
        held,
        etag=mapping.etag,
        status=MappingStatus.SYNCED,
        status_message=SYNCED.status_message,
        psa_id=7,
        psa_name="Microsoft 365 E3",
        psa_parent_id=3,
        psa_link=SYNCED.psa_link,
        last_synced_on=NOW,
        pushed_amount=Decimal("3.00"),
        pushed_quantity=Decimal(2),
        pushed_hash="f" * 64,
        claimed_by=None,
        claimed_until=None,
    )
    (part,) = dataverse.requests[-1].parts
    assert part.headers["If-Match"] == held.etag
    assert b'"psasync_pushedamount":3.00' in part.content
    assert part.body["psasync_psalink"] == SYNCED.psa_link


def test_a_row_that_somebody_else_took_is_not_settled() -> None:
    dataverse = MiniDataverse()
    first, second = held_rows(dataverse, 2)
    ledger = ledger_of(dataverse)
    ledger.claim(CONNECTOR, [claim_of(0, first, by="other")])

    settled = ledger.settle([settlement_of(first), settlement_of(second)])

    assert list(settled) == [second.source_id]


def test_a_settlement_whose_answer_was_lost_is_recognised_by_its_content() -> None:
    dataverse = MiniDataverse()
    (held,) = held_rows(dataverse, 1)
    dataverse.faults.append("drop_after")

    settled = ledger_of(dataverse).settle([settlement_of(held, status_message="x" * 5_000, psa_name=None)])

    assert settled[held.source_id].status is MappingStatus.SYNCED
    assert len(settled[held.source_id].status_message or "") == 4_000


@given(faults=FAULTS)
def test_a_row_is_settled_once_whatever_the_faults(faults: list[str]) -> None:
    dataverse = MiniDataverse()
    held = held_rows(dataverse, 2)
    dataverse.faults.extend(faults)

    try:
        settled = ledger_of(dataverse).settle([settlement_of(one) for one in held])
    except errors.DataverseError:
        settled = {}
    dataverse.faults.clear()
    dataverse.commit_late()

    rows = {row["psasync_sourceid"]: row for row in dataverse.tables["psasync_mappings"].values()}
    for source, mapping in settled.items():
        assert rows[source]["@odata.etag"] == mapping.etag
        assert rows[source]["psasync_status"] == MappingStatus.SYNCED


def test_nothing_to_settle_is_no_request() -> None:
    assert ledger_of(ScriptedTransport()).settle([]) == {}


# --- log


def test_the_log_is_appended_in_one_request_with_keys_of_our_own() -> None:
    dataverse = MiniDataverse()

    ledger_of(dataverse).append_log([log_entry(), log_entry(job_id=None, source_id=None, what="w" * 300)])

    (request,) = dataverse.requests
    first, second = json.loads(request.content or b"")["Targets"]
    assert request.url.endswith("/psasync_logentries/Microsoft.Dynamics.CRM.CreateMultiple")
    assert first["psasync_logentryid"] != second["psasync_logentryid"]
    assert {name: value for name, value in first.items() if name != "psasync_logentryid"} == {
        "@odata.type": "Microsoft.Dynamics.CRM.psasync_logentry",
        "psasync_name": "create addition",
        "psasync_connectorid@odata.bind": f"/psasync_connectors({CONNECTOR})",
        "psasync_jobid@odata.bind": "/psasync_jobs(99999999-9999-4999-8999-000000000001)",
        "psasync_when": "2026-01-31T08:00:00Z",
        "psasync_who": "33333333-3333-4333-8333-000000000002",
        "psasync_what": "create addition",
        "psasync_sourceid": line_id(1),
        "psasync_psaid": 7,
        "psasync_after": '{"quantity":"2"}',
        "psasync_vendorstatus": 201,
        "psasync_requestids": "r-1",
        "psasync_correlationid": "00000000-0000-0000-0000-000000000009",
    }
    assert len(second["psasync_what"]) == 200
    assert "psasync_jobid@odata.bind" not in second


@given(faults=st.lists(st.sampled_from(["drop_before", "drop_after", "late 1", "late 3", "503"]), max_size=3))
def test_log_entries_are_written_once_whatever_the_faults(faults: list[str]) -> None:
    dataverse = MiniDataverse(faults)

    ledger_of(dataverse).append_log([log_entry(), log_entry()])
    dataverse.commit_late()

    assert len(dataverse.tables["psasync_logentries"]) == 2


def test_a_long_log_takes_a_request_per_thousand_entries() -> None:
    dataverse = MiniDataverse()

    ledger_of(dataverse).append_log([log_entry()] * 1_001)
    ledger_of(dataverse).append_log([])

    assert len(dataverse.requests) == 2
    assert len(dataverse.tables["psasync_logentries"]) == 1_001
