"""Messages over HTTP: with turn, verdict, deliveries, and who answers whom."""

import httpx
import pytest
from sqlalchemy import select

from adapters.database.engine import Database
from adapters.database.records import Event
from settings import Settings
from tests.api.scene import Scene, set_scene


@pytest.fixture
async def scene(api: httpx.AsyncClient, database: Database, settings: Settings) -> Scene:
    """A bot with a Telegram channel."""
    return await set_scene(api, database, settings)


async def listed(api: httpx.AsyncClient, scene: Scene, **params: object) -> list[dict[str, object]]:
    """The messages of the conversation."""
    answer = await api.get(f"/v1/conversations/{scene.conversation()}/messages", params=dict(params))  # type: ignore[arg-type]  # numbers and texts
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def test_a_message_is_shown_as_promised(api: httpx.AsyncClient, scene: Scene) -> None:
    heard = await scene.hear("hello", reply_to="99", attachments=[{"kind": "photo", "reference": "f1"}])
    (shown,) = await listed(api, scene)
    expected = {
        "id": str(heard), "seq": 1, "direction": "inbound", "author": "contact", "text": "hello",
        "platform_message_id": "101", "turn": None, "state": "received", "reason": None, "answered_by": [],
        "answers": [], "verdict": None, "deliveries": [], "edited_at": None, "deleted_at": None, "metadata": {},
        "reply_to": "99", "conversation_id": str(scene.conversation()),
    }  # fmt: skip
    assert {name: shown[name] for name in expected} == expected
    assert shown["attachments"][0]["kind"] == "photo"  # type: ignore[index]  # a list


async def test_a_reply_names_what_it_answers_and_the_other_way_round(api: httpx.AsyncClient, scene: Scene) -> None:
    first, second = await scene.hear("one"), await scene.hear("two")
    turn = await scene.open_turn(first, second, number=3)
    reply, deliveries = await scene.reply(turn, "both", "sent", "uncertain")
    await scene.end_turn(turn)
    shown = await listed(api, scene)
    assert [(item["turn"], item["state"], item["answered_by"], item["answers"]) for item in shown] == [
        (3, "answered", [str(reply)], []),
        (3, "answered", [str(reply)], []),
        (3, None, [], [str(first), str(second)]),
    ]
    parts = shown[2]["deliveries"]
    assert [(part["id"], part["part"], part["state"]) for part in parts] == [  # type: ignore[attr-defined]  # a list
        (str(deliveries[0]), 1, "sent"),
        (str(deliveries[1]), 2, "uncertain"),
    ]


async def test_a_reply_that_was_stopped_before_it_began_answers_nothing(api: httpx.AsyncClient, scene: Scene) -> None:
    heard = await scene.hear("one")
    turn = await scene.open_turn(heard)
    await scene.reply(turn, "never", "dropped", "dropped")
    planned, _ = await scene.reply(turn, "planned", "planned")
    shown = await listed(api, scene)
    assert [(item["text"], item["answered_by"], item["answers"]) for item in shown] == [
        ("one", [str(planned)], []),
        ("never", [], []),
        ("planned", [], [str(heard)]),
    ]


async def test_the_strictest_verdict_is_shown_where_it_was_found(api: httpx.AsyncClient, scene: Scene) -> None:
    first, second = await scene.hear("one"), await scene.hear("two")
    turn = await scene.open_turn(first, second)
    await scene.reply(turn, "answer", "sent")
    await scene.judge(turn, "input", "allow")
    await scene.judge(turn, "input", "refuse", message_id=second)
    await scene.judge(turn, "output", "redact")
    shown = await listed(api, scene)
    assert [item["verdict"]["action"] for item in shown] == ["allow", "refuse", "redact"]  # type: ignore[index]  # a dict
    assert shown[2]["verdict"] == {"action": "redact", "provider": "rules", "categories": ["x"]}


async def test_pages_are_oldest_first(api: httpx.AsyncClient, scene: Scene) -> None:
    for number in range(5):
        await scene.hear(str(number))
    address, texts, cursor = f"/v1/conversations/{scene.conversation()}/messages", [], None
    for _ in range(3):
        page = (await api.get(address, params={"limit": 2, **({"cursor": cursor} if cursor else {})})).json()
        texts.append([item["text"] for item in page["items"]])
        cursor = page["next_cursor"]
    assert (texts, cursor) == ([["0", "1"], ["2", "3"], ["4"]], None)
    assert [item["text"] for item in await listed(api, scene, after_seq=3)] == ["3", "4"]


async def test_an_operator_speaks(api: httpx.AsyncClient, operator: httpx.AsyncClient, scene: Scene) -> None:
    await scene.hear("help")
    said = await operator.post(f"/v1/conversations/{scene.conversation()}/messages", json={"text": "Kim here"})
    assert said.status_code == 201
    assert (said.json()["author"], said.json()["direction"], said.json()["state"]) == ("operator", "outbound", None)
    assert (await listed(api, scene))[1] == said.json()


async def test_what_an_operator_says_is_recorded_to_be_handed_over(
    api: httpx.AsyncClient, scene: Scene, database: Database
) -> None:
    await scene.hear("help")
    said = await api.post(f"/v1/conversations/{scene.conversation()}/messages", json={"text": "Kim here"})
    async with database.begin() as connection:
        kinds = (await connection.scalars(select(Event.kind).where(Event.ours))).all()
    assert (said.status_code, kinds) == (201, ["say"])


async def test_an_operator_says_something_of_reasonable_length(api: httpx.AsyncClient, scene: Scene) -> None:
    await scene.hear("help")
    for text in ("", "  \n", "x" * 40_001, None, 7):
        refused = await api.post(f"/v1/conversations/{scene.conversation()}/messages", json={"text": text})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "text"), text
    longest = await api.post(f"/v1/conversations/{scene.conversation()}/messages", json={"text": "x" * 40_000})
    assert (longest.status_code, len(await listed(api, scene))) == (201, 2)


async def test_what_would_show_nothing_is_not_said(api: httpx.AsyncClient, scene: Scene) -> None:
    await scene.hear("help")
    for text in ("---", "\u200b"):
        answer = await api.post(f"/v1/conversations/{scene.conversation()}/messages", json={"text": text})
        assert (answer.status_code, answer.json()["code"]) == (422, "empty"), text
