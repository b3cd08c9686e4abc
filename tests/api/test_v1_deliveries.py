"""Deliveries and events over HTTP: what is in doubt and its end, what became of each event."""

from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import insert, select

from adapters.database.engine import Database
from adapters.database.records import DeliveryRow, Event, Notice
from domain.events import EventKind
from settings import Settings
from tests.api.scene import Scene, set_scene


@pytest.fixture
async def scene(api: httpx.AsyncClient, database: Database, settings: Settings) -> Scene:
    """A bot with a Telegram channel."""
    return await set_scene(api, database, settings)


async def test_deliveries_are_listed_by_state_and_channel(api: httpx.AsyncClient, scene: Scene) -> None:
    turn = await scene.open_turn(await scene.hear("hi"))
    _, (sent, doubtful) = await scene.reply(turn, "answer", "sent", "uncertain")
    wanted: list[dict[str, str]] = [
        {},
        {"state": "uncertain"},
        {"channel_id": str(scene.channel_id), "state": "sent"},
        {"channel_id": str(uuid4())},
    ]
    listed = [(await api.get("/v1/deliveries", params=params)).json()["items"] for params in wanted]
    assert [{item["id"] for item in items} for items in listed] == [
        {str(sent), str(doubtful)},
        {str(doubtful)},
        {str(sent)},
        set(),
    ]
    assert {name: listed[1][0][name] for name in ("part", "state", "attempts", "error", "reason")} == {
        "part": 2, "state": "uncertain", "attempts": 0, "error": None, "reason": None,
    }  # fmt: skip


async def test_a_write_off_ends_doubt(operator: httpx.AsyncClient, scene: Scene) -> None:
    turn = await scene.open_turn(await scene.hear("hi"))
    _, (doubtful,) = await scene.reply(turn, "answer", "uncertain")
    written_off = await operator.post(f"/v1/deliveries/{doubtful}/write-off")
    again = await operator.post(f"/v1/deliveries/{doubtful}/write-off")
    assert (written_off.status_code, written_off.json()["state"], written_off.json()["reason"]) == (
        200,
        "failed",
        "written_off",
    )
    assert (again.status_code, again.json()["code"]) == (409, "not_in_doubt")


async def test_a_resend_plans_the_part_and_gives_its_conversation_work(
    operator: httpx.AsyncClient, scene: Scene, database: Database
) -> None:
    turn = await scene.open_turn(await scene.hear("hi"))
    _, parts = await scene.reply(turn, "answer", "uncertain", "failed")
    for part in parts:
        sent_again = await operator.post(f"/v1/deliveries/{part}/resend")
        assert (sent_again.status_code, sent_again.json()["state"]) == (200, "planned")
    async with database.begin() as connection:
        ours = (await connection.execute(select(Event.conversation_id, Event.kind).where(Event.ours))).all()
    assert ours == [(scene.conversation(), EventKind.SAY)] * 2


async def test_what_is_not_in_doubt_stays_as_it_is(api: httpx.AsyncClient, scene: Scene, database: Database) -> None:
    turn = await scene.open_turn(await scene.hear("hi"))
    states = ("planned", "sending", "sent", "dropped")
    _, parts = await scene.reply(turn, "answer", *states)
    for part in parts:
        refused = [await api.post(f"/v1/deliveries/{part}/{verb}") for verb in ("resend", "write-off")]
        assert [(item.status_code, item.json()["code"]) for item in refused] == [(409, "not_in_doubt")] * 2
    async with database.begin() as connection:
        assert (await connection.scalars(select(DeliveryRow.state).order_by(DeliveryRow.part))).all() == list(states)


async def test_events_are_listed_with_what_became_of_them(api: httpx.AsyncClient, scene: Scene) -> None:
    first = await scene.hear("one")
    scene.clock += timedelta(seconds=1)
    second = await scene.hear("two", chat="other")
    turn = await scene.open_turn(first, number=4)
    await scene.end_turn(turn)
    wanted: list[dict[str, str]] = [
        {},
        {"state": "answered"},
        {"conversation_id": str(scene.conversation("other"))},
        {"channel_id": str(scene.channel_id), "limit": "1"},
        {"channel_id": str(uuid4())},
    ]
    listed = [(await api.get("/v1/events", params=params)).json() for params in wanted]
    ids = [[item["id"] for item in page["items"]] for page in listed]
    assert ids == [[str(second), str(first)], [str(first)], [str(second)], [str(second)], []]
    answered = listed[1]["items"][0]
    assert (answered["turn"], answered["kind"], answered["key"]) == (4, "message", "update:1")


async def test_an_event_shows_what_was_told_but_nothing_that_answers_in_the_bots_name(
    api: httpx.AsyncClient, scene: Scene
) -> None:
    details = {"added": ["x"], "answer_by": {"interaction": "1", "token": "secret"}}
    heard = await scene.hear("", kind=EventKind.REACTION, details=details)
    for shown in ((await api.get(f"/v1/events/{heard}")).json(), (await api.get("/v1/events")).json()["items"][0]):
        assert shown["details"] == {"added": ["x"]}
        assert (shown["platform_message_id"], shown["sender"]["name"]) == ("101", "Test User")


async def test_what_we_tell_ourselves_is_no_event(api: httpx.AsyncClient, scene: Scene) -> None:
    heard = await scene.hear("one")
    await api.post(f"/v1/conversations/{scene.conversation()}/pause")
    await api.post(f"/v1/conversations/{scene.conversation()}/messages", json={"text": "hello"})
    assert [item["id"] for item in (await api.get("/v1/events")).json()["items"]] == [str(heard)]


async def test_notices_are_listed(api: httpx.AsyncClient, scene: Scene, database: Database) -> None:
    async with database.begin() as connection:
        await connection.execute(
            insert(Notice).values(
                id=uuid4(), workspace_id=scene.workspace_id, kind="delivery_uncertain", details={"part": 1}
            )
        )
    (notice,) = (await api.get("/v1/notices")).json()["items"]
    assert (notice["kind"], notice["details"], notice["conversation_id"]) == ("delivery_uncertain", {"part": 1}, None)
