"""One person cannot fill the queue that everybody shares."""

from collections.abc import Sequence

import pytest

from dataverse.psasync.records import EntraObjectId, JobId
from sync_core.errors import TransientFault
from sync_core.push.submit import submit_push
from tests.fakes import World, line_id_number, world_of
from tests.unit.sync_core.push.driving import deliver, push_request

pytestmark = pytest.mark.unit

ALL = [line_id_number(number) for number in range(26)]
OTHER_PERSON = EntraObjectId("33333333-3333-4333-8333-000000000077")


def save(world: World, key: str, line_ids: Sequence[str] = ALL, **members: object) -> JobId:
    request = push_request(line_ids, key=key)
    changed = {name: members.get(name, getattr(request, name)) for name in request.__dataclass_fields__}
    return submit_push(world.services(), type(request)(**changed))  # type: ignore[arg-type]  # as in the original


def test_one_job_too_many_is_refused_before_anything_is_written() -> None:
    world = world_of(lines=26, jobs_per_person=2)
    save(world, "a")
    save(world, "b")
    with pytest.raises(TransientFault) as refusal:
        save(world, "c")
    assert (refusal.value.code, refusal.value.retry_after) == ("too_many_jobs", 60)
    assert refusal.value.user_message == (
        "You have 2 jobs that are not finished; wait until one has ended and save again."
    )
    assert len(world.jobs) == 2


def test_a_request_that_is_sent_again_is_not_one_more() -> None:
    world = world_of(lines=26, jobs_per_person=2)
    first = save(world, "a")
    save(world, "b")
    assert save(world, "a") == first


def test_there_is_room_again_when_a_job_has_ended() -> None:
    world = world_of(lines=26, jobs_per_person=1)
    save(world, "a")
    deliver(world)
    save(world, "b")
    assert len(world.jobs) == 2


def test_others_and_small_jobs_are_not_kept_waiting() -> None:
    world = world_of(lines=26, jobs_per_person=1)
    save(world, "a")
    save(world, "b", requested_by=OTHER_PERSON)
    save(world, "c", ALL[:25])
    assert len(world.jobs) == 3


def test_the_same_key_of_another_person_is_another_job() -> None:
    world = world_of(lines=26)
    assert save(world, "a") != save(world, "a", requested_by=OTHER_PERSON)
