"""migrate: database and Temporal are brought up to date, by however many processes at once."""

import asyncio

import pytest
from temporalio.client import Client

from adapters.temporal.schedules import schedule_ids
from commands import search_attributes
from settings import Settings
from tests.commands.commandline import chat_orchestrator
from tests.processes import environment


@pytest.mark.slow
async def test_several_processes_at_once_all_succeed(settings: Settings) -> None:
    ended = await asyncio.gather(*(chat_orchestrator("migrate", environment=environment(settings)) for _ in range(3)))

    assert [(done.code, done.out) for done in ended] == [(0, "")] * 3


@pytest.mark.slow
async def test_temporal_has_attributes_and_schedules_afterwards(settings: Settings, temporal_address: str) -> None:
    await chat_orchestrator("migrate", environment=environment(settings))
    client = await Client.connect(temporal_address)
    schedules = [schedule.id async for schedule in await client.list_schedules()]

    assert await search_attributes.missing(client) == ()
    assert set(schedule_ids(settings.task_queue)) <= set(schedules)


async def test_missing_attributes_are_made_and_usable_at_once(temporal_address: str) -> None:
    client = await Client.connect(temporal_address, namespace="default")

    assert await search_attributes.ensure(client) == ()
    assert await search_attributes.usable(client)


@pytest.mark.slow
async def test_a_namespace_that_is_missing_is_one_sentence_with_the_command_that_makes_it(settings: Settings) -> None:
    nowhere = environment(settings) | {"TEMPORAL_NAMESPACE": "nowhere"}
    done = await chat_orchestrator("migrate", environment=nowhere)

    assert done.code == 1
    assert "temporal operator namespace create nowhere" in done.error.splitlines()[-1]
