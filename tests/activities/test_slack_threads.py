"""Threads on Slack, over HTTP against the simulator."""

import pytest

from tests.activities.test_slack import ANSWERED, until_ended
from tests.product import Product
from tests.slack import join_workspace

pytestmark = pytest.mark.slow
NOT_ADDRESSED = ("ignored", "not_addressed")


async def test_who_calls_the_bot_into_a_thread_need_not_name_it_again(product: Product) -> None:
    workspace = await join_workspace(product, channel_settings={"threads": "always"}, bursts={"policy": "queue"})
    other = await workspace.say("lunch?", channel="C1")
    await workspace.say("yes", channel="C1", thread_ts=other)
    called = await workspace.say("<@me> how late?", channel="C1")
    await until_ended(product, NOT_ADDRESSED, NOT_ADDRESSED, ANSWERED)
    await workspace.say("and there?", channel="C1", thread_ts=called)
    await workspace.say("<@U0000FRIEND> do you know?", channel="C1", thread_ts=called)
    await until_ended(product, *[NOT_ADDRESSED] * 3, *[ANSWERED] * 2)
    answers = [(item["text"], item["payload"]["thread_ts"]) for item in await workspace.sent("C1")]
    assert answers == [("You said: U0000TEST: how late?", called), ("You said: U0000TEST: and there?", called)]


async def test_a_thread_shows_that_the_bot_thinks_until_it_has_said_something(product: Product) -> None:
    workspace = await join_workspace(product, bursts={"policy": "queue"})
    await product.simulated.answer("Until six.", delay_seconds=2.0)
    parent = await workspace.say("opening hours", channel="C1")
    await workspace.say("<@me> how late?", channel="C1", thread_ts=parent)
    await until_ended(product, NOT_ADDRESSED, ANSWERED)
    (shown,) = await workspace.calls("assistant.threads.setStatus")
    assert shown["status"] == 200
    channel = (await product.simulated.client.get("/_sim/slack/channels/C1")).json()
    assert channel["statuses"] == {}
    await product.simulated.answer("At once.", delay_seconds=2.0)
    await workspace.say("and on Sundays?")
    await until_ended(product, NOT_ADDRESSED, ANSWERED, ANSWERED)
    assert len(await workspace.calls("assistant.threads.setStatus")) == 1
