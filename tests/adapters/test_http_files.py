"""Files on their way out: in a form or bare, with the same certainty of what was written as everything else."""

import time

import pytest

from adapters.errors import OutcomeUnknown, Unreachable
from adapters.http import Http, Upload
from tests.adapters.wire import Behaviour, answering, closed_port, resetting, serving
from tests.files import PNG

HOSTILE = 'cat".png\r\nX-Evil: 1'


async def post_form(url: str, seconds: float = 5.0) -> object:
    """What a form with a file is answered."""
    http = Http("0")
    try:
        upload = Upload("photo", HOSTILE, "image/png", PNG)
        return (await http.post_file(url, upload, {"chat_id": "7"}, deadline=time.monotonic() + seconds)).json
    finally:
        await http.close()


async def post_bytes(url: str) -> int:
    """How bare bytes are answered."""
    http = Http("0")
    try:
        return (await http.post_bytes(url, PNG, deadline=time.monotonic() + 5)).status
    finally:
        await http.close()


async def test_a_form_holds_fields_and_file_and_no_name_breaks_out_of_it() -> None:
    async with serving(answering()) as wire:
        assert await post_form(wire.url) == {"ok": True}
    (request,) = wire.requests
    assert b'name="chat_id"\r\n\r\n7\r\n' in request
    assert b"Content-Type: image/png\r\n\r\n" + PNG + b"\r\n" in request
    assert b"\r\nX-Evil" not in request
    assert b'cat"' not in request


async def test_bare_bytes_are_taken_by_whatever_a_success_says() -> None:
    async with serving(answering(200, b"OK - 70")) as wire:
        assert await post_bytes(wire.url) == 200
    assert wire.requests[0].endswith(b"\r\n\r\n" + PNG)


@pytest.mark.parametrize(("behaviour", "error"), [(answering(503), Unreachable), (resetting, OutcomeUnknown)])
async def test_what_went_wrong_says_whether_it_may_have_been_taken(
    behaviour: Behaviour, error: type[Exception]
) -> None:
    async with serving(behaviour) as wire:
        with pytest.raises(error):
            await post_bytes(wire.url)
        with pytest.raises(error):
            await post_form(wire.url)


async def test_nothing_is_written_after_the_deadline() -> None:
    async with serving(answering()) as wire:
        with pytest.raises(Unreachable):
            await post_form(wire.url, seconds=-1)
    assert wire.requests == []
    with pytest.raises(Unreachable):
        await post_bytes(f"http://127.0.0.1:{closed_port()}")
