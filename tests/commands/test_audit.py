"""audit: what holds is proved, what is broken is named with its ids, and what is only under way is no breach."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

import httpx
import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row
from pydantic import JsonValue, SecretStr
from sqlalchemy import text
from sqlalchemy.exc import InternalError
from temporalio import workflow
from temporalio.worker import Worker

from adapters.database.audit import Finding, snapshot
from adapters.database.engine import Database
from adapters.temporal.client import connect
from commands.audit import audit
from domain.handovers import ConversationState
from settings import Settings
from simulator.server import running as simulator_running
from tests.commands.breaches import BREACHES, MANY, NO_BREACHES, TOLD_TWICE, Breach
from tests.commands.commandline import chat_orchestrator
from tests.conftest import SECRET_KEY, fresh_database
from tests.machine import until
from tests.processes import environment
from tests.product import Product, running_product
from tests.simulated import Simulated

ALL = ["I1", "I2", "I3", "I5", "I6", "I7", "I10"]
QUEUE = {"policy": "queue"}
DOUBTFUL, LONG, BLOCKED = 7, 8, 9
AT_ONCE = timedelta(0)


@dataclass(frozen=True)
class Record:
    """A record that a test may break, and what the audit says of it."""

    settings: Settings
    capsys: pytest.CaptureFixture[str]

    async def execute(self, statements: str) -> dict[str, str]:
        """The first row that the last of these statements returns, its values as text."""
        address = str(self.settings.database_url)
        async with await psycopg.AsyncConnection.connect(address, row_factory=dict_row) as connection:
            for statement in statements.split(";"):
                cursor = await connection.execute(statement.encode())
            row = await cursor.fetchone() if cursor.description else None
        return {name: value if isinstance(value, int) else str(value) for name, value in (row or {}).items()}

    async def audit(self) -> tuple[int, dict[str, JsonValue]]:
        """The exit code and the report."""
        self.capsys.readouterr()
        code = await audit(self.settings, as_json=True, look_again_after=AT_ONCE)
        said = self.capsys.readouterr().out
        return code, json.loads(said[said.index("{\n") :])

    async def broken(self) -> dict[str, list[dict[str, JsonValue]]]:
        """The breaches by the invariants that do not hold."""
        code, report = await self.audit()
        assert report["ok"] is (code == 0)
        assert [item["id"] for item in report["invariants"]] == ALL
        return {item["id"]: item["breaches"] for item in report["invariants"] if not item["ok"]}


async def live(product: Product) -> None:
    """Conversations of every kind: three turns, one on hold, a doubt, a reply in parts, a contact who blocked us."""
    visitor = await product.visitor(bursts=QUEUE)
    for number in range(1, 4):
        await visitor.say(f"number {number}")
        await visitor.heard(number)
    await product.telegram(bursts=QUEUE)
    await product.simulated.fault("accept_then_reset", method="sendMessage")
    await product.simulated.say(DOUBTFUL, "hello")
    await product.until_states(*["answered"] * 4)
    await product.simulated.answers({"contains": "all of it", "text": "\n\n".join(["many words " * 200] * 4)})
    await product.simulated.say(LONG, "tell me all of it")
    await product.until_states(*["answered"] * 5)
    await product.simulated.post(f"/telegram/chats/{BLOCKED}", state="blocked")
    await product.simulated.say(BLOCKED, "hello")
    await product.until_states(*["answered"] * 5, "failed")
    await hold(product)


async def hold(product: Product) -> None:
    """A conversation that an operator took over."""
    held = await product.visitor(bursts=QUEUE)
    await held.say("hello")
    await held.heard(1)
    operator = await product.operator()
    path = f"/conversations/{held.session['conversation_id']}"
    await operator.post(f"{path}/takeover")
    await held.say("a question")
    await operator.post(f"{path}/messages", text="This is Grace.")
    await held.heard(2)
    await product.until_states(*["answered"] * 5, "failed", "answered", "held")


@workflow.defn(name="Conversation", sandboxed=False)
class OtherConversation:
    """A conversation by other code: it goes on in a new run at once, and then waits for ever."""

    @workflow.run
    async def run(self, state: ConversationState) -> None:
        """Go on with all that there is."""
        if workflow.info().continued_run_id is None:
            workflow.continue_as_new(state)
        await workflow.wait_condition(lambda: False)


@dataclass(frozen=True)
class Foreign:
    """A conversation that carries too much, and does not replay with our code."""

    task_queue: str
    workflow: str
    run: str

    def settings(self, settings: Settings) -> Settings:
        """The settings of an installation that has this conversation alone."""
        return settings.model_copy(update={"task_queue": self.task_queue})


@pytest.fixture
async def foreign(lived: Settings) -> AsyncIterator[Foreign]:
    """Such a conversation, on a task queue of its own."""
    client, queue, name = await connect(lived), f"foreign-{uuid4().hex}", f"conversation:{uuid4()}"
    too_much = ConversationState(platform="x" * 200_000)
    async with Worker(client, task_queue=queue, workflows=[OtherConversation]):
        begun = await client.start_workflow("Conversation", too_much, id=name, task_queue=queue)
        handle = client.get_workflow_handle(name)

        async def waits() -> bool:
            described = await handle.describe()
            return described.run_id != begun.first_execution_run_id and described.history_length >= 4

        await until(waits)
    yield Foreign(queue, name, (await handle.describe()).run_id)
    await handle.terminate()


@pytest.fixture(scope="module")
async def lived(template: str, temporal_address: str) -> AsyncIterator[Settings]:
    """The settings of a product that has lived, and stands still now."""
    async with fresh_database(template) as address, simulator_running() as url:
        settings = Settings(
            _env_file=None,
            database_url=address,
            temporal_address=temporal_address,
            task_queue=f"audited-{uuid4().hex}",
            secret_key=(SecretStr(SECRET_KEY),),
            openai_base_url=f"{url}/openai/v1",
            telegram_api_url=f"{url}/telegram",
        )
        database = Database(address)
        async with (
            httpx.AsyncClient(base_url=url, timeout=30) as client,
            running_product(settings, database, Simulated(url, client)) as product,
        ):
            await live(product)
        await database.close()
        yield settings


@pytest.fixture
async def lasting(lived: Settings, template: str, capsys: pytest.CaptureFixture[str]) -> AsyncIterator[Record]:
    """A copy of the record that has lived, for one test to break."""
    server, _, original = str(lived.database_url).rpartition("/")
    name = f"test_{uuid4().hex}"
    copy = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(original))
    async with await psycopg.AsyncConnection.connect(template, autocommit=True) as connection:
        await connection.execute(copy)
        yield Record(lived.model_copy(update={"database_url": f"{server}/{name}"}), capsys)
        await connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.mark.slow
async def test_a_record_in_order_is_proved(lasting: Record) -> None:
    code, report = await lasting.audit()

    assert (code, report["ok"]) == (0, True)
    assert [(item["id"], item["ok"], item["breaches"]) for item in report["invariants"]] == [
        (invariant, True, []) for invariant in ALL
    ]
    assert all(item["checked"] > 0 for item in report["invariants"])
    assert report["states"]["events"] == {"answered": 7, "failed": 1, "held": 1, "ignored": 1}


async def test_an_open_doubt_is_listed_and_no_breach(lasting: Record) -> None:
    doubt = await lasting.execute("SELECT id AS delivery_id, conversation_id FROM deliveries WHERE state = 'uncertain'")
    code, report = await lasting.audit()

    assert code == 0
    assert [item.items() >= doubt.items() for item in report["uncertain"]] == [True]


async def test_a_young_message_is_listed_and_no_breach(lasting: Record) -> None:
    await lasting.execute(NO_BREACHES["a young message"])
    young = await lasting.execute("SELECT id AS event_id, state FROM events WHERE state = 'queued'")
    code, report = await lasting.audit()

    assert code == 0
    assert [item.items() >= young.items() for item in report["young"]] == [True]


async def test_a_number_told_twice_is_suspicious_and_no_breach(lasting: Record) -> None:
    told = await lasting.execute(TOLD_TWICE)
    code, report = await lasting.audit()

    assert code == 0
    assert [item.items() >= told.items() for item in report["suspicious"]] == [True]


@pytest.mark.parametrize("name", NO_BREACHES)
async def test_what_is_under_way_or_settled_is_no_breach(lasting: Record, name: str) -> None:
    await lasting.execute(NO_BREACHES[name])

    assert await lasting.broken() == {}


@pytest.mark.parametrize("name", BREACHES)
async def test_a_breach_is_named_with_its_ids(lasting: Record, name: str) -> None:
    breach: Breach = BREACHES[name]
    ids = await lasting.execute(breach.statements)
    broken = await lasting.broken()

    named = [item for item in broken[breach.invariant] if item["problem"] == breach.problem]
    assert ids
    assert any(item.items() >= ids.items() for item in named)


async def test_of_many_breaches_the_first_are_listed_and_all_are_counted(lasting: Record) -> None:
    await lasting.execute(MANY)
    _, report = await lasting.audit()

    lost = report["invariants"][0]
    assert (len(lost["breaches"]), lost["total"]) == (100, 150)


def test_what_moved_between_two_looks_is_no_breach() -> None:
    stands: dict[str, JsonValue] = {"problem": "it waits", "event_id": "1", "turns": 3}
    moves: dict[str, JsonValue] = {"problem": "it waits", "event_id": "2", "turns": 7}
    first, later = Finding(9, 2, (stands, moves)), Finding(9, 2, (stands, {**moves, "turns": 8}))

    assert first.still(later) == Finding(9, 1, (stands,))


async def test_a_history_that_grows_and_one_that_does_not_replay_are_named(lasting: Record, foreign: Foreign) -> None:
    broken = await Record(foreign.settings(lasting.settings), lasting.capsys).broken()

    assert {"I7", "I10"} == broken.keys()
    assert [(item["workflow_id"], item["run_id"]) for item in broken["I7"]] == [(foreign.workflow, foreign.run)]
    assert {item["workflow_id"] for item in broken["I10"]} == {foreign.workflow}


async def test_looking_changes_nothing(lasting: Record) -> None:
    database = Database(str(lasting.settings.database_url))
    with pytest.raises(InternalError, match="read-only"):
        async with snapshot(database) as connection:
            await connection.execute(text("DELETE FROM deliveries"))
    await database.close()


@pytest.mark.slow
async def test_a_product_at_work_breaks_nothing(product: Product, capsys: pytest.CaptureFixture[str]) -> None:
    visitors = [await product.visitor(bursts=QUEUE) for _ in range(3)]
    for number in range(6):
        for visitor in visitors:
            await visitor.say(f"number {number}")
    at_work = await Record(product.settings, capsys).broken()
    for visitor in visitors:
        await visitor.heard(6)

    assert at_work == {}
    assert await Record(product.settings, capsys).broken() == {}


async def test_the_table_names_what_is_broken_and_what_is_in_doubt(lasting: Record) -> None:
    hanging = await lasting.execute(BREACHES["a send that hangs"].statements)
    code = await audit(lasting.settings, as_json=False, look_again_after=AT_ONCE)
    shown = lasting.capsys.readouterr().out

    assert code == 1
    assert "Broken: I6" in shown
    assert f"delivery_id={hanging['delivery_id']}" in shown
    assert "In doubt:" in shown


@pytest.mark.slow
async def test_the_command_answers_with_json_alone_on_stdout(lasting: Record) -> None:
    done = await chat_orchestrator("audit", "--json", environment=environment(lasting.settings))

    assert done.code == 0
    assert json.loads(done.out)["ok"] is True
