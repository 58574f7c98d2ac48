"""HTTP functions that list jobs, stop one, and try the failed records of one again."""

import base64
import json
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

import azure.functions as func
from pydantic import BaseModel, ConfigDict, Field

from dataverse.psasync.records import Job, JobId, OutcomeCounts
from sync_core.work.requests import cancel_job, retry_job
from triggers.access import WHO_OVERSEES
from triggers.composition import composition
from triggers.http import for_callers, json_response
from triggers.identity import Caller
from triggers.jobs import job_id_of_route, read_job, require_own_job
from triggers.models import job_json, moment_text
from triggers.parameters import faulty_request, query_as
from triggers.problems import Fault, Problem

blueprint = func.Blueprint()

LARGEST_PAGE = 200
_NO_JOB_BEFORE = datetime(2000, 1, 1, tzinfo=UTC)


class JobsQuery(BaseModel):
    """Query of `GET /jobs`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE)] = 50
    cursor: Annotated[str, Field(max_length=20_000)] | None = None


@blueprint.function_name("jobs")
@blueprint.route(route="jobs", methods=[func.HttpMethod.GET], auth_level=func.AuthLevel.ANONYMOUS)
@for_callers("jobs")
def jobs(req: func.HttpRequest, caller: Caller) -> func.HttpResponse:
    """Return a page of jobs, newest first, with the counts of their last refresh."""
    query = query_as(req, JobsQuery)
    until, shown = _place(query.cursor)
    found = (
        composition()
        .push_services()
        .jobs.recent(
            limit=query.limit + 1,
            until=until,
            without=shown,
            requested_by=None if caller.roles & WHO_OVERSEES else caller.object_id,
        )
    )
    page, more = found[: query.limit], len(found) > query.limit
    cursor = _cursor([listed for listed, _ in page], shown) if more else None
    return json_response({"items": [_listed_json(listed, counts) for listed, counts in page], "next_cursor": cursor})


@blueprint.function_name("job_cancel")
@blueprint.route(route="jobs/{job_id}/cancel", methods=[func.HttpMethod.POST], auth_level=func.AuthLevel.ANONYMOUS)
@for_callers("job_cancel")
def job_cancel(req: func.HttpRequest, caller: Caller) -> func.HttpResponse:
    """Stop a job; what has not begun becomes skipped. A job that has ended stays as it is."""
    job_id = job_id_of_route(req)
    require_own_job(job_id, caller)
    cancel_job(composition().push_services(), job_id)
    return json_response(job_json(*read_job(job_id, caller)))


@blueprint.function_name("job_retry")
@blueprint.route(route="jobs/{job_id}/retry", methods=[func.HttpMethod.POST], auth_level=func.AuthLevel.ANONYMOUS)
@for_callers("job_retry")
def job_retry(req: func.HttpRequest, caller: Caller) -> func.HttpResponse:
    """Queue the failed records of a job that has ended once more."""
    job_id = job_id_of_route(req)
    require_own_job(job_id, caller)
    retry_job(composition().push_services(), job_id)
    return json_response(job_json(*read_job(job_id, caller)), HTTPStatus.ACCEPTED)


def _listed_json(listed: Job, counts: OutcomeCounts) -> dict[str, Any]:
    return {
        **job_json(listed, counts),
        "connector_id": listed.connector_id,
        "direction": listed.direction.name.lower(),
        "kind": listed.kind.name.lower(),
        "requested_by": listed.requested_by,
        "created_on": moment_text(listed.created_on),
        "ended_on": None if listed.ended_on is None else moment_text(listed.ended_on),
    }


def _cursor(page: list[Job], shown: frozenset[JobId]) -> str:
    """Return the place behind this page: the second in which its last job was created, and the jobs of that second.

    Dataverse's times have whole seconds, and its order of GUIDs is not documented.
    """
    second = page[-1].created_on
    together = {one.id for one in page if one.created_on == second}
    if all(one.created_on == second for one in page):
        together |= shown
    document = [int(second.timestamp()), sorted(together)]
    return base64.urlsafe_b64encode(json.dumps(document, separators=(",", ":")).encode()).decode().rstrip("=")


def _place(cursor: str | None) -> tuple[datetime | None, frozenset[JobId]]:
    if cursor is None:
        return None, frozenset()
    try:
        document = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
        second, shown = document
        moment, known = datetime.fromtimestamp(second, UTC), frozenset(JobId(str(UUID(one))) for one in shown)
    except (ValueError, TypeError, OverflowError, OSError, AttributeError, RecursionError):
        raise _foreign_cursor() from None
    if moment < _NO_JOB_BEFORE:  # Dataverse refuses times before 1753
        raise _foreign_cursor()
    return moment, known


def _foreign_cursor() -> Problem:
    return faulty_request([Fault("cursor", "is none of this list; open the list again without it")])
