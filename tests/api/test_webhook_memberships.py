"""Memberships: a group that got a new id goes on, and a contact who blocked the bot is shown as such."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select

from adapters.database.engine import Database
from adapters.database.tables import ChatAlias, Contact, Conversation
from settings import Settings
from tests.api.door import CHAT, Door, open_door, said
from tests.product import Product

OLD, NEW = -100, -1000000000100


@pytest.fixture
async def door(settings: Settings, database: Database) -> AsyncIterator[Door]:
    """The API alone, with a bot that hears everything in groups."""
    async with open_door(settings, database, groups="always") as opened:
        yield opened


def moved(number: int, chat: int, **service: int) -> dict[str, object]:
    """An update with the service message of a group that becomes a supergroup."""
    return said(number, chat=chat, text=None, **service)  # type: ignore[arg-type]  # a message without words


def membership(number: int, old: str, new: str) -> dict[str, object]:
    """An update with the bot's own membership in a private chat."""
    chat = {"id": CHAT, "type": "private"}
    change = {"old_chat_member": {"status": old}, "new_chat_member": {"status": new}}
    return {"update_id": number, "my_chat_member": {"chat": chat, "from": {"id": CHAT}, "date": 1, **change}}


async def chats(door: Door) -> list[str]:
    """Where the answers of each conversation go."""
    async with door.database.begin() as connection:
        return list((await connection.scalars(select(Conversation.chat))).all())


@pytest.mark.parametrize("told", [
    [moved(2, OLD, migrate_to_chat_id=NEW)],
    [moved(2, NEW, migrate_from_chat_id=OLD)],
    [moved(2, OLD, migrate_to_chat_id=NEW), moved(3, NEW, migrate_from_chat_id=OLD)],
    [moved(3, NEW, migrate_from_chat_id=OLD), moved(2, OLD, migrate_to_chat_id=NEW)],
], ids=["to", "from", "to and from", "from and to"])  # fmt: skip
async def test_a_conversation_goes_on_under_the_groups_new_id(door: Door, told: list[dict[str, object]]) -> None:
    await door.post(said(1, "before", chat=OLD))
    for update in told:
        assert (await door.post(update)).status_code == 200
    await door.post(said(9, "after", chat=NEW))
    assert len(await door.conversations()) == 1
    assert await door.texts() == ["before", "after"]
    assert await chats(door) == [str(NEW)]
    async with door.database.begin() as connection:
        aliases = (await connection.execute(select(ChatAlias.chat, ChatAlias.original_chat))).all()
        contacts = (await connection.scalars(select(Contact.external_id))).all()
    assert [tuple(row) for row in aliases] == [(str(NEW), str(OLD))]
    assert contacts == [str(OLD)]


async def test_a_group_that_moved_twice_is_still_the_same_conversation(door: Door) -> None:
    await door.post(said(1, "first", chat=OLD))
    await door.post(moved(2, OLD, migrate_to_chat_id=NEW))
    await door.post(moved(3, NEW, migrate_to_chat_id=NEW - 1))
    await door.post(said(4, "last", chat=NEW - 1))
    assert len(await door.conversations()) == 1
    assert await chats(door) == [str(NEW - 1)]


async def test_a_move_of_a_group_that_nobody_spoke_in_is_remembered(door: Door) -> None:
    await door.post(moved(1, OLD, migrate_to_chat_id=NEW))
    await door.post(said(2, "hello", chat=NEW))
    assert await chats(door) == [str(NEW)]
    assert (await door.events())[0] == ("membership", "ignored", "chat_moved")


@pytest.mark.slow
async def test_after_a_move_the_answer_goes_to_the_new_chat(product: Product) -> None:
    channel = await product.channel("telegram", bursts={"policy": "queue"}, groups="always")
    await product.simulated.answer("Certainly.")
    door = Door(product.url, product.client, product.database, channel)
    await door.post(said(1, "before", chat=OLD))
    await product.until_states("answered")
    await door.post(moved(2, OLD, migrate_to_chat_id=NEW))
    await door.post(said(3, "after", chat=NEW))
    await product.until_states("answered", "ignored", "answered")
    assert [item["text"] for item in await product.simulated.sent(NEW)] == ["Certainly."]


async def test_a_contact_who_blocked_the_bot_is_shown_until_it_is_unblocked(door: Door) -> None:
    async def shown() -> list[str | None]:
        async with door.database.begin() as connection:
            return list((await connection.scalars(select(Conversation.undeliverable))).all())

    await door.post(membership(1, "member", "kicked"))
    assert await shown() == []
    await door.post(said(2, "hello"))
    assert await shown() == [None]
    for number, (old, new, reason) in enumerate(
        [("member", "kicked", "blocked"), ("kicked", "member", None), ("member", "kicked", "blocked")], 3
    ):
        await door.post(membership(number, old, new))
        assert await shown() == [reason]
    await door.post(said(9, "I am back"))
    assert await shown() == [None]
