"""The processes of a run: PostgreSQL, Temporal, simulator, two APIs, two workers, started by the project's commands."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import httpx
import psutil  # type: ignore[import-untyped]  # the package ships no types
from pydantic import SecretStr

from adapters.processes.ports import free_port
from settings import Settings
from tests.chaos.front import Front, front_of
from tests.chaos.judge import TOGETHER
from tests.chaos.program import Program
from tests.machine import caller, until
from tests.processes import environment
from tests.product import Operator
from tests.proxy import Proxy, proxy_to
from tests.simulated import Simulated

SECRET_KEY = "of the chaos suite alone: thirty-two bytes or more"
QUEUE_TOKEN = "101010:" + "Q" * 35
TOGETHER_TOKEN = "202020:" + "T" * 35
WEBHOOK_SECRET = "chaos_-A"
_BOTS = f"""
bots:
  - key: queue
    name: One by one
    model: {{provider: openai, name: gpt-4.1-mini, timeout_seconds: 5}}
    bursts: {{policy: queue}}
    limits: {{messages_per_minute: null}}
    context: {{messages: 6}}
    channels:
      - platform: telegram
        name: queue
        credentials: {{token: "{QUEUE_TOKEN}", webhook_secret: {WEBHOOK_SECRET}}}
        settings: {{messages_per_second: 10000, chat_messages_per_second: 10000}}
      - {{platform: webchat, name: page}}
  - key: together
    name: All at once
    model: {{provider: openai, name: gpt-4.1-mini, timeout_seconds: 5}}
    bursts: {{policy: coalesce, quiet_seconds: 0.3, longest_seconds: 2}}
    limits: {{messages_per_minute: null}}
    context: {{messages: 6}}
    channels:
      - platform: telegram
        name: together
        credentials: {{token: "{TOGETHER_TOKEN}", webhook_secret: {WEBHOOK_SECRET}}}
        settings: {{messages_per_second: 10000, chat_messages_per_second: 10000}}
