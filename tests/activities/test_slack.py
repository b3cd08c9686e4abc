"""Conversations on Slack, over HTTP against the simulator: each part once, even where Slack gave no answer."""

import pytest
from sqlalchemy import select

from adapters.database.records import DeliveryRow, Message
from tests.machine import PATIENCE_SECONDS, until
from tests.product import Product
from tests.slack import DIRECT, OWN, join_workspace, keep_account

pytestmark = pytest.mark.slow
ANSWERED = ("answered", None)


async def ledger(product: Product) -> list[tuple[str, str | None, int]]:
    """State, reason and attempts of every part, in order."""
    query = select(DeliveryRow.state, DeliveryRow.reason, DeliveryRow.attempts).order_by(
        DeliveryRow.created_at, DeliveryRow.part
    )
    async with product.database.begin() as connection:
        return [(row.state, row.reason, row.attempts) for row in await connection.execute(query)]


async def until_ended(
    product: Product, *wanted: tuple[str, str | None], within_seconds: float = PATIENCE_SECONDS
) -> None:
    """Wait until the events that are not the bot's own stand so, in any order."""

    async def ended() -> bool:
        return sorted(map(str, [state for state in await product.states() if state != OWN])) == sorted(map(str, wanted))

    await until(ended, within_seconds)


async def test_a_direct_message_is_answered_where_it_was_said(product: Product) -> None:
    workspace = await join_workspace(product, bursts={"policy": "queue"})
    await workspace.say("fish & <chips>")
    await until_ended(product, ANSWERED)
    assert await workspace.texts() == ["You said: fish &amp; &lt;chips&gt;"]
    assert await ledger(product) == [("sent", None, 1)]


async def test_the_bots_own_messages_come_back_without_effect(product: Product) -> None:
    workspace = await join_workspace(product, bursts={"policy": "queue"})
    await workspace.say("hello")
    await until_ended(product, ANSWERED)

    async def came_back() -> bool:
        return OWN in await product.states()

    await until(came_back)
    assert len(await workspace.sent()) == 1


async def test_a_mention_in_a_channel_is_answered_once_and_in_its_thread(product: Product) -> None:
    workspace = await join_workspace(product, bursts={"policy": "queue"})
    await product.simulated.answer("Half past nine.")
    await workspace.say("not for you", channel="C1")
    parent = await workspace.say("a thread", channel="C1", user="U0000FRIEND")
    await workspace.say("<@me> how late?", channel="C1", thread_ts=parent)
    await until_ended(product, ("ignored", "not_addressed"), ("ignored", "not_addressed"), ANSWERED)

    async def both_told() -> bool:
        told = [item for item in await product.simulated.ledger("webhook") if item["state"] == "accepted"]
        return any(item["update"]["event"]["type"] == "app_mention" for item in told)

    await until(both_told)
    sent = await workspace.sent("C1")
    assert [(item["text"], item["payload"]["thread_ts"]) for item in sent] == [("Half past nine.", parent)]


async def test_a_repeated_event_has_no_second_effect(product: Product) -> None:
    workspace = await join_workspace(product, bursts={"policy": "queue"})
    await product.simulated.fault("duplicate_webhook", copies=4, platform="slack")
    await workspace.say("only once")
    await until_ended(product, ANSWERED)

    async def all_posted() -> bool:
        told = await product.simulated.ledger("webhook")
        return told[0]["duplicates"] == [200] * 4

    await until(all_posted)
    assert await workspace.texts() == ["You said: only once"]


async def test_an_edit_before_the_answer_changes_what_is_answered(product: Product) -> None:
    workspace = await join_workspace(product, bursts={"policy": "coalesce", "quiet_seconds": 2.0})
    ts = await workspace.say("old words")
    await workspace.post("/edit", ts=ts, text="new words")
    await until_ended(product, ANSWERED, ("ignored", "applied"))
    assert await workspace.texts() == ["You said: new words"]


