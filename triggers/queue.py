"""Queue functions: the worker and what follows a message that failed again and again."""

import logging
import uuid

import azure.functions as func

from sync_core.work.chunk import work_chunk
from sync_core.work.poison import give_up_chunk
from triggers.chunk_queue import FOREVER, POISON_QUEUE, WORK_QUEUE, ForeignMessage, parse_message
from triggers.composition import composition

blueprint = func.Blueprint()
_log = logging.getLogger("psasync.queue")


@blueprint.function_name("work_chunk")
@blueprint.queue_trigger(arg_name="message", queue_name=WORK_QUEUE, connection="AzureWebJobsStorage")
def work_on_chunk(message: func.QueueMessage) -> None:
    """Work on one chunk of a job; a message that is not ours goes to the poison queue, a bug raises and ends there."""
    root = composition()
    try:
        job_id, chunk = parse_message(message.get_body())
    except ForeignMessage:
        # It can never succeed, so it is not tried five times.
        root.poison_queue().send_text(message.get_body().decode("utf-8", "replace"), time_to_live=FOREVER)
        return
    redelivered = (message.dequeue_count or 1) > 1
    report = work_chunk(root.push_services(), job_id, chunk, runner_of=root.runner_of, redelivered=redelivered)
    _log.info("chunk done job=%s chunk=%s open=%s again_in=%s", job_id, chunk, report.open_items, report.run_again_in)


@blueprint.function_name("work_poison")
@blueprint.queue_trigger(arg_name="message", queue_name=POISON_QUEUE, connection="AzureWebJobsStorage")
def park_poison(message: func.QueueMessage) -> None:
    """Settle the open items of a chunk that cannot be worked, and park the message for a person."""
    body = message.get_body()
    reference = str(uuid.uuid4())
    try:
        job_id, chunk = parse_message(body)
    except ForeignMessage:
        _log.error("a message in the queue is not ours reference=%s bytes=%s", reference, len(body))
    else:
        failed = give_up_chunk(composition().push_services(), job_id, chunk, reference=reference)
        _log.error("chunk given up job=%s chunk=%s failed=%s reference=%s", job_id, chunk, failed, reference)
    composition().parked_queue().send_text(body.decode("utf-8", "replace"), time_to_live=FOREVER)
