"""Platforms that ask to wait: they are asked again when they said, and the answer is there once."""

from itertools import pairwise

from tests.matrix.phones import Phone


async def test_what_a_platform_refuses_for_now_is_said_once_and_not_before_its_time(phone: Phone) -> None:
    refused = phone.row.too_fast
    await phone.goes_wrong(kind="status", **(refused or {}))
    await phone.say("hello")
    await phone.until_ended(1)
    calls = await phone.calls()
    assert [call["status"] for call in calls] == ([refused["status"], 200] if refused else [])
    moments = [float(str(call["monotonic"])) for call in calls]
    assert all(later - earlier >= phone.row.waits_seconds for earlier, later in pairwise(moments))
    assert [shown.text for shown in await phone.shown()] == ["You said: hello"]
