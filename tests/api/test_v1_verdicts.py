"""Verdicts are listed, newest first, by bot, conversation and action."""

import httpx

from adapters.database.engine import Database
from settings import Settings
from tests.api.scene import set_scene


async def test_verdicts_are_listed_by_what_they_are_of(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, database: Database, settings: Settings
) -> None:
    scene, other = await set_scene(api, database, settings), await set_scene(api, database, settings)
    heard = await scene.hear("hi")
    turn = await scene.open_turn(heard)
    await scene.judge(turn, "input", "hand_over", heard)
    await scene.judge(turn, "output", "redact")
    listed = (await api.get("/v1/verdicts")).json()["items"]
    assert {(item["direction"], item["action"], item["turn"], item["message_id"]) for item in listed} == {
        ("input", "hand_over", 1, str(heard)),
        ("output", "redact", 1, None),
    }
    assert {(item["bot_id"], item["conversation_id"], *item["categories"]) for item in listed} == {
        (str(scene.bot_id), str(scene.conversation()), "x")
    }
    for wanted, found in (
        ({"bot_id": str(scene.bot_id)}, 2),
        ({"bot_id": str(other.bot_id)}, 0),
        ({"conversation_id": str(scene.conversation())}, 2),
        ({"conversation_id": str(other.conversation())}, 0),
        ({"action": "redact"}, 1),
        ({"action": "end"}, 0),
        ({"limit": "1"}, 1),
    ):
        page = (await api.get("/v1/verdicts", params=wanted)).json()
        assert len(page["items"]) == found, wanted
        assert (page["next_cursor"] is None) == ("limit" not in wanted)
        assert (await stranger.get("/v1/verdicts", params=wanted)).json()["items"] == []
    assert (await api.get("/v1/verdicts", params={"action": "kill"})).status_code == 422
