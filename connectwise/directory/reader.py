"""Reads of whole lists for the import (`sync_core.pull.ports.PsaDirectory`)."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from connectwise.client import ConnectWiseClient
from connectwise.conditions import compare
from connectwise.directory.entries import FIELDS, PATHS, entry_from
from connectwise.directory.narrowing import child_condition_of, conditions_of, joined
from connectwise.directory.records import Company, Contact, ContactId, ListEntry, ListKind, Narrowing
from connectwise.directory.spans import pages_of_spans
from connectwise.endpoints import AGREEMENTS, COMPANIES, CONTACTS
from connectwise.parsing import parsed
from connectwise.queries import Query, fields_of
from connectwise.records import CompanyId


class ConnectWiseDirectory:
    """Companies and agreements of one tenant; share one instance between threads.

    `in_parallel` requests are under way at the same time, within the limiter of the client's transport.
    """

    def __init__(self, client: ConnectWiseClient, *, in_parallel: int) -> None:
        self._client = client
        self._in_parallel = in_parallel

    def entries(self, kind: ListKind) -> Iterator[ListEntry]:
        """Yield all entries in any order, without the recycle bin: a request per 1,000, and 8 more at most."""
        path = PATHS[kind]
        query = Query(conditions=joined(conditions_of(kind, Narrowing())), fields=FIELDS[kind])
        pages = pages_of_spans(
            lambda after: self._client.page_after(path, query, after=after),
            lambda: self._newest_id(kind),
            in_parallel=self._in_parallel,
        )
        yield from (entry_from(kind, row) for page in pages for row in page.rows)

    def entries_changed_since(self, kind: ListKind, moment: datetime) -> Iterator[ListEntry]:
        """Yield what was changed at or after this time, the recycle bin included; perhaps more than that.

        A window may return rows that do not belong to it (an integrator's report): they do no harm.
        """
        query = Query(conditions=compare("lastUpdated", ">=", moment), fields=FIELDS[kind])
        return (entry_from(kind, row) for row in self._client.rows(PATHS[kind], query))

    def count(self, kind: ListKind) -> int:
        """Return how many entries there are, without the recycle bin."""
        return self._client.count(PATHS[kind], Query(conditions=joined(conditions_of(kind, Narrowing()))))

    def entries_among(self, kind: ListKind, psa_ids: Sequence[int], narrowing: Narrowing) -> Sequence[ListEntry]:
        """Return those of these records that exist and that the narrowing lets through; nothing else is read."""
        query = Query(
            conditions=joined(conditions_of(kind, narrowing)),
            child_conditions=child_condition_of(kind, narrowing),
        )
        wanted = sorted(set(psa_ids))

        def read(part: Sequence[int]) -> list[ListEntry]:
            return [
                entry_from(kind, row)
                for row in self._client.rows_where_in(PATHS[kind], "id", part, fields=FIELDS[kind], within=query)
            ]

        if not wanted:
            return []
        with ThreadPoolExecutor(self._in_parallel, thread_name_prefix="among") as pool:
            return [entry for part in pool.map(read, _parts(wanted, self._in_parallel)) for entry in part]

    def companies_with_agreements(self, company_ids: Sequence[CompanyId]) -> frozenset[CompanyId]:
        """Return those of these companies that have an agreement."""
        if not company_ids:
            return frozenset()
        rows = self._client.rows_where_in(
            AGREEMENTS, "company/id", sorted(set(company_ids)), fields=("id", "company/id")
        )
        return frozenset(CompanyId(row["company"]["id"]) for row in rows if row.get("company"))

    def companies(self, company_ids: Sequence[CompanyId]) -> Mapping[CompanyId, Company]:
        """Return the companies that exist, in one request for some hundred ids."""
        if not company_ids:
            return {}
        rows = self._client.rows_where_in(COMPANIES, "id", sorted(set(company_ids)), fields=fields_of(Company))
        found = (parsed(Company, row, "GET", COMPANIES) for row in rows)
        return {company.id: company for company in found}

    def contacts(self, contact_ids: Sequence[ContactId]) -> Mapping[ContactId, Contact]:
        """Return the contacts that exist, in one request for some hundred ids."""
        if not contact_ids:
            return {}
        rows = self._client.rows_where_in(CONTACTS, "id", sorted(set(contact_ids)), fields=fields_of(Contact))
        found = (parsed(Contact, row, "GET", CONTACTS) for row in rows)
        return {contact.id: contact for contact in found}

    def _newest_id(self, kind: ListKind) -> int | None:
        """Ids grow, so this is where the list ends for now; what is made later is found by its time of change."""
        page = self._client.page(PATHS[kind], Query(fields=("id",), order_by="id desc"), page_size=1)
        return int(page.rows[0]["id"]) if page.rows else None


def _parts(values: Sequence[int], most: int) -> list[Sequence[int]]:
    """Return at most `most` parts of about equal length, none so short that it does not fill a request."""
    size = max(100, -(-len(values) // most))
    return [values[start : start + size] for start in range(0, len(values), size)]
