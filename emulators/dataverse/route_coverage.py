"""What is emulated, route by route, for a generated table."""

from typing import Final

_ROOT: Final = "/api/data/v9.2"
_EMULATED: Final[tuple[tuple[str, str, str], ...]] = (
    ("GET", "", "service document"),
    ("GET", "/$metadata", "CSDL of tables, keys and bulk actions"),
    ("POST", "/$batch", "change sets, $1 references, continue-on-error, 1000 parts"),
    ("GET", "/WhoAmI", ""),
    ("GET", "/RetrieveVersion", ""),
    ("GET", "/RetrieveTotalRecordCount(EntityNames=…)", "always fresh"),
    ("GET", "/RetrieveMetadataChanges(Query=…)", "full reads; no version stamps in"),
    ("GET", "/{set}", "$select $filter $orderby $top $expand $count $apply, paging, annotations, change tracking"),
    ("POST", "/{set}", "create, deep insert, return=representation"),
    ("GET", "/{set}/$count", "at most 5000; also of a delta token"),
    ("POST", "/{set}/Microsoft.Dynamics.CRM.CreateMultiple", ""),
    ("POST", "/{set}/Microsoft.Dynamics.CRM.UpdateMultiple", ""),
    ("POST", "/{set}/Microsoft.Dynamics.CRM.UpsertMultiple", ""),
    ("POST", "/{set}/Microsoft.Dynamics.CRM.DeleteMultiple", "refused as on standard tables"),
    ("GET", "/{set}({key})", "by id and alternate key, ETag, 304"),
    ("PATCH", "/{set}({key})", "update and upsert, If-Match, If-None-Match"),
    ("DELETE", "/{set}({key})", "cascade, restrict, remove link"),
    ("GET", "/{set}({key})/{column}", "also /$value"),
    ("PUT", "/{set}({key})/{column}", "not for lookups"),
    ("DELETE", "/{set}({key})/{column}", ""),
    ("GET", "/{set}({key})/{lookup}", "also /$ref, and further segments"),
    ("PUT", "/{set}({key})/{lookup}/$ref", ""),
    ("DELETE", "/{set}({key})/{lookup}/$ref", ""),
    ("GET", "/{set}({key})/{collection}", "filtered collection; also /$ref and /$count"),
    ("POST", "/{set}({key})/{collection}/$ref", "1:N and N:N"),
    ("DELETE", "/{set}({key})/{collection}({id})/$ref", "also ?$id="),
    ("GET", "/EntityDefinitions", "also by LogicalName or id, Attributes with casts, Keys, three relationship lists"),
    ("POST", "/EntityDefinitions", "custom tables"),
    ("PUT", "/EntityDefinitions({key})", "labels and change tracking"),
    ("DELETE", "/EntityDefinitions({key})", "custom tables without foreign lookups"),
    ("POST", "/EntityDefinitions({key})/Attributes", "all types but lookups, files and images"),
    ("PUT", "/EntityDefinitions({key})/Attributes({key})", "whole definition"),
    ("DELETE", "/EntityDefinitions({key})/Attributes({key})", ""),
    ("POST", "/EntityDefinitions({key})/Keys", "index Pending, InProgress, then Active or Failed"),
    ("DELETE", "/EntityDefinitions({key})/Keys({key})", ""),
    ("GET", "/RelationshipDefinitions", "with casts"),
    ("POST", "/RelationshipDefinitions", "1:N with its lookup, N:N"),
    ("DELETE", "/RelationshipDefinitions({key})", ""),
    ("GET", "/GlobalOptionSetDefinitions", ""),
    ("POST", "/GlobalOptionSetDefinitions", ""),
    ("PUT", "/GlobalOptionSetDefinitions({key})", "labels"),
    ("DELETE", "/GlobalOptionSetDefinitions({key})", ""),
    ("POST", "/CreateEntities", ""),
    ("POST", "/ReactivateEntityKey", ""),
    ("POST", "/InsertOptionValue", "also UpdateOptionValue, DeleteOptionValue"),
    ("POST", "/PublishXml", "also PublishAllXml; changes are visible at once"),
    ("POST", "/BulkDelete", "conditions Equal and In; done before the answer"),
    ("POST", "/ImportSolution", "publisher, solution, web resources, environment variables; no tables"),
    ("POST", "/roles({id})/Microsoft.Dynamics.CRM.AddPrivilegesRole", "also ReplacePrivilegesRole"),
    ("POST", "/{custom api}", "global, on a row, on a set; a business event without a plug-in"),
)


def coverage() -> list[tuple[str, str, str]]:
    """Return method, path template and note of every emulated route."""
    routes = [(method, f"{_ROOT}{path}", note) for method, path, note in _EMULATED]
    return [*routes, ("GET", "/WebResources/{name}", "without a token")]
