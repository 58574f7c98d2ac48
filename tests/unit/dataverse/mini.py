"""A few tables in memory behind the client's transport, with the faults that make writes doubtful.

It knows just the requests that the repositories send: conditions, alternate keys, CreateMultiple, simple filters.
"""

import json
import re
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from requests.structures import CaseInsensitiveDict

from tests.unit.dataverse.wire import BASE, Reply, Sent, batch_reply, error_reply, json_reply
from transport.delivery import DeliveryFailed

# entity set -> primary key, columns of the alternate key as the Web API names them
TABLES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "psasync_mappings": (
        "psasync_mappingid",
        ("_psasync_connectorid_value", "psasync_kind", "psasync_sourceid"),
    ),
    "psasync_connectors": ("psasync_connectorid", ()),
    "psasync_jobs": ("psasync_jobid", ("psasync_requestkey",)),
    "psasync_jobitems": ("psasync_jobitemid", ("_psasync_jobid_value", "psasync_position")),
    "psasync_logentries": ("psasync_logentryid", ()),
    "invoicedetails": ("invoicedetailid", ()),
    "accounts": ("accountid", ()),
}

Row = dict[str, Any]


class Refused(Exception):
    def __init__(self, status: int, code: str) -> None:
        self.reply = error_reply(status, code)