async def test_a_withdrawn_message_is_deleted(product: Product) -> None:
    workspace = await join_workspace(product, bursts={"policy": "queue"})
    ts = await workspace.say("a secret")
    await until_ended(product, ANSWERED)
    await workspace.post("/delete", ts=ts)
    await until_ended(product, ANSWERED, ("ignored", "applied"))
    async with product.database.begin() as connection:
        query = select(Message.deleted_at.is_not(None)).where(Message.direction == "inbound")
        assert list(await connection.scalars(query)) == [True]


async def test_a_button_and_a_command_are_answered_like_messages(product: Product) -> None:
    workspace = await join_workspace(product, bursts={"policy": "queue"})
    ts = await workspace.say("hello")
    await until_ended(product, ANSWERED)
    await workspace.post("/actions", ts=ts, label="Show more")
    await until_ended(product, ANSWERED, ANSWERED)
    await workspace.post("/commands", text="what now?")
    await until_ended(product, ANSWERED, ANSWERED, ANSWERED)
    assert await workspace.texts() == ["You said: hello", "You said: Show more", "You said: what now?"]


async def test_a_call_that_was_not_accepted_is_made_again(product: Product) -> None:
    workspace = await join_workspace(product, bursts={"policy": "queue"})
    await product.simulated.fault("status", status=502, method="chat.postMessage", count=2)
    await workspace.say("hello")
    await until_ended(product, ANSWERED)
    assert (len(await workspace.sent()), await workspace.calls("conversations.history")) == (1, [])


async def test_an_archived_channel_is_not_tried_again(product: Product) -> None:
    workspace = await join_workspace(product, bursts={"policy": "queue"})
    await product.simulated.post(f"/slack/channels/{DIRECT}", refusal="is_archived")
    await workspace.say("hello")
    await until_ended(product, ("failed", "undeliverable"))
    assert await ledger(product) == [("failed", "recipient_gone", 1)]


DOUBTS = ["accept_then_reset", "reset_before_accept", "invalid_json"]


@pytest.mark.parametrize("policy", ["at_most_once", "at_least_once"])
@pytest.mark.parametrize("kind", DOUBTS)
async def test_a_send_without_an_answer_is_read_back(product: Product, kind: str, policy: str) -> None:
    workspace = await join_workspace(product, bursts={"policy": "queue"}, delivery={"uncertain": policy})
    await product.simulated.fault(kind, method="chat.postMessage")
    await workspace.say("hello")
    await until_ended(product, ANSWERED)
    assert await workspace.texts() == ["You said: hello"]
    assert await ledger(product) == [("sent", None, 2)]
    assert len(await workspace.calls("conversations.history")) == 1


async def test_a_send_that_hangs_is_read_back_in_its_thread(product: Product) -> None:
    workspace = await join_workspace(product, bursts={"policy": "queue"})
    await product.simulated.answer("Half past nine.")
    await product.simulated.fault("accept_then_hang", method="chat.postMessage")
    parent = await workspace.say("a thread", channel="C1", user="U0000FRIEND")
    await workspace.say("<@me> hello", channel="C1", thread_ts=parent)
    await until_ended(product, ("ignored", "not_addressed"), ANSWERED)
    assert await workspace.texts("C1") == ["Half past nine."]
    assert await ledger(product) == [("sent", None, 2)]
    assert len(await workspace.calls("conversations.replies")) == 1


async def test_a_part_keeps_the_id_that_was_read_back(product: Product) -> None:
    workspace = await join_workspace(product, bursts={"policy": "queue"})
    await product.simulated.fault("accept_then_reset", method="chat.postMessage")
    await workspace.say("hello")
    await until_ended(product, ANSWERED)
    async with product.database.begin() as connection:
        known = list(await connection.scalars(select(DeliveryRow.platform_message_id)))
    assert known == [item["message_id"] for item in await workspace.sent()]


