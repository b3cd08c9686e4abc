"""rollout: new work goes to a new version, running conversations follow, and nobody is answered twice or not at all."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from pydantic import JsonValue
from temporalio.api.enums.v1 import VersioningBehavior
from temporalio.client import Client

import worker
from adapters.temporal import names
from adapters.temporal.client import connect
from adapters.temporal.deployments import Deployments
from commands.rollout import ConversationsLeft, VersionNotServed, rollout, status
from tests.commands.commandline import chat_orchestrator
from tests.machine import until
from tests.processes import ChildProcess, command, environment
from tests.product import Product, Visitor

VISITORS = 4
IN_TIME_SECONDS = 300.0
_PINNED = VersioningBehavior.VERSIONING_BEHAVIOR_PINNED


@pytest.fixture
def deployment(front_door: Product) -> str:
    """The name of a deployment of the test's own."""
    return f"deployment-{front_door.settings.task_queue}"


@asynccontextmanager
async def serving(product: Product, deployment: str, build_id: str) -> AsyncIterator[None]:
    """A worker of one version, in this process."""
    stop = asyncio.Event()
    working = asyncio.create_task(worker.run(product.settings, stop, deployment=deployment, build_id=build_id))
    try:
        yield
    finally:
        stop.set()
        await working


@asynccontextmanager
async def worker_process(product: Product, deployment: str, build_id: str) -> AsyncIterator[ChildProcess]:
    """A worker of one version, in a process of its own."""
    async with command(product.settings, "worker", "--deployment", deployment, "--build-id", build_id) as process:
        yield process


async def run_on(product: Product, versions: dict[str | None, int]) -> None:
    """Wait until so many conversations run on each version: what Temporal lists follows what is by a moment."""
    deployments = Deployments(await connect(product.settings), product.settings.task_queue)

    async def are_listed() -> bool:
        return dict(await deployments.counted()) == versions

    await until(are_listed, IN_TIME_SECONDS)


async def roll(product: Product, deployment: str, build_id: str) -> int:
    """Roll a version out, in this process; the exit code."""
    return await rollout(product.settings, deployment, build_id, IN_TIME_SECONDS, wait=True)


class Talk:
    """Visitors who go on talking while versions come and go."""

    def __init__(self, visitors: Sequence[Visitor]) -> None:
        self._visitors = visitors
        self._goes_on = True
        self.said = [0] * len(visitors)

    async def go_on(self) -> None:
        """Until stopped, each says something and waits for the answer."""
        await asyncio.gather(*(self._talk(number) for number in range(len(self._visitors))))

    async def _talk(self, number: int) -> None:
        while self._goes_on:
            self.said[number] += 1
            await self._visitors[number].say_in_its_time(f"number {self.said[number]}")
            await self._visitors[number].heard(self.said[number], within_seconds=IN_TIME_SECONDS)

    async def advances(self) -> None:
        """Wait until each has said something more."""
        before = list(self.said)
        await until(lambda: all(now > then for now, then in zip(self.said, before, strict=True)), IN_TIME_SECONDS)

    def stop(self) -> None:
        """Let each hear the last answer."""
        self._goes_on = False


@pytest.mark.slow
async def test_three_versions_roll_under_load(front_door: Product, deployment: str) -> None:
    # Who says more than a bot allows in a minute is answered together: a roll may take that long on any machine.
    at_will: dict[str, JsonValue] = {"bursts": {"policy": "queue"}, "limits": {"messages_per_minute": None}}
    visitors = [await front_door.visitor(**at_will) for _ in range(VISITORS)]
    idle = await front_door.visitor(bursts={"policy": "queue"})
    talk = Talk(visitors)
    async with AsyncExitStack() as stack:
        first, second, _ = [
            await stack.enter_async_context(worker_process(front_door, deployment, build_id))
            for build_id in ("1", "2", "3")
        ]
        assert await roll(front_door, deployment, "1") == 0
        await idle.say("hello")
        await idle.heard(1)
        talking = asyncio.create_task(talk.go_on())
        for build_id, older in (("2", first), ("3", second)):
            await talk.advances()
            assert await roll(front_door, deployment, build_id) == 0
            assert await older.stop() == 0
        await talk.advances()
        talk.stop()
        await talking
        await run_on(front_door, {f"{deployment}:3": VISITORS + 1})
        await idle.say("me again")
        await idle.heard(2)
    for visitor, said in zip(visitors, talk.said, strict=True):
        answers = [item["text"] for item in await visitor.messages() if item["direction"] == "outbound"]
        assert answers == [f"You said: number {number}" for number in range(1, said + 1)]