class MiniDataverse:
    """`faults` are spent one a request: "ok", "drop_before", "drop_after", "late <n>" (commits n requests later),
    "cut", or a status such as "503"."""

    def __init__(self, faults: Iterable[str] = ()) -> None:
        self.tables: dict[str, dict[str, Row]] = {entity_set: {} for entity_set in TABLES}
        self.faults = deque(faults)
        self.requests: list[Sent] = []
        self.late: list[tuple[int, Sent]] = []
        self.version = 0

    # --- as a transport

    def exchange(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        content: bytes | None = None,
        repeatable: bool,
        passing: Callable[[Any], bool] | None = None,
    ) -> Reply:
        """Repeat as the real transport does: lost answers and passing faults, up to five times."""
        sent = Sent(method, url, CaseInsensitiveDict(headers), content, repeatable, passing)
        for last in (False, False, False, False, True):
            try:
                reply = self.attempt(sent)
            except DeliveryFailed:
                if last or not repeatable:
                    raise
                continue
            is_passing = reply.status in {429, 502, 503, 504} or (passing is not None and passing(reply))
            if last or not repeatable or not is_passing:
                return reply
        raise AssertionError

    def attempt(self, sent: Sent) -> Reply:
        self.requests.append(sent)
        self.commit_late(len(self.requests))
        fault, _, delay = (self.faults.popleft() if self.faults else "ok").partition(" ")
        if fault in {"drop_before", "drop_after", "late"}:
            if fault == "drop_after":
                self.answer(sent)
            if fault == "late":
                self.late.append((len(self.requests) + int(delay), sent))
            raise DeliveryFailed("maybe_sent", fault)
        if fault.isdigit():
            return error_reply(int(fault))
        reply = self.answer(sent)
        return Reply(reply.status, reply.headers, reply.content[: len(reply.content) // 2]) if fault == "cut" else reply

    def commit_late(self, number: int = 1_000_000) -> None:
        due = [sent for at, sent in self.late if at <= number]
        self.late = [(at, sent) for at, sent in self.late if at > number]
        for sent in due:
            self.answer(sent)

    def answer(self, sent: Sent) -> Reply:
        if sent.url.endswith("/$batch"):
            return batch_reply(
                *[self.single(part.method, part.target, part.headers, part.content) for part in sent.parts]
            )
        return self.single(sent.method, sent.url.removeprefix(BASE), sent.headers, sent.content or b"")

    # --- one request

    def single(self, method: str, target: str, headers: Mapping[str, str], content: bytes) -> Reply:
        split = urlsplit(target)
        path = unquote(split.path).removeprefix("/api/data/v9.2/")
        options = dict(unquote(option).split("=", 1) for option in split.query.split("&") if option)
        try:
            if path.endswith("CreateMultiple"):
                return self.create_multiple(path.partition("/")[0], json.loads(content)["Targets"])
            entity_set, _, key = path.partition("(")
            if method == "POST":
                return self.represented(self.create(entity_set, json.loads(content)), headers, 201)
            if not key:
                return json_reply({"value": [self.shown(row) for row in self.find(entity_set, options)]})
            return self.on_row(method, entity_set, key[:-1], headers, content)
        except Refused as refused:
            return refused.reply

    def on_row(self, method: str, entity_set: str, key: str, headers: Mapping[str, str], content: bytes) -> Reply:
        row, values = self.addressed(entity_set, key)
        if method == "GET":
            if row is None:
                raise Refused(404, "0x80040217")
            return json_reply(self.shown(row))
        expected = headers.get("If-Match")
        if row is not None and headers.get("If-None-Match") == "*":
            raise Refused(412, "0x80060882")
        if row is None and expected is not None:
            raise Refused(404, "0x80040217")
        if row is not None and expected not in {None, "*", row["@odata.etag"]}:
            raise Refused(412, "0x80060882")
        if method == "DELETE":
            if row is None:
                raise Refused(404, "0x80040217")
            del self.tables[entity_set][row[TABLES[entity_set][0]]]
            return Reply(204)
        assert not set(values) & set(json.loads(content)), "key columns repeated in the body"
        if row is None:
            return self.represented(self.create(entity_set, {**values, **json.loads(content)}), headers, 201)
        self.change(row, json.loads(content))
        return self.represented(row, headers, 200)

    def create_multiple(self, entity_set: str, targets: list[Row]) -> Reply:
        before = dict(self.tables[entity_set])
        try:
            created = [self.create(entity_set, target) for target in targets]
        except Refused:
            self.tables[entity_set] = before
            raise
        return json_reply({"Ids": [row[TABLES[entity_set][0]] for row in created]})

    def create(self, entity_set: str, body: Row) -> Row:
        primary, alternate = TABLES[entity_set]
        moment = "2026-01-31T08:00:00Z"
        row: Row = {primary: str(uuid.uuid4()), "createdon": moment, "modifiedon": moment}
        self.change(row, body)
        for other in self.tables[entity_set].values():
            if other[primary] == row[primary]:
                raise Refused(412, "0x80040237")
            if alternate and all(other.get(column) == row.get(column) for column in alternate):
                raise Refused(412, "0x80060892")
        self.tables[entity_set][row[primary]] = row
        return row

    def change(self, row: Row, body: Row) -> None:
        self.version += 1
        row["@odata.etag"] = f'W/"{self.version}"'
        for name, value in body.items():
            bound = re.fullmatch(r"/\w+\((.*)\)", value) if name.endswith("@odata.bind") else None
            if bound is not None:
                row[f"_{name.removesuffix('@odata.bind')}_value"] = bound.group(1)
            elif name != "@odata.type":
                row[name] = value

    def addressed(self, entity_set: str, key: str) -> tuple[Row | None, Row]:
        primary, _ = TABLES[entity_set]
        if "=" not in key:
            return self.tables[entity_set].get(key), {primary: key}
        pairs = (pair.split("=", 1) for pair in key.split(","))
        values = {
            name: value[1:-1] if value[0] == "'" else int(value) if value.isdigit() else value for name, value in pairs
        }
        found = (row for row in self.tables[entity_set].values() if values.items() <= row.items())
        return next(found, None), values

    def find(self, entity_set: str, options: Mapping[str, str]) -> list[Row]:
        rows = [row for row in self.tables[entity_set].values() if matches(row, options.get("$filter", ""), options)]
        if "$orderby" in options:
            rows.sort(key=lambda row: row[options["$orderby"]])
        return rows[: int(options.get("$top", "5000"))]

    def shown(self, row: Row) -> Row:
        return dict(row)

    def represented(self, row: Row, headers: Mapping[str, str], status: int) -> Reply:
        wanted = "return=representation" in headers.get("Prefer", "")
        return json_reply(self.shown(row), status) if wanted else Reply(204)


_IN = re.compile(r"Microsoft\.Dynamics\.CRM\.In\(PropertyName='(\w+)',PropertyValues=(@\w+)\)")
_COMPARED = re.compile(r"(\w+) (eq|ge|le|gt|lt) (\S+)")


def matches(row: Row, condition: str, options: Mapping[str, str]) -> bool:
    for term in filter(None, condition.split(" and ")):
        listed = _IN.fullmatch(term)
        if listed is not None:
            # values are listed as texts, also those of a whole number
            if str(row.get(listed.group(1))) not in json.loads(options[listed.group(2)]):
                return False
        elif not any(compared(row, alternative) for alternative in term.strip("()").split(" or ")):
            return False
    return True


def compared(row: Row, text: str) -> bool:
    found = _COMPARED.fullmatch(text)
    assert found is not None, text
    name, operator, literal = found.groups()
    value, other = row.get(name), int(literal) if literal.isdigit() else literal.strip("'")
    outcomes = (
        {"eq": value == other}
        if value is None or operator == "eq"
        else {"ge": value >= other, "le": value <= other, "gt": value > other, "lt": value < other}
    )
    return outcomes.get(operator, False)