async def test_a_history_that_is_away_is_asked_again(product: Product) -> None:
    workspace = await join_workspace(product, bursts={"policy": "queue"})
    await product.simulated.fault("accept_then_reset", method="chat.postMessage")
    await product.simulated.fault("status", status=429, retry_after=1, method="conversations.history")
    await product.simulated.fault("reset_before_accept", method="conversations.history")
    await workspace.say("hello")
    await until_ended(product, ANSWERED)
    assert await workspace.texts() == ["You said: hello"]
    assert len(await workspace.calls("conversations.history")) == 3


@pytest.mark.parametrize(("policy", "times", "state"), [("at_most_once", 1, "uncertain"), ("at_least_once", 2, "sent")])
async def test_without_the_scope_the_policy_decides(product: Product, policy: str, times: int, state: str) -> None:
    workspace = await join_workspace(product, bursts={"policy": "queue"}, delivery={"uncertain": policy})
    await workspace.post("/app", missing_scopes=["im:history"])
    await product.simulated.fault("accept_then_reset", method="chat.postMessage")
    await workspace.say("hello")
    await until_ended(product, ANSWERED)
    assert await workspace.texts() == ["You said: hello"] * times
    assert [part[0] for part in await ledger(product)] == [state]


async def test_a_policy_allows_a_single_time_more(product: Product) -> None:
    workspace = await join_workspace(product, bursts={"policy": "queue"}, delivery={"uncertain": "at_least_once"})
    await workspace.post("/app", missing_scopes=["im:history"])
    await product.simulated.fault("accept_then_reset", method="chat.postMessage", count=5)
    await workspace.say("hello")
    await until_ended(product, ANSWERED)
    assert await workspace.texts() == ["You said: hello"] * 2
    assert [part[0] for part in await ledger(product)] == ["uncertain"]


async def test_history_without_metadata_is_no_proof(product: Product) -> None:
    workspace = await join_workspace(product, bursts={"policy": "queue"})
    await keep_account(product, workspace.channel)
    await workspace.post("/app", missing_scopes=["metadata.message:read"])
    await product.simulated.fault("accept_then_reset", method="chat.postMessage")
    await workspace.say("hello")
    await until_ended(product, ANSWERED)
    assert await workspace.texts() == ["You said: hello"]
    assert [part[0] for part in await ledger(product)] == ["uncertain"]


async def test_what_was_never_accepted_is_no_reason_to_doubt_the_history(product: Product) -> None:
    workspace = await join_workspace(product, bursts={"policy": "queue"})
    await keep_account(product, workspace.channel)
    await product.simulated.fault("hang", method="chat.postMessage", seconds=1)
    await workspace.say("hello")
    await until_ended(product, ANSWERED)
    assert await workspace.texts() == ["You said: hello"]
    assert await ledger(product) == [("sent", None, 2)]


async def test_a_person_is_written_to_first_in_the_conversation_that_slack_opens(product: Product) -> None:
    workspace = await join_workspace(product, bursts={"policy": "queue"})
    operator = await product.operator()
    path = f"/bots/{workspace.channel.bot_id}/conversations"
    await operator.post(path, channel_id=str(workspace.channel.id), recipient="U0000TEST", text="Good morning!")

    async def arrived() -> bool:
        return await workspace.texts() == ["Good morning!"]

    await until(arrived)
    await workspace.say("hello")
    await until_ended(product, ANSWERED)
    request = (await product.simulated.asked())[-1]["request"]
    assert [item["content"] for item in request["messages"][-2:]] == ["Good morning!", "hello"]


async def test_registering_says_what_a_person_has_to_click(product: Product) -> None:
    workspace = await join_workspace(product)
    operator = await product.operator()
    path = f"/v1/channels/{workspace.channel.id}/webhook"
    headers = {"Authorization": f"Bearer {operator.key}"}
    refused = await product.client.post(path, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (422, "not_permitted")
    assert f"{product.settings.public_url}/webhooks/slack/{workspace.channel.id}" in refused.json()["detail"]
    looked = await product.client.get(path, headers=headers)
    assert (looked.status_code, looked.json()["code"]) == (422, "not_permitted")
