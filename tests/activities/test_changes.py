"""An operator edits and deletes what was said, over HTTP against the simulator: done once it is promised."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import JsonValue
from sqlalchemy import update

from adapters.database.changes import ChangeRow
from tests.api.visits import listening
from tests.desk import Desk, desk, until_delivered
from tests.machine import until
from tests.product import Product, running_worker
from tests.simulated import TOKEN
from tests.slack import join_workspace

CHAT = 7
QUEUE: JsonValue = {"policy": "queue"}
Stands = Callable[[], Awaitable[list[str]]]


async def on_telegram(product: Product) -> Stands:
    await product.telegram(bursts=QUEUE)
    await product.simulated.say(CHAT, "hello")
    return lambda: _shown(product, f"/telegram/{TOKEN}/chats/{CHAT}", "text")


async def _shown(product: Product, path: str, field: str) -> list[str]:
    answer = await product.simulated.client.get(f"/_sim{path}")
    return [str(message[field]) for message in answer.json()["messages"]]


async def said(place: Desk, text: str) -> str:
    """What an operator says, once it is sent: its id."""
    message = str((await place.say(text=text))["id"])

    async def sent() -> bool:
        (found,) = [item for item in await place.messages() if item["id"] == message]
        return found["sent_at"] is not None

    await until(sent)
    return message


async def change_of(place: Desk, message: str) -> tuple[JsonValue, JsonValue, JsonValue]:
    """Kind, state and reason of a message's newest change, once it has ended."""
    found: list[tuple[JsonValue, JsonValue, JsonValue]] = []

    async def ended() -> bool:
        (shown,) = [item for item in await place.messages() if item["id"] == message]
        change = shown["change"]
        assert isinstance(change, dict)
        found[:] = [(change["kind"], change["state"], change["reason"])]
        return change["state"] != "planned"

    await until(ended)
    return found[0]


@pytest.mark.slow
async def test_the_visitors_stream_tells_of_each_change_under_a_number_of_its_own(product: Product) -> None:
    channel = await product.channel(bursts=QUEUE)
    visitor = await product.visit(str(channel.id))
    await visitor.say("hello")
    seq = (await visitor.heard(1))[-1]["seq"]
    place = await desk(product)
    answer = str((await place.messages())[-1]["id"])
    async with listening(product.client, channel.id, visitor) as stream:
        await place.change("PATCH", answer, text="**Better**")
        edited = await stream.next("message_updated")
        await place.change("DELETE", answer)
        deleted = await stream.next("message_deleted")
    assert (edited.data["html"], edited.data["seq"]) == ("<p><strong>Better</strong></p>", seq)
    assert (deleted.data["html"], deleted.data["seq"]) == ("", seq)
    assert deleted.id > edited.id > int(str(seq))  # type: ignore[operator]  # durable events have one


@pytest.mark.slow
async def test_a_shorter_text_takes_away_the_parts_that_it_does_not_need(product: Product) -> None:
    stands = await on_telegram(product)
    await until_delivered(product, "sent")
    place = await desk(product)
    message = await said(place, "long words " * 700)
    assert len(await stands()) == 4
    longer = await place.change("PATCH", message, text="longer words " * 1200)
    assert (longer.status_code, longer.json()["code"]) == (422, "too_many_parts")
    await place.change("PATCH", message, text="short")
    assert await change_of(place, message) == ("edit", "done", None)
    assert (await stands())[2:] == ["short"]
    assert await place.change("DELETE", message)
    assert await change_of(place, message) == ("delete", "done", None)
    assert len(await stands()) == 2


@pytest.mark.slow
async def test_after_48_hours_telegram_edits_and_deletes_no_more(product: Product) -> None:
    stands = await on_telegram(product)
    await until_delivered(product, "sent")
    place = await desk(product)
    message = await said(place, "long words " * 700)
    second = (await stands())[-1]
    await product.simulated.post("/telegram/advance", seconds=49 * 3600)
    await place.change("PATCH", message, text="short")
    assert await change_of(place, message) == ("edit", "failed", "surplus_left")
    assert (await stands())[2:] == ["short", second]
    await place.change("DELETE", message)
    assert await change_of(place, message) == ("delete", "failed", "change_refused")
    shown = (await place.messages())[-1]
    assert (shown["text"], shown["deleted_at"]) == ("short", None)
    assert (await stands())[2:] == ["short", second]


@pytest.mark.slow
@pytest.mark.parametrize("fault", [{"kind": "accept_then_reset"}, {"kind": "status", "status": 429, "retry_after": 1}])
async def test_an_edit_that_may_not_have_been_made_is_made_again(product: Product, fault: dict[str, object]) -> None:
    stands = await on_telegram(product)
    await until_delivered(product, "sent")
    place = await desk(product)
    message = await said(place, "old")
    await product.simulated.post("/faults", method="editMessageText", **fault)
    await place.change("PATCH", message, text="new")
    assert await change_of(place, message) == ("edit", "done", None)
    assert (await stands())[-1] == "new"


@pytest.mark.slow
async def test_what_somebody_else_deleted_cannot_be_edited_and_need_not_be_deleted(product: Product) -> None:
    workspace = await join_workspace(product, bursts=QUEUE)
    await workspace.say("hello")
    await until_delivered(product, "sent")
    place = await desk(product)
    message = await said(place, "old")
    await workspace.post("/delete", ts=(await workspace.sent())[-1]["message_id"])
    await place.change("PATCH", message, text="new")
    assert await change_of(place, message) == ("edit", "failed", "message_gone")
    assert (await place.messages())[-1]["text"] == "old"
    await place.change("DELETE", message)
    assert await change_of(place, message) == ("delete", "done", None)


@pytest.mark.slow
async def test_of_two_edits_that_wait_only_the_newer_is_made(front_door: Product) -> None:
    """And a call whose maker died before it was recorded is made once more."""
    product = front_door
    async with running_worker(product.settings):
        stands = await on_telegram(product)
        await until_delivered(product, "sent")
        place = await desk(product)
        message = await said(place, "old")
    for text in ("newer", "newest"):
        await place.change("PATCH", message, text=text)
    died = {"attempts": 1, "lease_until": datetime.now(UTC) - timedelta(minutes=1)}
    async with product.database.begin() as connection:
        await connection.execute(update(ChangeRow).where(ChangeRow.text == "newest").values(died))
    async with running_worker(product.settings):
        assert await change_of(place, message) == ("edit", "done", None)
        assert (await stands())[-1] == "newest"
    edits = [item for item in await product.simulated.ledger("outbound") if item["method"] == "editMessageText"]
    assert len(edits) == 1
