"""What a contact or an operator says, and every secret, stays out of logs and out of answers about problems."""

import httpx
import pytest

from adapters.database.engine import Database
from adapters.processes.ports import free_port
from settings import Settings
from tests.api.scene import set_scene
from tests.product import make_key, running_api

SAID = "canary-of-a-contact"
TOKEN = "4242:canary-of-a-token"
INSTRUCTIONS = "canary-of-instructions"


async def test_nothing_that_was_said_and_no_secret_is_logged(
    settings: Settings, database: Database, capfd: pytest.CaptureFixture[str]
) -> None:
    nowhere = settings.model_copy(update={"telegram_api_url": f"http://127.0.0.1:{free_port()}"})
    key = await make_key(settings, database)
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": SAID}
    async with running_api(nowhere) as url, httpx.AsyncClient(base_url=url, timeout=30) as client:
        client.headers["Authorization"] = headers["Authorization"]
        scene = await set_scene(client, database, settings, instructions=INSTRUCTIONS)
        await scene.hear(SAID)
        conversation, channel = f"/v1/conversations/{scene.conversation()}", f"/v1/channels/{scene.channel_id}"
        answers = [
            await client.patch(channel, json={"credentials": {"token": TOKEN}}),
            await client.post(f"{channel}/webhook"),
            await client.post(f"{conversation}/messages", json={"text": SAID}, headers=headers),
            await client.post(f"{conversation}/messages", json={"text": SAID, "more": SAID}, headers=headers),
            await client.post("/v1/bots", json={"name": SAID, "instructions": ["x"], "model": {"name": []}}),
            await client.patch(channel, json={"credentials": {"token": f" {TOKEN}"}}),
            await client.get("/v1/conversations", params={"q": SAID, "limit": 0}),
        ]
    assert [answer.status_code for answer in answers] == [200, 503, 201, 422, 422, 422, 422]
    logged = "".join(capfd.readouterr())
    told = "".join(answer.text for answer in answers if answer.is_error)
    assert "api_ready" in logged
    assert [canary for canary in (SAID, TOKEN, INSTRUCTIONS, key) if canary in logged or canary in told] == []
