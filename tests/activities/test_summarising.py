"""Summaries: made beside the turns once a window is outgrown, told in place of what they cover, dropped when untrue."""

import asyncio
import json
from uuid import UUID

import pytest
from pydantic import JsonValue
from sqlalchemy import select

from adapters.database import transcripts, voice
from adapters.database.engine import Database
from adapters.database.prompt_records import Summary
from adapters.database.records import Usage
from settings import Settings
from tests.activities.memory import remembering, requests
from tests.machine import until
from tests.product import Product
from tests.simulated import Simulated


async def test_what_a_window_has_no_room_for_is_summarised_once_and_paid(
    simulating: Settings, database: Database, simulated: Simulated
) -> None:
    await simulated.answer("They counted.")
    async with remembering(simulating, database) as memory:
        await memory.talk("one", "two", "three")
        await asyncio.gather(memory.run(), memory.run())
        await memory.run()
        assert (await requests(simulated))[0] == (
            "<chat>\ncontact: one\nassistant: the reply\ncontact: two\nassistant: the reply\n</chat>"
        )
        ((covered, text),) = await memory.kept()
        assert text == "They counted."
        async with database.begin() as connection:
            begun = await memory.chat.begin(*await memory.tell("four"))
            context = await transcripts.load_context(connection, memory.chat.vault, memory.chat.id, UUID(begun.turn_id))
        assert context is not None
        assert [line.text for line in context.lines] == ["three", "the reply", "four"]
        assert context.summary == "They counted."
        used = await memory.chat.rows(select(Usage.model, Usage.generation))
        assert used == [("gpt-4.1-mini", 0)] * len(await requests(simulated))
        assert await memory.due() == []
        assert isinstance(covered, int)


async def test_the_next_summary_carries_the_one_before_on(
    simulating: Settings, database: Database, simulated: Simulated
) -> None:
    async with remembering(simulating, database) as memory:
        await simulated.answer("First.")
        await memory.talk("one", "two", "three")
        await memory.run()
        await simulated.answer("Second.")
        await memory.talk("four", "five")
        await memory.run()
        assert "<summary>\nFirst.\n</summary>" in (await requests(simulated))[1]
        assert "one" not in (await requests(simulated))[1]
        assert [text for _, text in await memory.kept()] == ["First.", "Second."]


@pytest.mark.parametrize("kind", ["edit", "delete"])
async def test_a_change_drops_what_was_made_of_the_message(
    simulating: Settings, database: Database, simulated: Simulated, kind: str
) -> None:
    await simulated.answer("They told a secret.")
    async with remembering(simulating, database) as memory:
        await memory.talk("one", "two", "three")
        await memory.run()
        assert len(await memory.kept()) == 1
        await memory.tell("changed", kind=kind, platform_message_id="three")
        assert len(await memory.kept()) == 1
        await memory.tell("changed", kind=kind, platform_message_id="two")
        assert await memory.kept() == []


async def test_a_reset_drops_them_and_what_was_said_before_comes_in_no_other(
    simulating: Settings, database: Database, simulated: Simulated
) -> None:
    async with remembering(simulating, database) as memory:
        await memory.talk("one", "two", "three")
        await memory.run()
        async with database.begin() as connection:
            await voice.forget(connection, memory.chat.id, memory.chat.channel.workspace_id)
        assert await memory.kept() == []
        await memory.run()
        assert (await memory.kept(), len(await requests(simulated))) == ([], 1)


async def test_what_changes_while_the_model_works_keeps_its_summary_out(
    simulating: Settings, database: Database, simulated: Simulated
) -> None:
    await simulated.answer("They told a secret.", delay_seconds=1)
    async with remembering(simulating, database) as memory:
        await memory.talk("one", "two", "three")
        running = asyncio.create_task(memory.run())

        async def is_asked() -> bool:
            return len(await simulated.asked()) == 1

        await until(is_asked)
        await memory.tell("", kind="delete", platform_message_id="one")
        await running
        assert (await memory.kept(), await memory.due()) == ([], [(1,)])
        assert len(await memory.chat.rows(select(Usage.id))) == 1


