"""Approvals over the API: listed as they stand, decided once, and never after nobody waits for them."""

import httpx
from sqlalchemy import select

from adapters.database.engine import Database
from adapters.database.records import Event
from settings import Settings
from tests.api.scene import Scene, set_scene


async def asked(
    api: httpx.AsyncClient, database: Database, settings: Settings, **within: float
) -> tuple[Scene, str, object]:
    """A scene with a call that waits, its approval's path and its turn."""
    scene = await set_scene(api, database, settings)
    turn = await scene.open_turn(await scene.hear("order tea"))
    return scene, f"/v1/approvals/{await scene.ask_approval(turn, **within)}", turn


async def states(api: httpx.AsyncClient, wanted: str) -> int:
    """How many approvals stand so."""
    return len((await api.get("/v1/approvals", params={"state": wanted})).json()["items"])


async def test_what_waits_is_shown_with_what_would_be_called(
    viewer: httpx.AsyncClient, api: httpx.AsyncClient, database: Database, settings: Settings
) -> None:
    scene, path, _ = await asked(api, database, settings)
    (shown,) = (await viewer.get("/v1/approvals", params={"state": "pending"})).json()["items"]
    assert (shown["tool"], shown["arguments"], shown["state"]) == ("order", {"item": "tea"}, "pending")
    assert (shown["turn"], shown["conversation_id"]) == (1, str(scene.conversation()))
    assert (await viewer.get(path)).json() == shown
    assert await states(viewer, "approved") == 0


async def test_a_decision_is_made_once(
    operator: httpx.AsyncClient, api: httpx.AsyncClient, database: Database, settings: Settings
) -> None:
    _, path, _ = await asked(api, database, settings)
    approved = (await operator.post(f"{path}/approve")).json()
    assert approved["state"] == "approved"
    assert approved["decided_by"]
    assert (await operator.post(f"{path}/approve")).json() == approved
    denied = await operator.post(f"{path}/deny")
    assert (denied.status_code, denied.json()["code"]) == (409, "not_pending")
    assert (await states(api, "approved"), await states(api, "pending")) == (1, 0)


async def test_nothing_is_decided_once_the_turn_is_over(
    operator: httpx.AsyncClient, api: httpx.AsyncClient, database: Database, settings: Settings
) -> None:
    scene, path, turn = await asked(api, database, settings)
    await scene.end_turn(turn)  # type: ignore[arg-type]  # an id as the scene gave it
    assert (await operator.post(f"{path}/approve")).status_code == 409
    assert (await states(api, "withdrawn"), await states(api, "pending")) == (1, 0)


async def test_nothing_is_decided_once_the_time_is_over(
    operator: httpx.AsyncClient, api: httpx.AsyncClient, database: Database, settings: Settings
) -> None:
    _, path, _ = await asked(api, database, settings, seconds=-1)
    assert (await operator.post(f"{path}/approve")).status_code == 409
    assert await states(api, "expired") == 1


async def test_a_decision_is_told_to_the_workflow_as_a_control(
    operator: httpx.AsyncClient, api: httpx.AsyncClient, database: Database, settings: Settings
) -> None:
    scene, path, _ = await asked(api, database, settings)
    await operator.post(f"{path}/deny")
    async with database.begin() as connection:
        told = select(Event.payload, Event.conversation_id).where(Event.ours, Event.kind == "control")
        rows = [tuple(row) for row in await connection.execute(told)]
    assert rows == [({"details": {"control": "decide"}}, scene.conversation())]
