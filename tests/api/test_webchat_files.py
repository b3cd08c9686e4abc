"""Files that visitors bring: what is taken, whose they are, what is seen of them, and when they go."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
from pydantic import JsonValue
from sqlalchemy import func, select
from temporalio.testing import ActivityEnvironment

from activities.retention import Retention
from adapters.database.engine import Database
from adapters.database.records import MediaRow
from adapters.media.store import MediaMissing, MediaStore
from api.webchat_files import MOST_UNSENT
from domain.media import MAX_MEDIA_BYTES
from settings import Settings
from tests.files import PAGE, PDF, PNG
from tests.product import MadeChannel, Operator, Visitor, make_channel, make_key

KEPT = timedelta(days=30)


async def bring(visitor: Visitor, content: bytes, name: str = "cat.png", key: str | None = None) -> httpx.Response:
    """Bring a file."""
    asked = {"client_file_id": key or str(uuid4()), "name": name}
    return await visitor.client.post(f"{visitor.path}/files", params=asked, content=content, headers=visitor.headers)


async def send(visitor: Visitor, *file_ids: str, text: str = "", key: str | None = None) -> httpx.Response:
    """Say something with files."""
    body = {"client_msg_id": key or str(uuid4()), "text": text, "attachments": [{"file_id": name} for name in file_ids]}
    return await visitor.client.post(f"{visitor.path}/messages", json=body, headers=visitor.headers)


async def test_a_file_is_sent_and_seen_by_visitor_and_operator(
    settings: Settings, database: Database, client: httpx.AsyncClient, visitor: Visitor
) -> None:
    brought = (await bring(visitor, PNG)).json()
    assert (await send(visitor, brought["file_id"])).status_code == 202
    (shown,) = await visitor.messages()
    operator = Operator(client, await make_key(settings, database))
    messages = await operator.get(f"/conversations/{visitor.session['conversation_id']}/messages")
    items = messages["items"]
    assert isinstance(items, list)
    for message in (shown, *items):
        assert isinstance(message, dict)
        (attachment,) = message["attachments"]
        assert (attachment["kind"], attachment["name"], attachment["type"]) == ("photo", "cat.png", "image/png")
        link = attachment["url"].removeprefix(settings.public_url)
        assert (await client.get(link)).content == PNG


async def test_the_same_file_and_the_same_message_again_are_one(visitor: Visitor) -> None:
    answers = [await bring(visitor, PNG, key="one"), await bring(visitor, PNG, key="one")]
    file_id = answers[0].json()["file_id"]
    said = [await send(visitor, file_id, key="m"), await send(visitor, file_id, key="m")]

    assert [answer.status_code for answer in (*answers, *said)] == [201, 200, 202, 200]
    assert answers[1].json()["file_id"] == file_id
    assert len(await visitor.messages()) == 1


async def test_a_file_of_another_session_cannot_be_sent(
    client: httpx.AsyncClient, channel: MadeChannel, visitor: Visitor
) -> None:
    other = Visitor(client, channel.id)
    await other.enter()
    file_id = (await bring(other, PNG)).json()["file_id"]
    for wanted in (file_id, str(uuid4())):
        refused = await send(visitor, wanted, text="look")
        assert (refused.status_code, refused.json()["code"]) == (422, "unknown_file")


async def test_a_message_needs_words_or_files(visitor: Visitor) -> None:
    file_id = (await bring(visitor, PNG)).json()["file_id"]
    pressed = {"client_msg_id": "1", "type": "button", "text": "", "attachments": [{"file_id": file_id}]}
    answer = await visitor.client.post(f"{visitor.path}/messages", json=pressed, headers=visitor.headers)

    assert answer.status_code == 422
    assert (await send(visitor)).status_code == 422
    assert (await send(visitor, *[file_id] * 11)).status_code == 422


async def test_what_a_file_is_its_content_says(visitor: Visitor) -> None:
    brought = [(await bring(visitor, content, "cat.png")).json()["type"] for content in (PNG, PDF, PAGE)]
    assert brought == ["image/png", "application/pdf", "text/html"]


@pytest.mark.parametrize(
    ("given", "size", "status"),
    [
        ({"visitor_files": False}, 1, 403),
        ({"max_file_bytes": 100}, 100, 201),
        ({"max_file_bytes": 100}, 101, 413),
        ({}, 0, 422),
        ({}, MAX_MEDIA_BYTES + 1, 413),
    ],
)
async def test_a_channel_says_whether_and_how_large(
    settings: Settings,
    database: Database,
    client: httpx.AsyncClient,
    given: dict[str, JsonValue],
    size: int,
    status: int,
) -> None:
    made = await make_channel(settings, database, channel_settings=given)
    visitor = Visitor(client, made.id)
    session = await visitor.enter()

    assert (await bring(visitor, bytes(size))).status_code == status
    allowed = 0 if status == 403 else given.get("max_file_bytes", MAX_MEDIA_BYTES)
    assert session["max_file_bytes"] == allowed


async def test_nothing_is_read_of_who_has_no_session(client: httpx.AsyncClient, channel: MadeChannel) -> None:
    asked = {"client_file_id": "1"}
    answer = await client.post(f"/webchat/{channel.id}/files", params=asked, content=PNG)
    assert answer.status_code == 401


async def test_who_sends_nothing_may_not_bring_for_ever(
    database: Database, channel: MadeChannel, visitor: Visitor
) -> None:
    row = {"workspace_id": channel.workspace_id, "session_id": visitor.session["session_id"], "state": "stored"}
    async with database.begin() as connection:
        await connection.execute(MediaRow.__table__.insert(), [{"id": uuid4(), **row} for _ in range(MOST_UNSENT)])
    refused = await bring(visitor, PNG)

    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_files")


async def test_a_file_that_was_never_sent_goes_and_one_that_was_stays(
    settings: Settings, database: Database, channel: MadeChannel, visitor: Visitor
) -> None:
    sent, left = [(await bring(visitor, PNG)).json()["file_id"] for _ in range(2)]
    await send(visitor, sent)
    store = MediaStore(settings.media_store_url)
    for later, removed in ((KEPT - timedelta(hours=1), 0), (KEPT + timedelta(hours=1), 1)):
        retention = Retention(database, store, KEPT, KEPT, lambda later=later: datetime.now(UTC) + later)
        assert (await ActivityEnvironment().run(retention.prune)).visitor_files == removed

    assert await store.read(channel.workspace_id, sent) == PNG
    with pytest.raises(MediaMissing):
        await store.read(channel.workspace_id, left)
    async with database.begin() as connection:
        assert await connection.scalar(select(func.count()).select_from(MediaRow)) == 1
