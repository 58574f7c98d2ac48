"""HTTP functions that show jobs."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

import azure.functions as func
from pydantic import BaseModel, ConfigDict, Field, field_validator

from dataverse.psasync.records import ItemOutcome, Job, JobId, OutcomeCounts
from triggers.access import WHO_OVERSEES
from triggers.composition import composition
from triggers.http import for_callers, json_response
from triggers.identity import Caller
from triggers.models import item_json, job_json
from triggers.parameters import query_as
from triggers.problems import Problem

blueprint = func.Blueprint()

OUTCOME_NAMES = frozenset(outcome.name.lower() for outcome in ItemOutcome)


class ItemsQuery(BaseModel):
    """Query of `GET /jobs/{job_id}/items`; `outcome` holds names with commas between, `cursor` is a position."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    outcome: Annotated[str, Field(max_length=200)] = ""
    limit: Annotated[int, Field(ge=1, le=1000)] = 100
    cursor: Annotated[int, Field(ge=0, lt=2**31)] | None = None

    @field_validator("outcome")
    @classmethod
    def _names_outcomes(cls, value: str) -> str:
        unknown = sorted({name for name in value.split(",") if name} - OUTCOME_NAMES)
        if unknown:
            msg = f"{', '.join(unknown)} is none of {', '.join(sorted(OUTCOME_NAMES))}"
            raise ValueError(msg)
        return value

    @property
    def outcomes(self) -> list[str]:
        """The outcomes to show; none stands for all."""
        return [name for name in self.outcome.split(",") if name]


@blueprint.function_name("job")
@blueprint.route(route="jobs/{job_id}", methods=[func.HttpMethod.GET], auth_level=func.AuthLevel.ANONYMOUS)
@for_callers("job")
def job(req: func.HttpRequest, caller: Caller) -> func.HttpResponse:
    """Return a job with its counts as they are now."""
    found, counts = read_job(job_id_of_route(req), caller)
    return json_response(job_json(found, counts))


@blueprint.function_name("job_items")
@blueprint.route(route="jobs/{job_id}/items", methods=[func.HttpMethod.GET], auth_level=func.AuthLevel.ANONYMOUS)
@for_callers("job_items")
def job_items(req: func.HttpRequest, caller: Caller) -> func.HttpResponse:
    """Return a page of a job's items in order of position, all or those with certain outcomes."""
    job_id = job_id_of_route(req)
    query = query_as(req, ItemsQuery)
    read_job(job_id, caller)
    jobs = composition().push_services().jobs
    items = jobs.items(job_id, outcome=query.outcomes, after=query.cursor, limit=query.limit + 1)
    page = items[: query.limit]
    more = len(items) > query.limit
    return json_response(
        {"items": [item_json(item) for item in page], "next_cursor": str(page[-1].position) if more else None}
    )


def started_job(job_id: JobId, *, inline_limit: int) -> func.HttpResponse:
    """Return a job that was just started: 200 with its items when it ran in the request, 202 when something waits."""
    found, counts = _existing(job_id)
    answer = job_json(found, counts)
    if answer["state"] == "queued" or counts.total > inline_limit:
        return json_response(answer, HTTPStatus.ACCEPTED)
    items = composition().push_services().jobs.items(job_id, limit=inline_limit)
    answer["items"] = [item_json(item) for item in items]
    waits = any(item["outcome"] == "pending" for item in answer["items"])
    return json_response(answer, HTTPStatus.ACCEPTED if waits else HTTPStatus.OK)


def job_id_of_route(req: func.HttpRequest) -> JobId:
    """Return the job that the address names; raise Problem 404 when it is no id."""
    try:
        return JobId(str(UUID(req.route_params["job_id"])))
    except ValueError:
        raise _not_found() from None


def read_job(job_id: JobId, caller: Caller) -> tuple[Job, OutcomeCounts]:
    """Return the job and its counts; raise Problem 404 or, for another person's job, 403.

    Its items tell of rows that the caller may not be able to read in Dataverse. Reader and Admin are there to oversee.
    """
    found = _existing(job_id)
    if found[0].requested_by != caller.object_id and not caller.roles & WHO_OVERSEES:
        raise _of_another("see")
    return found


def require_own_job(job_id: JobId, caller: Caller) -> None:
    """Raise Problem 404 or 403 unless the caller may change the course of this job.

    It runs with the rights of the person who started it, so nobody else but an administrator may set it going.
    """
    found, _ = _existing(job_id)
    if found.requested_by != caller.object_id and "PsaSync.Admin" not in caller.roles:
        raise _of_another("change")


def _of_another(verb: str) -> Problem:
    return Problem(
        HTTPStatus.FORBIDDEN,
        "job_of_another_person",
        f"Somebody else started this job; ask them or an administrator if you need to {verb} it.",
    )


def _existing(job_id: JobId) -> tuple[Job, OutcomeCounts]:
    read = composition().push_services().jobs.read(job_id)
    if read is None:
        raise _not_found()
    return read


def _not_found() -> Problem:
    return Problem(HTTPStatus.NOT_FOUND, "job_not_found", "This job does not exist; open the list of jobs again.")
