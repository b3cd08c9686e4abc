"""The simulated Discord's shards: who is told of what, which sessions may begin, and what too many cost."""

import pytest

from simulator.wire import JSON, Object
from tests.simulator.harness import Control
from tests.simulator.test_simulated_discord import ALL, TOKEN, closed, connected, hear, rest, say

FIRST, SECOND = (str(number << 22) for number in (6, 7))
"""Servers of the first and the second of two shards."""


async def as_shard(control: Control, shard: JSON) -> Object | int | None:
    """What whoever identifies as a shard is told first, or is closed with."""
    async with connected(control) as socket:
        await say(socket, 2, {"token": TOKEN, "intents": ALL, "shard": shard})
        try:
            return await hear(socket)
        finally:
            await socket.close(4900)


async def test_a_shard_is_told_of_its_servers(control: Control) -> None:
    await control.post(f"/discord/{TOKEN}/starts", max_concurrency=2)
    for channel, guild in (("1", FIRST), ("2", SECOND)):
        await control.post(f"/discord/channels/{channel}", guild=guild)
    async with connected(control) as socket:
        await say(socket, 2, {"token": TOKEN, "intents": ALL, "shard": [1, 2]})
        ready, created = await hear(socket), await hear(socket)
        assert isinstance(ready["d"], dict)
        assert isinstance(created["d"], dict)
        assert (ready["d"]["shard"], created["d"]["id"]) == ([1, 2], SECOND)
        await control.post(f"/discord/{TOKEN}/messages", text="to the first one")
        await control.post(f"/discord/{TOKEN}/messages", text="there", channel="1", guild=FIRST)
        await control.post(f"/discord/{TOKEN}/messages", text="here", channel="2", guild=SECOND)
        told = (await hear(socket))["d"]
        assert isinstance(told, dict)
        assert told["content"] == "here"


@pytest.mark.parametrize("shard", [[2, 2], [-1, 2], ["0", 1], [0], "0"])
async def test_a_shard_that_cannot_be_is_closed(control: Control, shard: JSON) -> None:
    async with connected(control) as socket:
        await say(socket, 2, {"token": TOKEN, "intents": ALL, "shard": shard})
        assert await closed(socket) == 4010


async def test_a_shard_of_too_many_servers_is_closed(control: Control) -> None:
    await control.post(f"/discord/{TOKEN}/starts", shards=2, guilds_per_shard=1)
    for channel, guild in (("1", FIRST), ("2", SECOND)):
        await control.post(f"/discord/channels/{channel}", guild=guild)
    async with connected(control) as socket:
        await say(socket, 2, {"token": TOKEN, "intents": ALL})
        assert await closed(socket) == 4011
    assert (await rest(control, "GET", "/gateway/bot")).json()["shards"] == 2


async def test_two_sessions_of_one_bucket_are_too_many_at_once(control: Control) -> None:
    first, second = await as_shard(control, [0, 2]), await as_shard(control, [1, 2])
    assert isinstance(first, dict)
    assert (first["t"], second) == ("READY", {"op": 9, "d": False})


async def test_one_session_too_many_costs_the_token(control: Control) -> None:
    await control.post(f"/discord/{TOKEN}/starts", remaining=1, seconds_apart=0)
    assert isinstance(await as_shard(control, [0, 1]), dict)
    limit = (await rest(control, "GET", "/gateway/bot")).json()["session_start_limit"]
    assert (limit["remaining"], limit["total"], limit["max_concurrency"]) == (0, 1000, 1)
    async with connected(control) as socket:
        await say(socket, 2, {"token": TOKEN, "intents": ALL})
        assert await closed(socket) == 4004
    assert (await rest(control, "GET", "/users/@me")).status_code == 401


def form(*names: str, title: str = "Order", kind: int = 18) -> Object:
    """A form as an app answers with it."""
    questions: list[JSON] = [
        {"type": kind, "label": "Which?", "component": {"type": 4, "style": 1, "custom_id": name}} for name in names
    ]
    return {"type": 9, "data": {"custom_id": "form", "title": title, "components": questions}}


@pytest.mark.parametrize(
    ("shown", "status"),
    [
        (form("a", "b"), 204),
        (form(), 400),
        (form(*"abcdef"), 400),
        (form("a", "a"), 400),
        (form("a", title="x" * 46), 400),
        (form("a", kind=1), 400),
    ],
)
async def test_a_form_is_looked_at(control: Control, shown: Object, status: int) -> None:
    told = await control.post(f"/discord/{TOKEN}/commands", command="order")
    answer = await rest(control, "POST", f"/interactions/{told['id']}/{told['token']}/callback", shown)
    assert answer.status_code == status


async def test_a_form_is_filled_in_once_and_answered_with_no_other_one(control: Control) -> None:
    opened = await control.post(f"/discord/{TOKEN}/commands", command="order")
    await rest(control, "POST", f"/interactions/{opened['id']}/{opened['token']}/callback", form("a"))
    async with connected(control) as socket:
        await say(socket, 2, {"token": TOKEN, "intents": ALL})
        assert (await hear(socket))["t"] == "READY"
        sent = await control.post(f"/discord/{TOKEN}/forms", id=opened["id"], answers={"a": "tea"})
        told = (await hear(socket))["d"]
    assert isinstance(told, dict)
    given: Object = {"type": 4, "id": 2, "custom_id": "a", "value": "tea"}
    assert told["data"] == {"custom_id": "form", "components": [{"type": 18, "id": 1, "component": given}]}
    again = await control.client.post(f"/_sim/discord/{TOKEN}/forms", json={"id": opened["id"]})
    assert again.status_code == 409
    refused = await rest(control, "POST", f"/interactions/{sent['id']}/{sent['token']}/callback", form("a"))
    assert refused.status_code == 400