"""
THINKING_SECONDS = 0.2
SERVICES_SAY = ("DATABASE_URL", "TEMPORAL_ADDRESS", "TEMPORAL_UI_URL")


@dataclass
class World:
    """All that runs, and the ways to it."""

    directory: Path
    settings: Settings
    services: Program
    simulated: Simulated
    front: Front
    api_to_temporal: Proxy
    worker_to_temporal: Proxy
    client: httpx.AsyncClient
    apis: Sequence[Program] = ()
    api_ports: Sequence[int] = ()
    workers: Sequence[Program] = ()
    operator: Operator = field(init=False)
    page: UUID = field(init=False)
    channels: dict[str, str] = field(default_factory=dict)
    """The Telegram channels, by token."""
    _chats: dict[str, str] = field(default_factory=dict)

    def program(self, name: str, *arguments: str, source: Path | None = None, **changed: object) -> Program:
        """A command of the product, with the settings of this world but for what is changed."""
        settings = self.settings.model_copy(update=changed)
        return Program(name, arguments, environment(settings), self.directory / f"{name}.log", source)

    def worker(self, name: str, *, source: Path | None = None, **changed: object) -> Program:
        """A worker, which reaches Temporal through the proxy."""
        through = self.worker_to_temporal.address
        return self.program(name, "worker", source=source, temporal_address=through, **changed)

    async def command(self, *arguments: str) -> tuple[int, str]:
        """Run one to its end: exit code and stdout."""
        return await self.program("-".join(arguments[:2]), *arguments).finished()

    async def restart_api(self, number: int) -> None:
        """Start an API again, on its port, and wait until it answers."""
        await self.apis[number].start()
        await self.until_api(number)

    async def until_api(self, number: int) -> None:
        """Wait until an API answers."""

        async def answers() -> bool:
            try:
                live = await self.client.get(f"http://127.0.0.1:{self.api_ports[number]}/health/live")
            except httpx.HTTPError:
                return False
            return bool(live.is_success)

        await until(answers, within_seconds=60)

    async def think(self, **more: object) -> None:
        """Let the model say back what it hears, after a moment."""
        usual = {"delay_seconds": THINKING_SECONDS, **more}
        together = {"contains": TOGETHER, "echo": "unanswered", **usual}
        await self.simulated.post("/openai/answers", default=usual, rules=[together])

    def server(self, name: str) -> psutil.Process:
        """The process of `postgres` or `temporal` below `services`: the first of its kind, which heads the others."""
        mark = {"postgres": "cluster", "temporal": "start-dev"}[name]
        below = psutil.Process(self.services.pid).children(recursive=True)
        named = [item for item in below if item.name() == name and any(mark in word for word in item.cmdline())]
        return named[0]

    async def uncertain(self) -> dict[str, str]:
        """The deliveries that the product says are in doubt, and the chat of each."""
        found: dict[str, str] = {}
        cursor: object = ""
        while cursor is not None:
            more = {"cursor": str(cursor)} if cursor else {}
            page = await self.operator.get("/deliveries", state="uncertain", limit="200", **more)
            items = page["items"]
            assert isinstance(items, list)
            found |= {item["id"]: item["conversation_id"] for item in items if isinstance(item, dict)}  # type: ignore[misc]  # JSON: both are strings
            cursor = page["next_cursor"]
        return {delivery: await self._chat(conversation) for delivery, conversation in found.items()}

    async def _chat(self, conversation: str) -> str:
        if conversation not in self._chats:
            contact = (await self.operator.get(f"/conversations/{conversation}"))["contact"]
            assert isinstance(contact, dict)
            self._chats[conversation] = str(contact["external_id"])
        return self._chats[conversation]

    async def until_answering(self) -> None:
        """Wait until the APIs reach both stores again."""

        async def ready() -> bool:
            try:
                return bool((await self.client.get("/health/ready")).json()["status"] == "ready")
            except (httpx.HTTPError, ValueError, KeyError):
                return False

        await until(ready, within_seconds=120)


@asynccontextmanager
async def world_in(directory: Path) -> AsyncIterator[World]:
    """Start everything, with its data in this directory; ended with the block."""
    async with AsyncExitStack() as stack:
        services, addresses = await _services(directory, stack)
        simulator = Program("simulator", ["simulate"], _bare(), directory / "simulator.log")
        stack.push_async_callback(simulator.stop)
        told = await simulator.start("TELEGRAM_API_URL", "OPENAI_BASE_URL")
        simulated_url = told["TELEGRAM_API_URL"].removesuffix("/telegram")
        simulated = Simulated(simulated_url, await stack.enter_async_context(caller(simulated_url)))
        ports = [free_port(), free_port()]
        front = await stack.enter_async_context(front_of(ports))
        host, _, port = addresses["TEMPORAL_ADDRESS"].partition(":")
        world = World(
            directory=directory,
            settings=_settings(addresses, told, front),
            services=services,
            simulated=simulated,
            front=front,
            api_to_temporal=await stack.enter_async_context(proxy_to(host, int(port))),
            worker_to_temporal=await stack.enter_async_context(proxy_to(host, int(port))),
            client=await stack.enter_async_context(caller(front.url)),
        )
        await _furnish(world, ports, stack)
        yield world


async def _services(directory: Path, stack: AsyncExitStack) -> tuple[Program, dict[str, str]]:
    arguments = ["services", "--data-dir", str(directory / "data")]
    arguments += ["--temporal-port", str(free_port()), "--temporal-ui-port", str(free_port())]
    services = Program("services", arguments, _bare(), directory / "services.log")
    stack.push_async_callback(services.stop)
    return services, await services.start(*SERVICES_SAY)


def _settings(addresses: dict[str, str], told: dict[str, str], front: Front) -> Settings:
    return Settings(
        _env_file=None,
        database_url=addresses["DATABASE_URL"],
        temporal_address=addresses["TEMPORAL_ADDRESS"],
        task_queue="chaos",
        secret_key=(SecretStr(SECRET_KEY),),
        openai_base_url=told["OPENAI_BASE_URL"],
        telegram_api_url=told["TELEGRAM_API_URL"],
        public_url=front.url,
    )


def _bare() -> dict[str, str]:
    """The environment of a command that is configured by its arguments alone."""
    return {name: environment(Settings(_env_file=None))[name] for name in ("PATH", "HOME")}


async def _furnish(world: World, ports: Sequence[int], stack: AsyncExitStack) -> None:
    """Schema, bots, a key; then APIs and workers; then the webhooks, as an operator would do it."""
    bots = world.directory / "bots.yaml"
    bots.write_text(_BOTS)
    for arguments in (["migrate"], ["bots", "apply", str(bots)]):
        await _done(world, *arguments)
    key = (await _done(world, "keys", "create", "--workspace", "default", "--role", "admin")).strip()
    world.operator = Operator(world.client, key)
    world.api_ports = ports
    through = world.api_to_temporal.address
    world.apis = [
        world.program(f"api-{number}", "api", "--port", str(port), temporal_address=through)
        for number, port in enumerate(ports)
    ]
    world.workers = [world.worker(f"worker-{number}") for number in range(2)]
    for program in (*world.apis, *world.workers):
        stack.push_async_callback(program.stop)
        await program.start()
    for number in range(len(ports)):
        await world.until_api(number)
    await world.simulated.post("/settings", webhook_retry_scale=0.05)
    await world.think()
    await _connect(world)


async def _connect(world: World) -> None:
    channels = (await world.operator.get("/channels"))["items"]
    assert isinstance(channels, list)
    for channel in channels:
        assert isinstance(channel, dict)
        if channel["platform"] == "telegram":
            await world.operator.post(f"/channels/{channel['id']}/webhook")
            token = QUEUE_TOKEN if channel["name"] == "queue" else TOGETHER_TOKEN
            world.channels[token] = str(channel["id"])
        else:
            world.page = UUID(str(channel["id"]))


async def _done(world: World, *arguments: str) -> str:
    code, output = await world.command(*arguments)
    assert code == 0, f"{' '.join(arguments)} ended with {code}; read the logs in {world.directory}"
    return output


async def audited(world: World) -> dict[str, object]:
    """What the first judge says: `audit`, which reads database and Temporal alone."""
    _, output = await world.command("audit", "--json")
    return dict(json.loads(output))
