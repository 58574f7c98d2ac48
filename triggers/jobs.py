"""HTTP functions that show jobs."""

from http import HTTPStatus
from uuid import UUID

import azure.functions as func

from dataverse.psasync.records import ItemOutcome, Job, JobId, OutcomeCounts
from triggers.access import WHO_OVERSEES
from triggers.composition import composition
from triggers.http import for_callers, json_response
from triggers.identity import Caller
from triggers.models import item_json, job_json
from triggers.problems import Fault, Problem

blueprint = func.Blueprint()

ITEMS_A_PAGE = 100
MOST_ITEMS_A_PAGE = 1000
OUTCOME_NAMES = frozenset(outcome.name.lower() for outcome in ItemOutcome)


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
    outcomes = [name for name in req.params.get("outcome", "").split(",") if name]
    unknown = sorted(set(outcomes) - OUTCOME_NAMES)
    if unknown:
        raise _invalid("outcome", f"{', '.join(unknown)} is none of {', '.join(sorted(OUTCOME_NAMES))}")
    limit = _whole_number(req, "limit", ITEMS_A_PAGE, least=1, most=MOST_ITEMS_A_PAGE)
    after = _whole_number(req, "cursor", -1, least=-1, most=2**31 - 1)
    read_job(job_id, caller)
    jobs = composition().push_services().jobs
    items = jobs.items(job_id, outcome=outcomes, after=after if after >= 0 else None, limit=limit + 1)
    page = items[:limit]
    more = len(items) > limit
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


def _whole_number(req: func.HttpRequest, name: str, default: int, *, least: int, most: int) -> int:
    text = req.params.get(name)
    if text is None:
        return default
    if not text.lstrip("-").isascii() or not text.lstrip("-").isdigit() or len(text) > 10:
        raise _invalid(name, "is not a whole number")
    number = int(text)
    if not least <= number <= most:
        raise _invalid(name, f"is not between {least} and {most}")
    return number


def _invalid(name: str, message: str) -> Problem:
    return Problem(
        HTTPStatus.BAD_REQUEST,
        "request_invalid",
        "The request is not valid; correct what `errors` names and send it again.",
        faults=[Fault(name, message)],
    )