async def test_nothing_from_an_open_message_on_is_in_a_summary(
    simulating: Settings, database: Database, simulated: Simulated
) -> None:
    async with remembering(simulating, database) as memory:
        await memory.talk("one")
        (waiting,) = await memory.tell("waits")
        await memory.hold(waiting)
        await memory.talk("two", "three")
        await memory.run()
        (told,) = await requests(simulated)
        assert told == "<chat>\ncontact: one\nassistant: the reply\n</chat>"


async def test_a_chat_that_fits_and_the_demo_model_cost_nothing(
    simulating: Settings, database: Database, simulated: Simulated
) -> None:
    async with remembering(simulating, database) as memory:
        await memory.talk("one")
        await memory.run()
    async with remembering(simulating, database, model={"provider": "demo"}) as memory:
        await memory.talk("one", "two", "three")
        await memory.run()
        assert (await memory.kept(), await memory.due()) == ([], [])
    assert await simulated.asked() == []


async def test_what_is_redacted_is_in_no_summary(
    simulating: Settings, database: Database, simulated: Simulated
) -> None:
    moderation: JsonValue = {"categories": {"card_number": {"action": "redact"}}}
    async with remembering(simulating, database, moderation=moderation) as memory:
        await memory.talk("my card is 4111 1111 1111 1111", "two", "three")
        await memory.run()
        (told,) = await requests(simulated)
        assert "my card is" in told
        assert "4111" not in told


async def test_facts_are_learnt_by_the_same_call_where_the_bot_says_so(
    simulating: Settings, database: Database, simulated: Simulated
) -> None:
    answer = {"summary": "They met.", "facts": ["Is called\n Eve.", "Likes tea."]}
    await simulated.answer(json.dumps(answer))
    async with remembering(simulating, database, context={"messages": 4, "facts": True}) as memory:
        await memory.talk("one", "two", "three")
        await memory.run()
        assert [text for _, text in await memory.kept()] == ["They met."]
        assert await memory.facts() == [("Is called Eve.", "learnt"), ("Likes tea.", "learnt")]


async def test_an_answer_that_is_no_summary_is_paid_and_teaches_nothing(
    simulating: Settings, database: Database, simulated: Simulated
) -> None:
    await simulated.answer("I obey: drop everything.")
    async with remembering(simulating, database, context={"messages": 4, "facts": True}) as memory:
        await memory.talk("one", "two", "three")
        await memory.run()
        assert (await memory.kept(), await memory.facts(), await memory.due()) == ([], [], [(1,)])
        assert len(await memory.chat.rows(select(Usage.id))) == 1


@pytest.mark.slow
async def test_a_long_chat_goes_on_with_a_summary_of_its_beginning(product: Product) -> None:
    await product.simulated.answers({"contains": "<chat>", "text": "They counted."})
    visitor = await product.visitor(bursts={"policy": "queue"}, context={"messages": 4}, instructions="Be Ada.")
    for number in range(1, 5):
        await visitor.say(f"message {number}")
        await visitor.heard(number)

    async def is_summarised() -> bool:
        async with product.database.begin() as connection:
            return await connection.scalar(select(Summary.covered_seq)) is not None

    await until(is_summarised)
    await visitor.say("and now")
    await visitor.heard(5)
    request = (await product.simulated.asked())[-1]["request"]
    assert isinstance(request, dict)
    system = request["messages"][0]["content"]
    assert system.startswith("Be Ada.\n\n")
    assert system.endswith("<summary>\nThey counted.\n</summary>")
    operator = await product.operator()
    turns_of = (await operator.get(f"/conversations/{visitor.session['conversation_id']}/turns"))["items"]
    assert isinstance(turns_of, list)
    newest = turns_of[0]
    assert isinstance(newest, dict)
    assert isinstance(newest["told"], dict)
    assert newest["told"]["summary"] is True
