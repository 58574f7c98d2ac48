"""HTTP functions that show jobs."""

from http import HTTPStatus
from uuid import UUID

import azure.functions as func

from dataverse.psasync.records import ItemOutcome, Job, JobId, OutcomeCounts
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
    found, counts = read_job(_job_id(req))
    return json_response(job_json(found, counts))


@blueprint.function_name("job_items")
@blueprint.route(route="jobs/{job_id}/items", methods=[func.HttpMethod.GET], auth_level=func.AuthLevel.ANONYMOUS)
@for_callers("job_items")
def job_items(req: func.HttpRequest, caller: Caller) -> func.HttpResponse:
    """Return a page of a job's items in order of position, all or those with certain outcomes."""
    job_id = _job_id(req)
    outcomes = [name for name in req.params.get("outcome", "").split(",") if name]
    unknown = sorted(set(outcomes) - OUTCOME_NAMES)
    if unknown:
        raise _invalid("outcome", f"{', '.join(unknown)} is none of {', '.join(sorted(OUTCOME_NAMES))}")
    limit = _whole_number(req, "limit", ITEMS_A_PAGE, least=1, most=MOST_ITEMS_A_PAGE)
    after = _whole_number(req, "cursor", -1, least=-1, most=2**31 - 1)
    read_job(job_id)
    jobs = composition().push_services().jobs
    items = jobs.items(job_id, outcome=outcomes, after=after if after >= 0 else None, limit=limit + 1)
    page = items[:limit]
    more = len(items) > limit
    return json_response(
        {"items": [item_json(item) for item in page], "next_cursor": str(page[-1].position) if more else None}
    )


def read_job(job_id: JobId) -> tuple[Job, OutcomeCounts]:
    """Return the job and its counts; raise Problem 404 when it does not exist."""
    read = composition().push_services().jobs.read(job_id)
    if read is None:
        raise _not_found()
    return read


def _job_id(req: func.HttpRequest) -> JobId:
    try:
        return JobId(str(UUID(req.route_params["job_id"])))
    except ValueError:
        raise _not_found() from None


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
