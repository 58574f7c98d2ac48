"""Loading of a seed: read all, check all, then store."""

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from emulators.connectwise.defaults import defaults_of
from emulators.connectwise.desk import API_MEMBER, Desk
from emulators.connectwise.resources import (
    ADDITIONS,
    AGREEMENTS,
    CATALOG,
    COMPANIES,
    CONTACTS,
    SITES,
    TYPE_ASSOCIATIONS,
    collections,
)
from emulators.connectwise.seeds.reading import SeedRecord, read_document
from emulators.connectwise.seeds.resolution import Resolution

_MANY = 1_000  # from here on it costs less to build order indexes anew than to follow each row
_OF_PRODUCT = (("description", "description"), ("unitPrice", "price"), ("unitCost", "cost"))


def load_seed(desk: Desk, document: Mapping[str, Any]) -> dict[str, int]:
    """Load a seed and return the number of records by key; raises SeedError and then stores no record."""
    with _without_collector():
        records = list(read_document(document))
        order = {path: number for number, path in enumerate(collections())}
        records.sort(key=lambda record: order[record.collection.path])
        resolution = Resolution(desk, records)
        sites = [(record.row_id, record.given.get("site")) for record in records if record.collection.path == COMPANIES]
        for record in records:
            resolution.resolve(record)
        if len(records) > _MANY:
            for path in {record.collection.path for record in records}:
                desk.store[path].orders.clear()
        for path, reference in resolution.adopted:
            desk.store.put(path, desk.store[path].make(reference))
        _store(desk, records, dict(sites))
    desk.store.commit()
    return {key: len(rows) for key, rows in document.items()}


@contextmanager
def _without_collector() -> Iterator[None]:
    """Keep the garbage collector from walking a million new rows again and again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _store(desk: Desk, records: Sequence[SeedRecord], sites: Mapping[int, Any]) -> None:
    store = desk.store
    audit = {"lastUpdated": desk.timestamp(), "updatedBy": API_MEMBER}
    for record in records:
        path = record.collection.path
        values = {**defaults_of(record.collection.model.name), **audit, **record.given, **record.kept}
        values["id"] = record.row_id
        if path == COMPANIES:
            _write_types(desk, values)
            _write_site(desk, sites[record.row_id] or {}, values)
        elif path == AGREEMENTS:
            values["billStartDate"] = values.get("billStartDate") or values.get("startDate")
            values.setdefault("noEndingDateFlag", values.get("endDate") is None)
        elif path == ADDITIONS:
            _take_product(desk, values)
        store.put(path, store[path].make(values))
    _make_default_contacts(desk, records)


def _take_product(desk: Desk, values: dict[str, Any]) -> None:
    catalog = desk.store[CATALOG]
    product = catalog.rows[values["product"]]
    for name, source in _OF_PRODUCT:
        if values.get(name) is None:
            values[name] = catalog.value(product, source)


def _write_types(desk: Desk, values: dict[str, Any]) -> None:
    associations = desk.store[TYPE_ASSOCIATIONS]
    company_id = values["id"]
    known = {associations.value(associations.rows[i], "type") for i in associations.children(company_id)}
    for type_id in values.pop("types", None) or ():
        if type_id not in known:
            row = {"id": desk.store.take_id(TYPE_ASSOCIATIONS), "type": type_id, "company": company_id}
            desk.store.put(TYPE_ASSOCIATIONS, associations.make({**row, **_audit(values)}))


def _write_site(desk: Desk, site: Mapping[str, Any], values: dict[str, Any]) -> None:
    sites = desk.store[SITES]
    site_id = values.get("site")
    if not site or site_id in sites.rows:
        return
    values["site"] = site_id or desk.store.take_id(SITES)
    row = {"id": values["site"], "name": site.get("name") or "Main", "company": values["id"]}
    flags = {"primaryAddressFlag": True, "inactiveFlag": False}
    desk.store.put(SITES, sites.make({**row, **flags, **_audit(values)}))


def _audit(values: Mapping[str, Any]) -> dict[str, Any]:
    return {"lastUpdated": values["lastUpdated"], "updatedBy": API_MEMBER}


def _make_default_contacts(desk: Desk, records: Sequence[SeedRecord]) -> None:
    """Make contacts that say so the default contact of their company, unless it names another one."""
    companies = desk.store[COMPANIES]
    for record in records:
        company_id = record.given.get("company")
        if record.collection.path != CONTACTS or not record.given.get("defaultFlag") or company_id is None:
            continue
        company = companies.rows[company_id]
        if companies.value(company, "defaultContact") is None:
            row = companies.make({**companies.values(company), "defaultContact": record.row_id})
            desk.store.put(COMPANIES, row)
