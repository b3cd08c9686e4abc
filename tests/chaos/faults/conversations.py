"""Conversations: signals that nobody can read, one that grows long, an operator in between, pages that stand still."""

import asyncio
from contextlib import AsyncExitStack
from uuid import UUID

import httpx
from pydantic import SecretStr

from adapters.http import trusted
from adapters.temporal import names
from adapters.temporal.client import connect
from domain.handovers import Handover
from domain.ids import ChannelId, ConversationId, conversation_id, workflow_id
from tests.chaos.load import Person
from tests.chaos.scene import Scene

_STRANGE_KEY = SecretStr("a key that this installation has never had")
_ANSWERING_SECONDS = 0.6


def _conversation(scene: Scene, person: Person) -> ConversationId:
    return conversation_id(ChannelId(UUID(scene.world.channels[person.token])), str(person.chat), None)


async def confuse(scene: Scene) -> None:
    """R-20: a signal of an unknown name, of the wrong shape, or encrypted with a key that nobody has."""
    settings = scene.world.settings
    ours = await connect(settings)
    strange = await connect(settings.model_copy(update={"secret_key": (_STRANGE_KEY,)}))
    async for strike, person in scene.strikes():
        await scene.acknowledged(await scene.load.say(person))
        client = strange if strike.way == "strange key" else ours
        name = "nobody-knows" if strike.way == "unknown" else names.RECEIVE_SIGNAL
        content: object = Handover() if strike.way == "strange key" else ["nothing", {"of": "this"}, 7]
        handle = client.get_workflow_handle(workflow_id(_conversation(scene, person)))
        await handle.signal(name, content)
        await scene.load.say(person)


async def grow(scene: Scene) -> None:
    """R-22: one contact who writes without end, faster than anybody answers; the run goes on in a new one."""
    person = scene.load.newcomer()
    async for _ in scene.strikes():
        await scene.load.say(person)


async def take_over(scene: Scene) -> None:
    """R-26: an operator takes over while the bot answers, and gives back what was held."""
    async for strike, person in scene.strikes():
        await scene.acknowledged(await scene.load.say(person))
        await asyncio.sleep(strike.moment * _ANSWERING_SECONDS)
        path = f"/conversations/{_conversation(scene, person)}"
        await scene.world.operator.post(f"{path}/takeover")
        await scene.acknowledged(await scene.load.say(person))
        await scene.world.operator.post(f"{path}/release", answer_held=True)


async def stall(scene: Scene) -> None:
    """R-25: pages that open a stream and do not read it; the others are served."""
    world = scene.world
    visitor, _ = scene.load.visitors[0]
    async with AsyncExitStack() as stack:
        limits = httpx.Limits(max_connections=None)
        client = httpx.AsyncClient(base_url=world.front.url, limits=limits, timeout=30, verify=trusted())
        await stack.enter_async_context(client)
        async for _ in scene.strikes():
            stream = client.stream("GET", f"/webchat/{world.page}/stream", headers=visitor.headers)
            answer = await stack.enter_async_context(stream)
            assert answer.is_success
        await scene.load.say(scene.load.people[0])
