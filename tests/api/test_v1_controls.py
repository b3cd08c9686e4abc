"""Who has the voice, over HTTP: it holds from the answer on."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy import update

from adapters.database.engine import Database
from adapters.database.records import DeliveryRow
from adapters.database.tables import Conversation
from settings import Settings
from tests.api.scene import Scene, set_scene


@pytest.fixture
async def scene(api: httpx.AsyncClient, database: Database, settings: Settings) -> Scene:
    """A bot with a Telegram channel."""
    return await set_scene(api, database, settings)


async def control(api: httpx.AsyncClient, scene: Scene, verb: str, **body: object) -> dict[str, object]:
    """The conversation after a control."""
    answer = await api.post(f"/v1/conversations/{scene.conversation()}/{verb}", json=body or None)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.mark.slow
async def test_each_control_answers_with_the_conversation(api: httpx.AsyncClient, scene: Scene) -> None:
    await scene.hear("hi")
    verbs = ("pause", "resume", "takeover", "release", "close", "reset")
    shown = [await control(api, scene, verb) for verb in verbs]
    assert [(item["status"], item["voice"]) for item in shown] == [
        ("paused", "nobody"),
        ("waiting", "bot"),
        ("handed_over", "operator"),
        ("waiting", "bot"),
        ("closed", "bot"),
        ("closed", "bot"),
    ]


@pytest.mark.parametrize(("hold", "free"), [("pause", "resume"), ("takeover", "release")])
@pytest.mark.parametrize(("choice", "state"), [({"answer_held": True}, "queued"), ({}, "ignored")])
async def test_held_messages_are_answered_only_on_request(
    api: httpx.AsyncClient, scene: Scene, hold: str, free: str, choice: dict[str, bool], state: str
) -> None:
    heard = await scene.hear("hi")
    await scene.open_turn(heard)
    await control(api, scene, hold)
    assert [item["state"] for item in (await api.get("/v1/events")).json()["items"]] == ["held"]
    await control(api, scene, free, **choice)
    assert [item["state"] for item in (await api.get("/v1/events")).json()["items"]] == [state]


@pytest.mark.slow
async def test_a_stop_waits_for_what_is_being_sent(api: httpx.AsyncClient, scene: Scene, database: Database) -> None:
    for verb in ("pause", "takeover", "close"):
        heard = await scene.hear("hi", chat=verb)
        turn = await scene.open_turn(heard, chat=verb)
        _, (part,) = await scene.reply(turn, "answer", "sending", chat=verb)
        await lease(database, part, timedelta(seconds=15))
        address = f"/v1/conversations/{scene.conversation(verb)}/{verb}"
        stopping = asyncio.create_task(api.post(address))
        await asyncio.wait({stopping}, timeout=0.3)
        assert not stopping.done()
        await lease(database, part, None)
        assert (await stopping).status_code == 200


async def test_stopping_a_bot_waits_for_what_it_is_sending(
    api: httpx.AsyncClient, scene: Scene, database: Database
) -> None:
    turn = await scene.open_turn(await scene.hear("hi"))
    _, (part,) = await scene.reply(turn, "answer", "sending")
    await lease(database, part, timedelta(seconds=15))
    stopping = asyncio.create_task(api.post(f"/v1/bots/{scene.bot_id}/stop"))
    await asyncio.wait({stopping}, timeout=0.3)
    assert not stopping.done()
    await lease(database, part, None)
    assert (await stopping).json()["stopped"] is True


async def test_a_reset_moves_the_beginning_of_what_the_model_sees(
    api: httpx.AsyncClient, scene: Scene, database: Database
) -> None:
    await scene.hear("one")
    await scene.hear("two")
    await control(api, scene, "reset")
    async with database.begin() as connection:
        row = (await connection.execute(Conversation.__table__.select())).one()
    assert (row.forgotten_seq, row.last_seq) == (2, 2)
    assert len((await api.get(f"/v1/conversations/{scene.conversation()}/messages")).json()["items"]) == 2


async def test_a_control_takes_no_other_field(api: httpx.AsyncClient, scene: Scene) -> None:
    await scene.hear("hi")
    refused = await api.post(f"/v1/conversations/{scene.conversation()}/resume", json={"answer": True})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "answer")


async def lease(database: Database, part: object, length: timedelta | None) -> None:
    """A part is being sent for so long, or has been sent."""
    changed = {"lease_until": datetime.now(UTC) + length} if length else {"state": "sent", "lease_until": None}
    async with database.begin() as connection:
        await connection.execute(update(DeliveryRow).where(DeliveryRow.id == part).values(changed))
