"""Logs at their loudest: a whole conversation with its failures, and not a word of it, nor a secret."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import make_url

from adapters.database.engine import Database
from adapters.processes.ports import free_port
from settings import Settings
from tests.api.door import Door, said
from tests.machine import until
from tests.processes import environment
from tests.product import WEBHOOK_SECRET, MadeChannel, Product, Visitor, make_key
from tests.simulated import TOKEN, Simulated

CANARY = "canary-of-a-contact"
MODEL_KEY = "sk-canary-of-the-model"
LINES = ("api_ready", "worker_ready", "event_recorded", "part_not_sent")


@pytest.fixture
def loud(pointed: Settings) -> Settings:
    """The settings of processes that log everything."""
    return pointed.model_copy(update={"encrypt_payloads": True})


@asynccontextmanager
async def logging_to(log: Path, settings: Settings, *arguments: str) -> AsyncIterator[None]:
    """A command in a process of its own; what it writes goes to a file."""
    variables = {"LOG_LEVEL": "DEBUG", "LOG_FORMAT": "json", "OPENAI_API_KEY": MODEL_KEY}
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "cli", *arguments, env=environment(settings) | variables, stdout=out, stderr=out
        )
        try:
            yield
        finally:
            process.terminate()
            await process.wait()


async def converse(product: Product, channel: MadeChannel) -> None:
    """What can be said and can go wrong, on both platforms."""
    simulated = product.simulated
    await simulated.say(7, f"{CANARY} fine", name=CANARY)
    await product.until_states("answered")
    refusal = {"kind": "status", "status": 400, "description": f"no {CANARY} here", "body": {"error": CANARY}}
    busy = {"contains": "busy", "fault": {**refusal, "status": 500}, "count": 1}
    await simulated.answers({"contains": "refused", "fault": refusal}, busy)
    await simulated.say(7, f"{CANARY} refused", name=CANARY)
    await product.until_states("answered", "failed")
    await simulated.say(7, f"{CANARY} busy", name=CANARY)
    await product.until_states("answered", "failed", "answered")
    await simulated.fault("status", status=403, description="Forbidden: not allowed", method="sendMessage")
    await simulated.say(7, f"{CANARY} blocked")
    await product.until_states("answered", "failed", "answered", "failed")
    door = Door(product.url, product.client, product.database, channel)
    for body in (CANARY.encode(), json.dumps(said(1, CANARY, chat=10**30)).encode()):
        await door.post_bytes(body)
    await product.client.post(door.path, content=CANARY, headers={"X-Telegram-Bot-Api-Secret-Token": CANARY})


async def chat(product: Product, visitor: Visitor) -> None:
    """A visitor speaks, rightly and wrongly."""
    await visitor.say(f"{CANARY} on the web")
    await visitor.heard(1)
    await visitor.say("")
    await product.client.get("/v1/bots", headers={"Authorization": f"Bearer {CANARY}"})
    await product.client.get(f"/webchat/{CANARY}/messages?after_seq={CANARY}", headers=visitor.headers)


@pytest.mark.slow
async def test_no_line_holds_what_was_said_or_a_secret(
    loud: Settings, database: Database, simulated: Simulated, tmp_path: Path
) -> None:
    key, port = await make_key(loud, database), free_port()
    logs = [tmp_path / "api", tmp_path / "worker"]
    url = f"http://127.0.0.1:{port}"
    async with (
        logging_to(logs[0], loud, "api", "--port", str(port)),
        logging_to(logs[1], loud, "worker"),
        httpx.AsyncClient(base_url=url, timeout=30) as client,
    ):

        async def up() -> bool:
            try:
                return (await client.get("/health/ready")).json()["status"] == "ready"
            except httpx.TransportError:
                return False

        await until(up)
        product = Product(loud, url, client, database, simulated)
        await product.client.get("/v1/bots", headers={"Authorization": f"Bearer {key}"})
        await converse(product, await product.telegram(bursts={"policy": "queue"}, instructions=CANARY))
        visitor = await product.visitor(bursts={"policy": "queue"})
        await chat(product, visitor)
    written = "".join(log.read_text() for log in logs)
    password = str(make_url(str(loud.database_url)).password)
    secrets = {
        "text": CANARY, "bot token": TOKEN, "webhook secret": WEBHOOK_SECRET, "model key": MODEL_KEY, "API key": key,
        "session token": visitor.session["token"], "session secret": visitor.session["secret"],
        "SECRET_KEY": loud.secrets()[0], "password of the database": password,
    }  # fmt: skip
    assert [name for name in LINES if name not in written] == []
    assert [name for name, secret in secrets.items() if str(secret) in written] == []
    assert [line for line in written.splitlines() if not line.startswith("{")] == []
