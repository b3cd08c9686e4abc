"""What goes wrong on request: what the client sees, and what the ledger knows of it."""

import asyncio
import errno
import json
from email.utils import parsedate_to_datetime

import httpx
import pytest

from simulator.faults import Behaviour, Fault, Faults, Target
from simulator.wire import JSON, Object
from tests.simulator.harness import DEADLINE_SECONDS, TOKEN, Bot, Control

HELLO: Object = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}


async def sent_texts(control: Control) -> list[JSON]:
    return [entry["text"] for entry in await control.ledger(kind="outbound")]


async def raw_answer(base_url: str) -> bytes:
    """What a bare socket reads after a sendMessage; raises what the socket does."""
    host, port = base_url.removeprefix("http://").split(":")
    body = b'{"chat_id":7,"text":"x"}'
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        head = f"POST /telegram/bot{TOKEN}/sendMessage HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        return await asyncio.wait_for(reader.read(), DEADLINE_SECONDS)
    finally:
        writer.close()


async def test_a_delay_comes_before_the_answer(bot: Bot, control: Control) -> None:
    await control.fault("delay", seconds=0.2)
    before = asyncio.get_running_loop().time()
    await bot.message("sendMessage", chat_id=7, text="x")
    assert asyncio.get_running_loop().time() - before >= 0.2


@pytest.mark.parametrize(
    ("status", "description"),
    [
        (401, "Unauthorized"),
        (403, "Forbidden: bot was blocked by the user"),
        (400, "Bad Request: chat not found"),
        (500, "Internal Server Error"),
        (502, "Bad Gateway"),
    ],
)
async def test_a_status_comes_with_the_platforms_usual_words(
    bot: Bot, control: Control, status: int, description: str
) -> None:
    await control.fault("status", status=status, method="sendMessage")
    response = await bot.post("sendMessage", chat_id=7, text="x")
    assert response.status_code == status
    assert response.json() == {"ok": False, "error_code": status, "description": description}
    assert await sent_texts(control) == []


async def test_a_429_says_in_three_places_when_to_come_again(bot: Bot, control: Control) -> None:
    await control.fault("status", status=429, retry_after=35)
    response = await bot.post("sendMessage", chat_id=7, text="x")
    assert response.headers["retry-after"] == "35"
    assert response.json() == {
        "ok": False,
        "error_code": 429,
        "description": "Too Many Requests: retry after 35",
        "parameters": {"retry_after": 35},
    }


async def test_a_status_can_carry_any_description_parameters_or_body(bot: Bot, control: Control) -> None:
    await control.fault("status", status=400, parameters={"migrate_to_chat_id": -1007})
    await control.fault("status", status=400, description="Bad Request: TOPIC_CLOSED")
    await control.fault("status", status=502, body="<html>nginx</html>")
    migrated = (await bot.post("sendMessage", chat_id=7, text="x")).json()
    closed = (await bot.post("sendMessage", chat_id=7, text="x")).json()
    gateway = await bot.post("sendMessage", chat_id=7, text="x")
    assert migrated["description"] == "Bad Request: group chat was upgraded to a supergroup chat"
    assert migrated["parameters"] == {"migrate_to_chat_id": -1007}
    assert closed["description"] == "Bad Request: TOPIC_CLOSED"
    assert (gateway.text, gateway.headers["content-type"]) == ("<html>nginx</html>", "text/html; charset=utf-8")


@pytest.mark.parametrize(("kind", "accepted"), [("reset_before_accept", []), ("accept_then_reset", ["x"])])
async def test_a_reset_is_a_real_one(base_url: str, control: Control, kind: str, accepted: list[str]) -> None:
    await control.fault(kind, method="sendMessage")
    with pytest.raises(ConnectionResetError) as caught:
        await raw_answer(base_url)
    assert caught.value.errno == errno.ECONNRESET
    assert await sent_texts(control) == accepted


async def test_a_client_sees_a_reset_as_a_read_error_and_goes_on_after_it(bot: Bot, control: Control) -> None:
    await control.fault("accept_then_reset", method="sendMessage")
    with pytest.raises(httpx.ReadError):
        await bot.call("sendMessage", chat_id=7, text="x")
    await bot.message("sendMessage", chat_id=7, text="y")
    assert await sent_texts(control) == ["x", "y"]


