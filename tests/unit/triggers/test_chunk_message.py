"""A message names a chunk of a job; anything else is not ours."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triggers.chunk_queue import ChunkMessage, ForeignMessage, parse_message

pytestmark = pytest.mark.unit


@given(st.uuids(), st.integers(0, 2**31))
def test_what_is_written_is_read(job_id: uuid.UUID, chunk: int) -> None:
    text = ChunkMessage(job_id=job_id, chunk=chunk).model_dump_json()
    assert parse_message(text.encode()) == (str(job_id), chunk)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"[]",
        b'{"job_id": "x", "chunk": 0}',
        b'{"version": 2, "job_id": "f0000000-0000-4000-8000-000000000001", "chunk": 0}',
        b'{"version": 1, "job_id": "f0000000-0000-4000-8000-000000000001", "chunk": -1}',
        b'{"version": 1, "job_id": "f0000000-0000-4000-8000-000000000001", "chunk": 0, "more": 1}',
    ],
)
def test_anything_else_is_foreign(body: bytes) -> None:
    with pytest.raises(ForeignMessage):
        parse_message(body)


@given(st.binary(max_size=200))
def test_rubbish_never_raises_anything_else(body: bytes) -> None:
    try:
        parse_message(body)
    except ForeignMessage:
        return
