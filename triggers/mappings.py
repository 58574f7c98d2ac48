"""HTTP functions of mappings that people make."""

from typing import Annotated, Any, Literal
from uuid import UUID

import azure.functions as func
from pydantic import BaseModel, ConfigDict, Field, model_validator

from dataverse.psasync.linking.records import MappingSearch
from dataverse.psasync.records import ConnectorId, EntraObjectId, Mapping, MappingId, MappingKind, SourceId
from sync_core.errors import RecordRejected
from sync_core.linking.linking import LinkRequest, link, unlink
from triggers.composition import composition
from triggers.http import body_as, for_callers, json_response
from triggers.identity import Caller
from triggers.parameters import query_as

blueprint = func.Blueprint()


class MappingBody(BaseModel):
    """Body of `PUT /mappings`; invoice lines are mapped by the push alone."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    connector_id: UUID
    kind: Literal["product", "account", "billing_contract"]
    source_id: UUID
    psa_id: Annotated[int, Field(gt=0, lt=2**31)]

    def request(self, requested_by: EntraObjectId) -> LinkRequest:
        """Return what the rules are asked to do."""
        return LinkRequest(
            connector_id=ConnectorId(str(self.connector_id)),
            kind=MappingKind[self.kind.upper()],
            source_id=SourceId(str(self.source_id)),
            psa_id=self.psa_id,
            requested_by=requested_by,
        )


class MappingsQuery(BaseModel):
    """Query of `GET /mappings`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    connector_id: UUID | None = None
    kind: Literal["product", "account", "billing_contract", "invoice_line"] | None = None
    source_id: UUID | None = None
    psa_id: Annotated[int, Field(gt=0, lt=2**31)] | None = None

    @model_validator(mode="after")
    def _names_a_record(self) -> "MappingsQuery":
        if self.source_id is None and self.psa_id is None:
            msg = "give source_id or psa_id"
            raise ValueError(msg)
        return self

    def search(self) -> MappingSearch:
        """Return which records to find."""
        return MappingSearch(
            connector_id=None if self.connector_id is None else ConnectorId(str(self.connector_id)),
            kind=None if self.kind is None else MappingKind[self.kind.upper()],
            source_id=None if self.source_id is None else SourceId(str(self.source_id)),
            psa_id=self.psa_id,
        )


@blueprint.function_name("mappings")
@blueprint.route(route="mappings", methods=[func.HttpMethod.GET], auth_level=func.AuthLevel.ANONYMOUS)
@for_callers("mappings")
def mappings(req: func.HttpRequest, caller: Caller) -> func.HttpResponse:
    """Return the mappings of a Work 365 record or of a ConnectWise record, on one connector or on all."""
    found = composition().screens.linking_services().mappings.find(query_as(req, MappingsQuery).search())
    return json_response({"items": [mapping_json(mapping) for mapping in found]})


@blueprint.function_name("mapping_put")
@blueprint.route(route="mappings", methods=[func.HttpMethod.PUT], auth_level=func.AuthLevel.ANONYMOUS)
@for_callers("mapping_put")
def mapping_put(req: func.HttpRequest, caller: Caller) -> func.HttpResponse:
    """Map a product, account or billing contract, or map it anew."""
    linked = link(composition().screens.linking_services(), body_as(req, MappingBody).request(caller.object_id))
    return json_response({**mapping_json(linked.mapping), "mirror_problem": linked.mirror_problem})


@blueprint.function_name("mapping_remove")
@blueprint.route(route="mappings/{mapping_id}", methods=[func.HttpMethod.DELETE], auth_level=func.AuthLevel.ANONYMOUS)
@for_callers("mapping_remove")
def mapping_remove(req: func.HttpRequest, caller: Caller) -> func.HttpResponse:
    """Unmap a product, account or billing contract."""
    try:
        mapping_id = MappingId(str(UUID(req.route_params["mapping_id"])))
    except ValueError:
        raise RecordRejected(
            user_message="This mapping does not exist any more; load the list again.", code="mapping_not_found"
        ) from None
    problem = unlink(composition().screens.linking_services(), mapping_id, requested_by=caller.object_id)
    return json_response({"mirror_problem": problem})


def mapping_json(mapping: Mapping) -> dict[str, Any]:
    """Return a mapping as the API shows it."""
    synced = mapping.last_synced_on
    return {
        "id": mapping.id,
        "connector_id": mapping.connector_id,
        "kind": mapping.kind.name.lower(),
        "source_id": mapping.source_id,
        "psa_id": mapping.psa_id,
        "psa_name": mapping.psa_name,
        "psa_parent_id": mapping.psa_parent_id,
        "psa_link": mapping.psa_link,
        "status": mapping.status.label,
        "message": mapping.status_message,
        "last_synced_on": None if synced is None else synced.isoformat().replace("+00:00", "Z"),
    }
