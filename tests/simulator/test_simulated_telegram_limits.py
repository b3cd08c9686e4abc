"""How the stand-in counts what a bot says."""

import asyncio

import pytest

from simulator.telegram.limits import Limits
from simulator.telegram.refusals import Refused
from tests.simulator.harness import Bot, Control


def test_groups_and_bots_are_counted_for_themselves() -> None:
    limits = Limits()
    limits.enforced = True
    for _ in range(6):
        limits.spend(1, 7)
    for chat, bot in ((7, 2), (8, 1), (-7, 1)):
        limits.spend(bot, chat)
    with pytest.raises(Refused, match="retry after 1"):
        limits.spend(1, 7)


async def test_what_is_too_much_is_refused_where_that_is_wanted(bot: Bot, control: Control) -> None:
    free = await asyncio.gather(*(bot.call("sendMessage", chat_id=7, text="hi") for _ in range(8)))
    await control.post("/telegram/settings", limits=True, messages_per_second=3)
    counted = await asyncio.gather(*(bot.call("sendMessage", chat_id=100 + chat, text="hi") for chat in range(60)))
    assert all(answer["ok"] for answer in free)
    refused = [answer for answer in counted if not answer["ok"]]
    assert {answer["error_code"] for answer in refused} == {429}
    assert refused[0]["parameters"] == {"retry_after": 1}


async def test_edits_count_as_messages_do(bot: Bot, control: Control) -> None:
    said = await bot.message("sendMessage", chat_id=7, text="hi")
    await control.post("/telegram/settings", limits=True)
    named = {"chat_id": 7, "message_id": said["message_id"]}
    edits = await asyncio.gather(*(bot.call("editMessageText", **named, text=f"hi {n}") for n in range(20)))
    assert {answer["error_code"] for answer in edits if not answer["ok"]} == {429}
