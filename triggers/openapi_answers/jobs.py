"""Answers about jobs and their items; `POST /push`, `POST /pull` and the routes of jobs share them."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from triggers.openapi_answers.shared import Answer, Count, NextCursor, Outcome, PrerequisiteAnswer, PsaId, SourceId


class JobCounts(Answer):
    """Items by outcome; `done` are those that are settled."""

    total: Count
    done: Count
    created: Count
    updated: Count
    unchanged: Count
    skipped: Count
    failed: Count
    unknown: Count


class JobAnswer(Answer):
    """A job; state and counts are those of its items now."""

    job_id: UUID
    state: Literal["queued", "running", "succeeded", "partly_failed", "failed", "cancelled"]
    message: str | None
    counts: JobCounts


class JobItemAnswer(Answer):
    """One record of a job."""

    id: SourceId | None
    psa_id: PsaId | None
    outcome: Outcome
    code: str | None
    message: str
    invoice_id: UUID | None
    prerequisite: PrerequisiteAnswer | None


class StartedJobAnswer(JobAnswer):
    """A job that was just started; `items` is absent when it waits in the queue."""

    items: list[JobItemAnswer] = Field(default_factory=list)


class ListedJobAnswer(JobAnswer):
    """A job in the list of jobs, with the counts of its last refresh."""

    connector_id: UUID
    direction: Literal["push", "pull"]
    kind: Literal["account", "product", "billing_contract", "invoice_line", "invoice", "company", "agreement"]
    requested_by: UUID
    created_on: datetime
    ended_on: datetime | None


class JobsAnswer(Answer):
    """A page of jobs, newest first."""

    items: list[ListedJobAnswer]
    next_cursor: NextCursor


class JobItemsAnswer(Answer):
    """A page of items in order of position."""

    items: list[JobItemAnswer]
    next_cursor: NextCursor
