"""RetrieveMetadataChanges: definitions chosen by a query expression."""

from typing import Any

from emulators.dataverse.definitions import render
from emulators.dataverse.definitions.reading import server_stamp
from emulators.dataverse.environment import Environment
from emulators.dataverse.errors import invalid_argument, not_emulated
from emulators.dataverse.json_text import InvalidJsonError, loads
from emulators.dataverse.model import Table
from emulators.dataverse.paths import Segment
from emulators.dataverse.schema import Schema
from emulators.dataverse.web import Request, Response, json_response

_CONTEXT = "Microsoft.Dynamics.CRM.RetrieveMetadataChangesResponse"


def retrieve_metadata_changes(environment: Environment, request: Request, segment: Segment) -> Response:
    """Answer RetrieveMetadataChanges(Query=@p): always a full read, without deletions."""
    query = _query(request, segment)
    schema = environment.schema
    documents = [render.entity(table) | {"_table": table} for table in schema.tables.values()]
    found = []
    for document in documents:
        table = document.pop("_table")
        if _matches(query.get("Criteria"), document):
            found.append(_table_document(schema, table, document, query))
    body = {
        "@odata.context": f"{request.base}/$metadata#{_CONTEXT}",
        "ServerVersionStamp": server_stamp(environment),
        "EntityMetadata": found,
        "DeletedMetadata": None,
    }
    return json_response(body)


def _query(request: Request, segment: Segment) -> dict[str, Any]:
    name, _, text = (segment.arguments or "").partition("=")
    if name != "Query":
        raise invalid_argument("The parameter Query is missing.")
    try:
        query = loads(dict(request.query).get(text, text))
    except InvalidJsonError as error:
        raise invalid_argument("The parameter Query is not JSON.") from error
    if not isinstance(query, dict):
        raise invalid_argument("The parameter Query is not an EntityQueryExpression.")
    return query


def _table_document(schema: Schema, table: Table, document: dict[str, Any], query: dict[str, Any]) -> dict[str, Any]:
    shown = _chosen(query.get("Properties"), document)
    shown["MetadataId"] = table.id
    wanted = _wanted(query.get("Properties"))
    if wanted is None or "Attributes" in wanted:
        inner = query.get("AttributeQuery") or {}
        shown["Attributes"] = [
            {
                "@odata.type": attribute["@odata.type"],
                **_chosen(inner.get("Properties"), attribute),
                "MetadataId": attribute["MetadataId"],
            }
            for column in table.columns.values()
            if _matches(inner.get("Criteria"), attribute := _attribute(schema, table, column.logical_name))
        ]
    return shown


def _attribute(schema: Schema, table: Table, name: str) -> dict[str, Any]:
    column = table.columns[name]
    document = render.attribute(schema, column)
    if column.options is not None:
        document["OptionSet"] = render.option_set(column.options)
    return document


def _chosen(properties: Any, document: dict[str, Any]) -> dict[str, Any]:
    wanted = _wanted(properties)
    return dict(document) if wanted is None else {name: document[name] for name in wanted if name in document}


def _wanted(properties: Any) -> list[str] | None:
    if not isinstance(properties, dict) or properties.get("AllProperties"):
        return None
    return list(properties.get("PropertyNames") or [])


def _matches(criteria: Any, document: dict[str, Any]) -> bool:
    if not isinstance(criteria, dict):
        return True
    if criteria.get("Filters"):
        raise not_emulated("nested filters in RetrieveMetadataChanges")
    results = [_condition(condition, document) for condition in criteria.get("Conditions") or []]
    return any(results) if criteria.get("FilterOperator") == "Or" else all(results)


def _list(wanted: Any) -> list[Any]:
    if isinstance(wanted, str):
        try:
            wanted = loads(wanted)
        except InvalidJsonError as error:
            raise invalid_argument("The value of an In condition is not a JSON array.") from error
    return wanted if isinstance(wanted, list) else []


def _condition(condition: dict[str, Any], document: dict[str, Any]) -> bool:
    value = document.get(condition.get("PropertyName", ""))
    wanted = condition.get("Value")
    wanted = wanted.get("Value") if isinstance(wanted, dict) else wanted
    match condition.get("ConditionOperator"):
        case "Equals":
            return value == wanted
        case "NotEquals":
            return value != wanted
        case "In":
            return value in _list(wanted)
    raise not_emulated(f"the condition operator {condition.get('ConditionOperator')}")
