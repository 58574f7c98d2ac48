"""`GET /openapi.json`: the API's own description, made of the indexed routes, the table of roles and the models.

A new route needs a line in each table below that concerns it; how members are added to an answer stands in
`triggers.openapi_answers`. tests/unit/triggers/test_openapi.py says what is missing.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any

import azure.functions as func
from pydantic import BaseModel

from connectwise.search.records import SearchKind
from connectwise.setup.records import OptionList
from triggers.audit import AuditQuery
from triggers.connector_models import ConnectorPatchBody, NewConnectorBody
from triggers.http import for_callers, json_response
from triggers.identity import Caller
from triggers.job_requests import JobsQuery
from triggers.jobs import ItemsQuery
from triggers.mappings import MappingBody, MappingsQuery
from triggers.openapi_answers.connectors import ConnectionAnswer, ConnectorAnswer, ConnectorsAnswer, PickListAnswer
from triggers.openapi_answers.jobs import JobAnswer, JobItemsAnswer, JobsAnswer, StartedJobAnswer
from triggers.openapi_answers.mappings import MappedAnswer, MappingsAnswer, UnmappedAnswer
from triggers.openapi_answers.pull import PullAgreementsAnswer, PullCompaniesAnswer, PullPreviewAnswer
from triggers.openapi_answers.push import PushLinesAnswer, PushListAnswer, PushPreviewAnswer
from triggers.openapi_answers.search import SearchAnswer
from triggers.openapi_answers.suggestions import PushSuggestionsAnswer
from triggers.openapi_answers.system import AuditAnswer, HealthAnswer, OpenApiAnswer, ReadyAnswer
from triggers.openapi_document import Tables, document_of
from triggers.pull_models import AgreementsQuery, CompaniesQuery, PullBody, PullPreviewBody
from triggers.push_lists import ListQuery, PushListQuery
from triggers.push_models import PreviewBody, PushBody
from triggers.search import SearchQuery
from triggers.suggestions import SuggestionsQuery

blueprint = func.Blueprint()

BODIES: dict[str, type[BaseModel]] = {
    "connector_change": ConnectorPatchBody,
    "connector_create": NewConnectorBody,
    "mapping_put": MappingBody,
    "pull": PullBody,
    "pull_preview": PullPreviewBody,
    "push": PushBody,
    "push_preview": PreviewBody,
}
"""Function name to the model of its body."""

QUERIES: dict[str, type[BaseModel]] = {
    "audit": AuditQuery,
    "job_items": ItemsQuery,
    "jobs": JobsQuery,
    "mappings": MappingsQuery,
    "psa_search": SearchQuery,
    "push_lines": ListQuery,
    "push_list": PushListQuery,
    "push_suggestions": SuggestionsQuery,
    "pull_agreements": AgreementsQuery,
    "pull_companies": CompaniesQuery,
}
"""Function name to the model of its query."""

ANSWERS: dict[str, dict[int, type[BaseModel]]] = {
    "audit": {200: AuditAnswer},
    "connector": {200: ConnectorAnswer},
    "connector_change": {200: ConnectorAnswer},
    "connector_create": {201: ConnectorAnswer},
    "connector_options": {200: PickListAnswer},
    "connector_test": {200: ConnectionAnswer},
    "connectors": {200: ConnectorsAnswer},
    "health": {200: HealthAnswer},
    "health_ready": {200: ReadyAnswer},
    "job": {200: JobAnswer},
    "job_cancel": {200: JobAnswer},
    "job_items": {200: JobItemsAnswer},
    "job_retry": {202: JobAnswer},
    "jobs": {200: JobsAnswer},
    "mapping_put": {200: MappedAnswer},
    "mapping_remove": {200: UnmappedAnswer},
    "mappings": {200: MappingsAnswer},
    "openapi": {200: OpenApiAnswer},
    "psa_search": {200: SearchAnswer},
    "pull": {200: StartedJobAnswer, 202: StartedJobAnswer},
    "pull_agreements": {200: PullAgreementsAnswer},
    "pull_companies": {200: PullCompaniesAnswer},
    "pull_preview": {200: PullPreviewAnswer},
    "push": {200: StartedJobAnswer, 202: StartedJobAnswer},
    "push_lines": {200: PushLinesAnswer},
    "push_list": {200: PushListAnswer},
    "push_preview": {200: PushPreviewAnswer},
    "push_suggestions": {200: PushSuggestionsAnswer},
}
"""Function name to the models of its answers that mean success, by status (`triggers.openapi_answers`)."""

DOWNLOADS = {"audit": "text/csv"}
"""Function name to a further media type of its success."""

LISTS: dict[str, tuple[str, ...]] = {
    "connector_options": tuple(OptionList),
    "psa_search": tuple(SearchKind),
    "push_list": ("products", "accounts", "billing-contracts", "invoices"),
    "push_suggestions": ("products", "accounts", "billing-contracts"),
}
"""Function name to the values that `list` may have in its address."""

WITHOUT_VENDORS = frozenset({"openapi"})
"""Functions that call neither Dataverse nor ConnectWise."""


@blueprint.function_name("openapi")
@blueprint.route(route="openapi.json", methods=[func.HttpMethod.GET], auth_level=func.AuthLevel.ANONYMOUS)
@for_callers("openapi")
def openapi(req: func.HttpRequest, caller: Caller) -> func.HttpResponse:
    """Return this description."""
    return json_response(_document())


@cache
def _document() -> dict[str, Any]:
    from triggers.app import build_app  # the app lists this module among its routes

    return describe(function for function in build_app().get_functions() if function.is_http_function())


def describe(functions: Iterable[Any]) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of these functions (of azure.functions, as the host indexes them)."""
    tables = Tables(
        bodies=BODIES,
        queries=QUERIES,
        answers=ANSWERS,
        downloads=DOWNLOADS,
        lists=LISTS,
        without_vendors=WITHOUT_VENDORS,
    )
    return document_of(functions, tables)
