"""replay: recorded conversations go the same way with the code at hand, or the difference is named."""

import asyncio
import json
from pathlib import Path

import pytest
from sqlalchemy import select
from temporalio.client import Client

from adapters.database.tables import Conversation
from commands.replay import HistoryMissing, replay
from settings import Settings
from tests.product import Product

NOWHERE = "00000000-0000-0000-0000-000000000000"


async def answered(product: Product) -> str:
    """The id of a conversation in which a message was answered."""
    visitor = await product.visitor(bursts={"policy": "queue"}, model={"provider": "demo"})
    await visitor.say("hello")
    await visitor.heard(1)
    async with product.database.begin() as connection:
        return str(await connection.scalar(select(Conversation.id)))


async def recorded(product: Product, conversation: str, path: Path) -> Path:
    client = await Client.connect(str(product.settings.temporal_address))
    handle = client.get_workflow_handle(f"conversation:{conversation}")
    await asyncio.to_thread(path.write_text, (await handle.fetch_history()).to_json())
    return path


def rename(file: Path, activity: str, name: str) -> None:
    """Makes the history that of code that called an activity by another name."""
    history = json.loads(file.read_text())
    for event in history["events"]:
        scheduled = event.get("activityTaskScheduledEventAttributes", {})
        if scheduled.get("activityType", {}).get("name") == activity:
            scheduled["activityType"]["name"] = name
    file.write_text(json.dumps(history))


@pytest.mark.slow
async def test_a_conversation_of_the_server_goes_the_same_way(
    product: Product, capsys: pytest.CaptureFixture[str]
) -> None:
    conversation = await answered(product)
    assert await replay(product.settings, conversation, None, 10) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[-2].startswith(f"same    conversation:{conversation} run ")
    assert lines[-1] == "1 replayed, 0 failed"


@pytest.mark.slow
async def test_a_recorded_file_goes_the_same_way(product: Product, tmp_path: Path) -> None:
    file = await recorded(product, await answered(product), tmp_path / "history.json")

    assert await replay(product.settings, None, file, 1) == 0


@pytest.mark.slow
async def test_a_difference_is_exit_code_1_and_names_the_event(
    product: Product, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = await recorded(product, await answered(product), tmp_path / "history.json")
    rename(file, "complete", "compose")
    assert await replay(product.settings, None, file, 1) == 1

    lines = capsys.readouterr().out.splitlines()
    assert lines[-2].startswith("differs conversation:")
    assert "'compose'" in lines[-2]
    assert lines[-1] == "1 replayed, 1 failed"


@pytest.mark.parametrize("conversation", ["nonsense", NOWHERE, f"conversation:{NOWHERE}"])
async def test_an_unknown_conversation_is_refused(settings: Settings, conversation: str) -> None:
    with pytest.raises(HistoryMissing):
        await replay(settings, conversation, None, 10)


@pytest.mark.parametrize("content", ["", "nonsense", "{}", '{"events": []}', "[]"])
async def test_a_file_that_is_no_history_is_refused(settings: Settings, tmp_path: Path, content: str) -> None:
    file = tmp_path / "history.json"
    await asyncio.to_thread(file.write_text, content)
    with pytest.raises(HistoryMissing):
        await replay(settings, None, file, 1)
