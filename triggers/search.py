"""HTTP function of the live search."""

from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

import azure.functions as func
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from connectwise.records import CompanyId
from connectwise.search.records import SearchKind
from dataverse.psasync.records import ConnectorId
from sync_core.search.ranking import SHORTEST_TEXT, Found, SearchResult, search_psa
from triggers.composition import composition
from triggers.http import for_callers, json_response
from triggers.identity import Caller
from triggers.parameters import query_as
from triggers.problems import Problem

blueprint = func.Blueprint()


class SearchQuery(BaseModel):
    """Query of `GET /psa/{list}`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    connector_id: UUID
    search: Annotated[str, StringConstraints(strip_whitespace=True, max_length=160)] = ""
    company: Annotated[int, Field(gt=0)] | None = None
    show_all: bool = False
    limit: Annotated[int, Field(ge=1, le=100)] = 25

    @model_validator(mode="after")
    def _has_enough_to_go_by(self) -> "SearchQuery":
        if len(self.search) < SHORTEST_TEXT and not (self.company is not None and not self.search):
            msg = f"search: type {SHORTEST_TEXT} or more characters"
            raise ValueError(msg)
        return self


@blueprint.function_name("psa_search")
@blueprint.route(route="psa/{list}", methods=[func.HttpMethod.GET], auth_level=func.AuthLevel.ANONYMOUS)
@for_callers("psa_search")
def psa_search(req: func.HttpRequest, caller: Caller) -> func.HttpResponse:
    """Return the records of ConnectWise that match best, from one request to ConnectWise."""
    kind = _kind_of_route(req)
    query = query_as(req, SearchQuery)
    screens = composition().screens
    stored = screens.connector_services().existing(ConnectorId(str(query.connector_id)))
    result = search_psa(
        screens.search_of(stored.connector),
        kind,
        query.search,
        company_id=None if query.company is None else CompanyId(query.company),
        show_all=query.show_all,
        limit=query.limit,
    )
    return json_response({"search": query.search, **_result_json(result)})


def _kind_of_route(req: func.HttpRequest) -> SearchKind:
    name = req.route_params["list"]
    if name not in {kind.value for kind in SearchKind}:
        raise Problem(
            HTTPStatus.NOT_FOUND,
            "search_list_not_found",
            f"There is nothing of this kind to search; ask for one of {', '.join(kind.value for kind in SearchKind)}.",
        )
    return SearchKind(name)


def _result_json(result: SearchResult) -> dict[str, Any]:
    return {
        "items": [_found_json(found) for found in result.found],
        "excluded": [{"reason": reason, "count": count} for reason, count in result.excluded.items()],
        "more": result.is_cut,
    }


def _found_json(found: Found) -> dict[str, Any]:
    hit = found.hit
    shown: dict[str, Any] = {
        "psa_id": hit.psa_id,
        "name": hit.name,
        "identifier": hit.identifier,
        "types": list(hit.types),
        "status": hit.status,
        "exclusion": found.exclusion,
    }
    match hit.kind:
        case SearchKind.COMPANY:
            return shown | {"city": hit.city}
        case SearchKind.AGREEMENT:
            company = None if hit.company_id is None else {"psa_id": hit.company_id, "name": hit.company_name}
            return shown | {"company": company}
        case SearchKind.CATALOG_ITEM:
            return shown | {"product_class": hit.product_class}
