"""HTTP function of suggestions in bulk, and how a suggestion is shown."""

from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

import azure.functions as func
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from dataverse.psasync.records import ConnectorId, MappingKind
from sync_core.lists.paging import CursorInvalid, ListQuestion
from sync_core.suggestions.records import MINIMUM_SCORE, Suggestion
from sync_core.suggestions.suggesting import SuggestedRow, list_suggestions
from triggers.composition import composition
from triggers.http import for_callers, json_response
from triggers.identity import Caller
from triggers.parameters import faulty_request, query_as
from triggers.problems import Fault, Problem

blueprint = func.Blueprint()

_KINDS = {
    "products": MappingKind.PRODUCT,
    "accounts": MappingKind.ACCOUNT,
    "billing-contracts": MappingKind.BILLING_CONTRACT,
}


class SuggestionsQuery(BaseModel):
    """Query of `GET /push/{list}/suggestions`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    connector_id: UUID
    minimum_score: Annotated[int, Field(ge=MINIMUM_SCORE, le=100)] = MINIMUM_SCORE
    limit: Annotated[int, Field(ge=1, le=5_000)] = 1_000
    cursor: Annotated[str, StringConstraints(max_length=2_000)] | None = None

    def question(self, name: str) -> ListQuestion:
        """Return what the list of this name is asked for."""
        return ListQuestion(
            name=f"suggestions of {name} from {self.minimum_score}",
            connector_id=ConnectorId(str(self.connector_id)),
            limit=self.limit,
            cursor=self.cursor,
        )


@blueprint.function_name("push_suggestions")
@blueprint.route(route="push/{list}/suggestions", methods=[func.HttpMethod.GET], auth_level=func.AuthLevel.ANONYMOUS)
@for_callers("push_suggestions")
def push_suggestions(req: func.HttpRequest, caller: Caller) -> func.HttpResponse:
    """Return the unmapped rows with a suggestion, the best first; nothing is applied."""
    name = req.route_params["list"]
    if name not in _KINDS:
        raise Problem(
            HTTPStatus.NOT_FOUND,
            "push_list_not_found",
            f"There are no suggestions for such a list; ask for one of {', '.join(_KINDS)}.",
        )
    query, screens = query_as(req, SuggestionsQuery), composition().screens
    try:
        page = list_suggestions(
            screens.suggestion_services(),
            screens.list_services(),
            _KINDS[name],
            query.question(name),
            minimum_score=query.minimum_score,
            person=caller.object_id,
        )
    except CursorInvalid as invalid:
        raise faulty_request([Fault("cursor", str(invalid))]) from invalid
    return json_response({"items": [_row_json(one) for one in page.rows], "next_cursor": page.next_cursor})


def suggestion_json(suggestion: Suggestion | None) -> dict[str, Any] | None:
    """Return a suggestion as every list shows it."""
    if suggestion is None:
        return None
    return {
        "psa_id": suggestion.psa_id,
        "name": suggestion.name,
        "identifier": suggestion.identifier,
        "score": suggestion.score,
        "reasons": list(suggestion.reasons),
        "ambiguous": suggestion.ambiguous,
        "alternatives": [
            {"psa_id": one.psa_id, "name": one.name, "identifier": one.identifier, "score": one.score}
            for one in suggestion.alternatives
        ],
    }


def _row_json(one: SuggestedRow) -> dict[str, Any]:
    return {"id": one.row.id, "name": one.row.name, "suggestion": suggestion_json(one.suggestion)}
