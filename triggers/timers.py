"""Timer functions."""

import logging

import azure.functions as func

from sync_core.work.reopen import reopen_unsettled
from triggers.composition import composition

blueprint = func.Blueprint()
_log = logging.getLogger("psasync.timer")

EVERY_MINUTE = "30 * * * * *"


@blueprint.function_name("reopen_unsettled")
@blueprint.timer_trigger(arg_name="timer", schedule=EVERY_MINUTE)
def reopen(timer: func.TimerRequest) -> None:
    """Send again what was left open: unknown outcomes, stale claims, chunks lost from the queue."""
    reopened = reopen_unsettled(composition().push_services())
    if reopened.chunks or reopened.interrupted_jobs:
        _log.warning("sent again chunks=%s interrupted_jobs=%s", reopened.chunks, reopened.interrupted_jobs)
