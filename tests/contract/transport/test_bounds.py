"""An answer of any length, packed or not, takes bounded memory, and is asked for once."""

import gzip
import tracemalloc

import pytest

from tests.contract.transport import scripted_server as does
from tests.contract.transport.scripted_server import scripted
from transport import Repeats
from transport.session import AnswerTooLarge

pytestmark = pytest.mark.contract
LIMIT = 100_000
BOMB = gzip.compress(b"\0" * 50_000_000)


@pytest.mark.parametrize(
    "told",
    [
        does.answer(200, BOMB, Content_Encoding="gzip"),
        does.answer(200, gzip.compress(BOMB), Content_Encoding="gzip, gzip"),
        does.answer(500, b"x" * (LIMIT + 1)),
    ],
    ids=["packed", "packed twice", "plain"],
)
def test_an_answer_that_is_too_long_is_dropped_and_not_asked_for_again(make_transport, told):
    transport = make_transport(largest_answer=LIMIT, repeats=Repeats(attempts=4))
    with scripted(told) as server:
        tracemalloc.start()
        try:
            with pytest.raises(AnswerTooLarge) as cut:
                transport.exchange("GET", server.url, headers={}, repeatable=True)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert len(server.seen) == 1
    assert peak < 10_000_000
    assert cut.value.delivery == "maybe_sent"
    assert str(LIMIT) in str(cut.value)


def test_an_answer_of_just_the_limit_comes_back(make_transport):
    transport = make_transport(largest_answer=LIMIT)
    with scripted(does.answer(200, gzip.compress(b"x" * LIMIT), Content_Encoding="gzip")) as server:
        assert len(transport.exchange("GET", server.url, headers={}, repeatable=True).content) == LIMIT