@pytest.mark.parametrize(("kind", "accepted"), [("hang", []), ("accept_then_hang", ["x"])])
async def test_a_hang_gives_no_byte_until_the_client_has_had_enough(
    bot: Bot, control: Control, kind: str, accepted: list[str]
) -> None:
    await control.fault(kind, method="sendMessage")
    path = f"/telegram/bot{TOKEN}/sendMessage"
    with pytest.raises(httpx.ReadTimeout):
        await bot.client.post(path, json={"chat_id": 7, "text": "x"}, timeout=0.2)
    assert await sent_texts(control) == accepted


async def test_a_hang_that_is_over_ends_in_a_reset(bot: Bot, control: Control) -> None:
    await control.fault("hang", seconds=0.1)
    with pytest.raises(httpx.ReadError):
        await bot.call("getMe")


async def test_garbled_json_comes_with_a_good_status(bot: Bot, control: Control) -> None:
    await control.fault("invalid_json")
    response = await bot.post("sendMessage", chat_id=7, text="x")
    assert response.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        response.json()
    assert await sent_texts(control) == ["x"]


async def test_a_fault_meets_only_its_target(bot: Bot, control: Control) -> None:
    await control.fault("status", method="send*", chat_id=8, contains="rain", platform="telegram")
    answers = [
        await bot.call("getMe"),
        await bot.call("sendMessage", chat_id=7, text="rain"),
        await bot.call("sendMessage", chat_id=8, text="sun"),
        await bot.call("sendMessage", chat_id=8, text="much rain"),
        await bot.call("sendMessage", chat_id=8, text="much rain"),
    ]
    assert [answer["ok"] for answer in answers] == [True, True, True, False, True]


async def test_the_list_of_faults_tells_how_often_each_struck(bot: Bot, control: Control) -> None:
    armed = await control.fault("status", status=500, count=2)
    await bot.call("getMe")
    (shown,) = (await control.client.get("/_sim/faults")).json()["items"]
    assert shown == {"id": armed["id"], "kind": "status", "status": 500, "count": 2, "applied": 1, "remaining": 1}
    await control.client.delete("/_sim/faults")
    assert (await bot.call("getMe"))["ok"] is True


async def test_a_call_notes_the_faults_that_met_it(bot: Bot, control: Control) -> None:
    await control.fault("delay", seconds=0)
    await control.fault("status", status=503)
    await bot.call("getMe")
    (call,) = await control.ledger(kind="call")
    assert (call["faults"], call["status"]) == (["delay", "status"], 503)


async def test_a_fault_that_is_none_is_refused(control: Control) -> None:
    for body in ({"kind": "gremlins"}, {"kind": "delay", "secs": 1}, {"kind": "status", "status": 200}):
        assert (await control.client.post("/_sim/faults", json=body)).status_code == 422


def test_only_the_first_decisive_fault_strikes() -> None:
    faults = Faults()
    kinds = ("status", "delay", "hang")
    armed = [faults.add(Fault.model_validate({"kind": kind})) for kind in kinds]
    met = faults.for_call(Target("telegram", "getMe"))
    assert [behaviour.kind for behaviour in met] == ["status", "delay"]
    assert [fault.remaining for fault in armed] == [0, 0, 1]


def test_chances_repeat_with_the_seed() -> None:
    def struck(seed: int) -> list[bool]:
        faults = Faults()
        faults.add(Fault(kind="hang", probability=0.3, seed=seed))
        return [bool(faults.for_call(Target("openai", "models"))) for _ in range(200)]

    assert struck(1) == struck(1) != struck(2)
    assert 30 <= sum(struck(1)) <= 90


def test_a_chance_can_be_limited_in_number() -> None:
    faults = Faults()
    faults.add(Fault(kind="hang", probability=1.0, count=3))
    assert sum(bool(faults.for_call(Target("openai", "models"))) for _ in range(10)) == 3


def test_retry_after_can_be_a_date_or_missing() -> None:
    as_date = Behaviour(kind="status", status=429, retry_after=60, retry_after_form="http_date").retry_headers
    assert parsedate_to_datetime(as_date["Retry-After"]).tzinfo is not None
    assert Behaviour(kind="status", status=429, retry_after=60, retry_after_form="missing").retry_headers == {}
