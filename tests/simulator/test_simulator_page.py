"""The page, and what it is told: as it happens, with the files, and of each simulator that was started again."""

import asyncio
import json
import re
from pathlib import Path

import httpx
import pytest

from simulator.page import FOLDER
from simulator.server import running
from simulator.setup import SetUp, SetUpMissing, read_setup, set_up
from simulator.shelf import Kept, Shelf
from simulator.simulation import Simulation
from tests.files import PAGE, PNG, written
from tests.simulator.harness import TOKEN, Bot, Control, Receiver

PAGE_ID = "1234567890"


async def test_the_page_and_its_parts_are_served_under_a_strict_policy(client: httpx.AsyncClient) -> None:
    page = await client.get("/")
    parts = re.findall(r'(?:src|href)="(static/[^"]+)"', page.text)
    answers = [page, *[await client.get(f"/{part}") for part in parts]]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    for answer in answers:
        assert "default-src 'none'; script-src 'self';" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_only_files_of_the_page_are_served(client: httpx.AsyncClient) -> None:
    names = ["../page.py", "%2e%2e%2fpage.py", "nothing.js", "..%2f__init__.py"]
    assert [(await client.get(f"/static/{name}")).status_code for name in names] == [404] * 4


def test_no_part_makes_html_of_text() -> None:
    """What a bot writes is put onto the page as text."""
    parts = {path.name: path.read_text() for path in FOLDER.glob("*.js")}
    assert parts
    for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert [name for name, text in parts.items() if word in text] == []


async def test_who_waits_is_told_at_once(bot: Bot, control: Control) -> None:
    before = (await control.client.get("/_sim/events")).json()
    waiting = asyncio.create_task(control.client.get("/_sim/events", params={"after": before["last_seq"], "wait": 9}))
    await control.say(text="hello")
    told = (await waiting).json()

    assert [(item["kind"], item["what"]) for item in told["items"]] == [("inbound", "message")]
    assert told["run"] == before["run"]
    assert told["items"][0]["content"]["text"] == "hello"


async def test_who_comes_late_is_told_the_last_of_it(bot: Bot, control: Control) -> None:
    for number in range(3):
        await bot.message("sendMessage", chat_id=7, text=str(number))
    told = (await control.client.get("/_sim/events", params={"most": 2})).json()

    assert [item["text"] for item in told["items"]] == ["1", "2"]
    assert told["last_seq"] == told["items"][-1]["seq"]


async def test_what_is_armed_and_what_nobody_took_is_told(bot: Bot, control: Control, receiver: Receiver) -> None:
    receiver.gate.clear()
    await bot.result("setWebhook", url=receiver.url)
    await control.say(text="hello")
    await receiver.next()
    await control.fault("status", status=429)
    told = (await control.client.get("/_sim/events")).json()
    receiver.gate.set()

    assert [(fault["kind"], fault["remaining"]) for fault in told["faults"]] == [("status", 1)]
    assert [(item["platform"], item["attempts"]) for item in told["pending"]] == [("telegram", 0)]


async def test_a_file_of_a_message_can_be_seen(bot: Bot, control: Control) -> None:
    await control.say(photo={"content_base64": written(PNG)})
    (item,) = (await control.client.get("/_sim/events")).json()["items"]
    place = f"telegram-{item['content']['photo'][-1]['file_id']}"
    seen = await control.client.get(f"/_sim/files/{place}")

    assert seen.content == PNG
    assert seen.headers["content-disposition"] == "inline"


async def test_a_file_cannot_run_here(control: Control) -> None:
    brought = await control.post("/files", name="a.html", mime_type="text/html", content_base64=written(PAGE))
    seen = await control.client.get(str(brought["url"]))

    assert seen.content == PAGE
    assert seen.headers["content-disposition"] == "attachment"
    assert seen.headers["content-security-policy"] == "default-src 'none'; sandbox"


def test_the_oldest_files_are_forgotten_first() -> None:
    shelf = Shelf(most_bytes=10)
    for name in ("a", "b", "a", "c"):
        shelf.keep(name, Kept(name, "text/plain", bytes(5)))

    assert [shelf.at(name) is not None for name in ("a", "b", "c")] == [True, False, True]


async def test_a_page_of_another_origin_steers_nothing(client: httpx.AsyncClient) -> None:
    other = await client.post("/_sim/reset", headers={"Origin": "https://elsewhere.example"})
    own = await client.post("/_sim/reset", headers={"Origin": str(client.base_url).rstrip("/")})

    assert (other.status_code, own.status_code) == (403, 204)


async def test_a_simulator_that_is_started_again_knows_its_bots_and_gives_other_ids(tmp_path: Path) -> None:
    file = tmp_path / "setup.json"
    page = {"access_token": "t", "app_id": "5", "app_secret": "s", "name": "Ada"}
    calls = [
        {"path": f"/telegram/bot{TOKEN}/setMyName", "body": {"name": "Ada"}},
        {"path": f"/_sim/messenger/pages/{PAGE_ID}", "body": page},
    ]
    file.write_text(json.dumps(calls))
    ids = []
    for _ in range(2):
        async with running() as url, httpx.AsyncClient(base_url=url, trust_env=False) as client:
            await set_up(url, read_setup(file))
            accounts = (await client.get("/_sim/accounts")).json()
            assert [accounts[name][0]["name"] for name in ("telegram", "messenger")] == ["Ada", "Ada"]
            said = await client.post(f"/_sim/messenger/{PAGE_ID}/messages", json={"from": "7", "text": "hello"})
            ids.append(said.json()["message_id"])

    assert ids[0] != ids[1]


async def test_what_cannot_be_set_up_is_told_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text('[{"path": "no/slash"}]')
    for name in ("missing.json", "broken.json"):
        with pytest.raises(SetUpMissing, match=name):
            read_setup(tmp_path / name)
    async with running(simulation=Simulation()) as url:
        with pytest.raises(SetUpMissing, match=r"/_sim/slack/… is refused with 422"):
            await set_up(url, [SetUp(path="/_sim/slack/no-token/app")])
