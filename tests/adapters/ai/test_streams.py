"""Server-sent events, however they are cut."""

from collections.abc import AsyncIterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.ai.streams import events

STREAM = (
    'event: x\r\ndata: {"a": "\u2028 é"}\n\n: a comment\n\ndata: [1,\ndata: 2]\n\ndata:3\n\ndata: [DONE]\n\n'.encode()
)


async def read(*pieces: bytes) -> list[object]:
    """The values of a stream that comes in these pieces."""

    async def stream() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    return [value async for value in events(stream())]


@pytest.mark.slow
@given(st.lists(st.integers(0, len(STREAM)), max_size=8))
async def test_events_are_the_same_wherever_the_stream_is_cut(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(STREAM)]
    pieces = [STREAM[start:end] for start, end in pairwise(places)]
    assert await read(*pieces) == [{"a": "\u2028 é"}, [1, 2], 3, None]


async def test_the_last_event_needs_no_line_behind_it() -> None:
    assert await read(b"data: 1") == [1]


async def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(ValueError, match="Expecting"):
        await read(b"data: {\n\n")
