"""Slash commands where the bot is no member, over HTTP against the simulator."""

import pytest

from tests.activities.test_slack import ANSWERED, ledger, until_ended
from tests.product import Product
from tests.slack import join_workspace

pytestmark = pytest.mark.slow


async def test_a_command_is_answered_where_the_bot_is_no_member(product: Product) -> None:
    workspace = await join_workspace(product, bursts={"policy": "queue"})
    await product.simulated.post("/slack/channels/C9", refusal="not_in_channel")
    address = (await workspace.post("/commands", text="what now?", channel="C9"))["response_url"]
    await until_ended(product, ANSWERED)
    (shown,) = await workspace.sent("C9")
    assert (shown["method"], shown["text"]) == ("response_url", "You said: u0000test: what now?")
    assert await ledger(product) == [("sent", None, 1)]
    operator = await product.operator()
    for path in ("events", "deliveries", "messages"):
        answer = await product.client.get(f"/v1/{path}", headers={"Authorization": f"Bearer {operator.key}"})
        assert str(address) not in answer.text