@pytest.mark.slow
async def test_a_conversation_whose_version_nobody_serves_is_named(
    front_door: Product, deployment: str, capsys: pytest.CaptureFixture[str]
) -> None:
    visitor = await front_door.visitor(bursts={"policy": "queue"})
    workflow = f"conversation:{visitor.session['conversation_id']}"
    async with serving(front_door, deployment, "1"):
        await roll(front_door, deployment, "1")
        await visitor.say("hello")
        await visitor.heard(1)
        await run_on(front_door, {f"{deployment}:1": 1})
    async with serving(front_door, deployment, "2"):
        assert await rollout(front_door.settings, deployment, "2", IN_TIME_SECONDS, wait=False) == 0
        with pytest.raises(ConversationsLeft) as left:
            await rollout(front_door.settings, deployment, "2", 1, wait=True)
        assert f"{workflow} ({deployment}:1)" in left.value.sentence
        assert f"worker --deployment {deployment} --build-id 1" in left.value.remedy
        rolling = asyncio.create_task(roll(front_door, deployment, "2"))
        told = f"{workflow} is on {deployment}:1, which no worker serves now"
        await until(lambda: told in capsys.readouterr().err, IN_TIME_SECONDS)
        assert not rolling.done()
        async with serving(front_door, deployment, "1"):
            assert await rolling == 0
        await visitor.say("again")
        assert [item["text"] for item in await visitor.heard(2)] == ["You said: hello", "You said: again"]
        await run_on(front_door, {f"{deployment}:2": 1})


@pytest.mark.slow
async def test_the_status_tells_what_each_version_is_for(
    front_door: Product, deployment: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async def shown() -> list[str]:
        capsys.readouterr()
        assert await status(front_door.settings, deployment) == 0
        lines = [line.split() for line in capsys.readouterr().out.splitlines() if line.startswith(f"{deployment}:")]
        return [" ".join(line[: line.index(next(filter(str.isdigit, line))) + 1]) for line in lines]

    async def show(first: str, second: str) -> None:
        async def are_shown() -> bool:
            return await shown() == [f"{deployment}:{first}", f"{deployment}:{second}"]

        await until(are_shown, IN_TIME_SECONDS)

    visitor = await front_door.visitor(bursts={"policy": "queue"})
    async with serving(front_door, deployment, "a"), serving(front_door, deployment, "b"):
        await roll(front_door, deployment, "a")
        await visitor.say("hello")
        await visitor.heard(1)
        await show("a current 1", "b unused 0")
        await rollout(front_door.settings, deployment, "b", IN_TIME_SECONDS, wait=False)
        assert (await shown())[1].startswith(f"{deployment}:b current")
        await roll(front_door, deployment, "b")
        await show("a unused 0", "b current 1")


@pytest.mark.slow
async def test_what_runs_stays_with_the_version_that_it_began_with(front_door: Product, deployment: str) -> None:
    visitor = await front_door.visitor(bursts={"policy": "queue"})
    async with serving(front_door, deployment, "1"):
        await roll(front_door, deployment, "1")
        await visitor.say("hello")
        await visitor.heard(1)
        client, queue = await connect(front_door.settings), front_door.settings.task_queue
        sweeps = (names.IDLE_WORKFLOW, names.SWEEP_WORKFLOW, names.AUDIT_WORKFLOW, names.RETENTION_WORKFLOW)
        for sweep in sweeps:
            await client.execute_workflow(sweep, id=f"{queue}-{sweep}", task_queue=queue)
    assert [await behaviour(client, f"{queue}-{sweep}") for sweep in sweeps] == [_PINNED] * len(sweeps)
    assert await behaviour(client, f"conversation:{visitor.session['conversation_id']}") == _PINNED


async def behaviour(client: Client, workflow: str) -> int:
    """How a workflow said that it goes with versions."""
    history = await client.get_workflow_handle(workflow).fetch_history()
    done = "workflow_task_completed_event_attributes"
    return next(getattr(event, done).versioning_behavior for event in history.events if event.HasField(done))


@pytest.mark.slow
async def test_a_version_without_workers_is_not_made_current(front_door: Product, deployment: str) -> None:
    with pytest.raises(VersionNotServed, match="nothing was changed") as refused:
        await rollout(front_door.settings, deployment, "1", 1, wait=True)
    assert f"chat-orchestrator worker --deployment {deployment} --build-id 1" in refused.value.remedy
    deployments = Deployments(await connect(front_door.settings), front_door.settings.task_queue)
    assert await deployments.routing(deployment) is None


async def test_a_deployment_that_was_never_there_has_no_status(front_door: Product, deployment: str) -> None:
    with pytest.raises(VersionNotServed, match="knows no deployment"):
        await status(front_door.settings, deployment)


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [(), ("--build-id", "1", "--status")])
async def test_either_a_version_or_the_status_is_asked_for(front_door: Product, arguments: tuple[str, ...]) -> None:
    asked = ("rollout", "--deployment", "chat", *arguments)
    done = await chat_orchestrator(*asked, environment=environment(front_door.settings))
    assert done.code == 2
    assert "either --build-id or --status" in done.error
