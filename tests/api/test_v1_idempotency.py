"""Idempotency keys: the repeat of a request gets the first answer, and one of two at once runs."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy import func, select, update

from adapters.database import idempotency
from adapters.database.changes import ChangeRow
from adapters.database.engine import Database
from adapters.database.idempotency import KEPT, LOCKED, Kept, Lock
from adapters.database.records import DeliveryRow
from adapters.database.tables import IdempotencyKey
from adapters.processes.ports import free_port
from api.idempotency import REPLAYED
from settings import Settings
from tests.api.scene import TOKEN, set_scene, workspace_of
from tests.product import make_key, running_api

ADA = {"name": "Ada"}


async def make(api: httpx.AsyncClient, key: str = "k", body: object = ADA, path: str = "/v1/bots") -> httpx.Response:
    """A POST under a key."""
    return await api.post(path, json=body, headers={"Idempotency-Key": key})


async def bots(api: httpx.AsyncClient) -> int:
    """How many bots there are."""
    return len((await api.get("/v1/bots")).json()["items"])


async def stored(database: Database, **values: object) -> None:
    """Change what is stored of every key."""
    async with database.begin() as connection:
        await connection.execute(update(IdempotencyKey).values(**values))


async def test_a_repeat_gets_the_first_answer(api: httpx.AsyncClient) -> None:
    first, second = await make(api), await make(api)
    assert (second.status_code, second.content) == (201, first.content)
    assert second.headers["content-type"] == first.headers["content-type"]
    assert (REPLAYED in first.headers, second.headers[REPLAYED]) == (False, "true")
    assert await bots(api) == 1


async def test_without_a_key_every_post_runs(api: httpx.AsyncClient) -> None:
    assert [(await api.post("/v1/bots", json=ADA)).status_code for _ in range(2)] == [201, 201]
    assert await bots(api) == 2


async def test_a_key_is_for_one_request(api: httpx.AsyncClient) -> None:
    await make(api)
    others = [
        await make(api, body={"name": "Eve"}),
        await make(api, path="/v1/bots?x=1"),
        await make(api, path="/v1/keys"),
    ]
    assert [(item.status_code, item.json()["code"]) for item in others] == [(422, "idempotency_key_reused")] * 3
    assert await bots(api) == 1


async def test_of_many_at_once_one_runs(api: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(make(api) for _ in range(8)))
    made = {item.content for item in answers if item.status_code == 201}
    assert ({item.status_code for item in answers} <= {201, 409}, len(made), await bots(api)) == (True, 1, 1)


async def test_while_the_first_runs_its_repeat_is_told_to_wait(
    api: httpx.AsyncClient, database: Database, settings: Settings
) -> None:
    scene = await set_scene(api, database, settings)
    turn = await scene.open_turn(await scene.hear("hi"))
    await scene.reply(turn, "answer", "sending")
    async with database.begin() as connection:
        await connection.execute(update(DeliveryRow).values(lease_until=datetime.now(UTC) + timedelta(seconds=15)))
    path = f"/v1/conversations/{scene.conversation()}/pause"
    first = asyncio.create_task(make(api, path=path, body=None))
    await asyncio.wait({first}, timeout=0.3)
    second = await make(api, path=path, body=None)
    assert (second.status_code, second.json()["code"]) == (409, "idempotency_key_in_use")
    assert second.headers["retry-after"] == "1"
    async with database.begin() as connection:
        await connection.execute(update(DeliveryRow).values(state="sent", lease_until=None))
    assert (await first).status_code == 200
    assert (await make(api, path=path, body=None)).content == (await first).content


async def test_the_repeat_of_a_request_whose_process_died_runs(api: httpx.AsyncClient, database: Database) -> None:
    first = await make(api)
    await stored(database, status=None, body=None, locked_until=datetime.now(UTC) + LOCKED)
    assert (await make(api)).status_code == 409
    await stored(database, locked_until=datetime.now(UTC) - timedelta(seconds=1))
    assert (await make(api, body={"name": "Eve"})).status_code == 422
    second = await make(api)
    assert (second.status_code, REPLAYED in second.headers) == (201, False)
    assert second.json()["id"] != first.json()["id"]


async def test_an_answer_is_kept_with_the_deed_so_that_a_crash_behind_it_repeats_nothing(
    api: httpx.AsyncClient, database: Database
) -> None:
    first = await make(api)
    await stored(database, locked_until=datetime.now(UTC) + LOCKED)
    assert (await make(api)).status_code == 409
    await stored(database, locked_until=datetime.now(UTC) - timedelta(seconds=1))
    assert (await make(api)).json() == first.json()
    assert await bots(api) == 1


async def test_a_request_that_lost_its_key_to_a_repeat_undoes_its_deed(
    api: httpx.AsyncClient, database: Database
) -> None:
    workspace_id, now = await workspace_of(api, database), datetime.now(UTC)
    async with database.begin() as connection:
        slow = await idempotency.claim(connection, workspace_id, "k", ("d",), now - LOCKED - timedelta(seconds=1))
        fast = await idempotency.claim(connection, workspace_id, "k", ("d",), now)
        assert isinstance(slow, Lock)
        assert isinstance(fast, Lock)
        assert not await idempotency.keep(connection, slow, 201, b"slow", "application/json", slow.until)
        assert await idempotency.keep(connection, fast, 201, b"fast", "application/json", now)
        kept = await idempotency.claim(connection, workspace_id, "k", ("d",), now)
    assert kept == Kept("d", running=False, status=201, body=b"fast", content_type="application/json")


async def test_after_a_day_a_key_is_free(api: httpx.AsyncClient, database: Database) -> None:
    await make(api)
    await stored(database, created_at=datetime.now(UTC) - KEPT - timedelta(seconds=1))
    assert (await make(api, body={"name": "Eve"})).json()["name"] == "Eve"
    await stored(database, created_at=datetime.now(UTC) - KEPT - timedelta(seconds=1))
    async with database.begin() as connection:
        assert [await idempotency.remove_expired(connection, datetime.now(UTC)) for _ in range(2)] == [1, 0]


async def test_a_refusal_is_kept_too(api: httpx.AsyncClient) -> None:
    first, second = await make(api, body={}), await make(api, body={})
    assert (first.status_code, second.status_code, second.content) == (422, 422, first.content)
    assert (second.headers[REPLAYED], second.headers["content-type"]) == ("true", "application/problem+json")


async def test_an_answer_that_says_that_we_failed_is_not_kept(settings: Settings, database: Database) -> None:
    nowhere = settings.model_copy(update={"telegram_api_url": f"http://127.0.0.1:{free_port()}"})
    headers = {"Authorization": f"Bearer {await make_key(settings, database)}"}
    async with running_api(nowhere) as url, httpx.AsyncClient(base_url=url, headers=headers) as client:
        scene = await set_scene(client, database, settings)
        answers = [await make(client, path=f"/v1/channels/{scene.channel_id}/webhook", body=None) for _ in range(2)]
    assert [(item.status_code, REPLAYED in item.headers) for item in answers] == [(503, False)] * 2


async def test_each_workspace_has_its_own_keys(api: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    assert (await make(api)).json()["id"] != (await make(stranger)).json()["id"]


async def test_a_stored_answer_is_for_those_who_may_ask(api: httpx.AsyncClient, viewer: httpx.AsyncClient) -> None:
    await make(api, path="/v1/keys", body={"role": "admin"})
    assert (await make(viewer, path="/v1/keys", body={"role": "admin"})).status_code == 403


async def test_a_key_is_printable_ascii_of_reasonable_length(api: httpx.AsyncClient) -> None:
    for key in ("", "k" * 256, "ключ", "a\tb"):
        refused = await api.post("/v1/bots", json=ADA, headers={b"Idempotency-Key": key.encode()})
        assert (refused.status_code, await bots(api)) == (422, 0), key


async def test_a_key_may_have_255_characters(api: httpx.AsyncClient) -> None:
    assert [(await make(api, key="k" * 255)).status_code for _ in range(2)] == [201, 201]
    assert await bots(api) == 1


async def test_the_answer_to_another_secret_key_is_not_run_again(api: httpx.AsyncClient, database: Database) -> None:
    await make(api)
    await stored(database, body=b"lost:sealed")
    refused = await make(api)
    assert (refused.status_code, refused.json()["code"], await bots(api)) == (409, "answer_unreadable", 1)


async def test_a_channel_is_made_once(api: httpx.AsyncClient) -> None:
    bot = (await api.post("/v1/bots", json=ADA)).json()
    new = {"platform": "telegram", "credentials": {"token": TOKEN}}
    made = [await make(api, path=f"/v1/bots/{bot['id']}/channels", body=new) for _ in range(2)]
    assert made[0].json() == made[1].json()
    assert len((await api.get("/v1/channels")).json()["items"]) == 1


@pytest.mark.parametrize("verb", ["PATCH", "DELETE"])
async def test_a_message_is_changed_once_under_a_key(
    api: httpx.AsyncClient, database: Database, settings: Settings, verb: str
) -> None:
    scene = await set_scene(api, database, settings)
    turn = await scene.open_turn(await scene.hear("hello"))
    message, _ = await scene.reply(turn, "old", "sent")
    async with database.begin() as connection:
        await connection.execute(update(DeliveryRow).values(platform_message_id="134"))
    path = f"/v1/conversations/{scene.conversation()}/messages/{message}"

    async def change(text: str) -> httpx.Response:
        body = {"text": text} if verb == "PATCH" else None
        return await api.request(verb, path, json=body, headers={"Idempotency-Key": "k"})

    first, second = await change("new"), await change("new")
    assert (first.status_code, second.status_code, second.content) == (202, 202, first.content)
    assert second.headers[REPLAYED] == "true"
    async with database.begin() as connection:
        assert await connection.scalar(select(func.count()).select_from(ChangeRow)) == 1
    other = await api.patch(path, json={"text": "newer"}, headers={"Idempotency-Key": "k"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
