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

from adapters.database.engine import Database
from commands.audit import audit
from settings import Settings
from simulator.server import running as simulator_running
from tests.commands.breaches import BREACHES, NO_BREACHES, Breach
from tests.conftest import SECRET_KEY, fresh_database
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
        return code, json.loads(self.capsys.readouterr().out)

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
        async with httpx.AsyncClient(base_url=url, timeout=30) as client:
            async with running_product(settings, database, Simulated(url, client)) as product:
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


@pytest.mark.parametrize("name", BREACHES)
async def test_a_breach_is_named_with_its_ids(lasting: Record, name: str) -> None:
    breach: Breach = BREACHES[name]
    ids = await lasting.execute(breach.statements)
    broken = await lasting.broken()

    named = [item for item in broken[breach.invariant] if item["problem"] == breach.problem]
    assert ids
    assert any(item.items() >= ids.items() for item in named)


@pytest.mark.parametrize("name", NO_BREACHES)
async def test_what_is_under_way_or_settled_is_no_breach(lasting: Record, name: str) -> None:
    await lasting.execute(NO_BREACHES[name])

    assert await lasting.broken() == {}
