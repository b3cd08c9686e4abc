"""doctor: what is in order, and what is not, each by its name."""

import json

import pytest
from pydantic import JsonValue
from sqlalchemy import text

from adapters.ports import free_port
from tests.commands.commandline import chat_orchestrator
from tests.processes import environment
from tests.product import Product, make_channel
from tests.simulated import TOKEN

PROMISED = {"name", "ok", "problem", "remedy"}


async def diagnosed(product: Product, **changed: str) -> tuple[int, dict[str, dict[str, JsonValue]]]:
    done = await chat_orchestrator("doctor", "--json", environment=environment(product.settings) | changed)
    found = json.loads(done.out)
    assert found["ok"] is (done.code == 0)
    assert all(check.keys() == PROMISED for check in found["checks"])
    return done.code, {check["name"]: check for check in found["checks"]}


def troubled(checks: dict[str, dict[str, JsonValue]]) -> set[str]:
    return {name for name, check in checks.items() if not check["ok"]}


async def test_a_product_in_order_has_no_problem(product: Product) -> None:
    await chat_orchestrator("migrate", environment=environment(product.settings))
    await make_channel(product.settings, product.database, "telegram", {"token": TOKEN}, {"polling": True})
    code, checks = await diagnosed(product)

    queue = product.settings.task_queue
    assert troubled(checks) == set()
    assert code == 0
    assert {"database", "schema", "clock", "temporal", "search_attributes", "model", f"workers {queue}",
            f"workers {queue}-ai", f"workers {queue}-delivery"} <= checks.keys()  # fmt: skip


async def test_what_is_missing_is_named(product: Product) -> None:
    channel = await product.channel("telegram")
    async with product.database.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    code, checks = await diagnosed(product, TASK_QUEUE="nobody")

    assert code == 1
    assert troubled(checks) == {
        "schema", "schedules nobody-close-idle", "workers nobody", "workers nobody-ai", "workers nobody-delivery",
        f"webhook telegram telegram {channel.id}",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("variable", "value", "name"),
    [
        ("DATABASE_URL", "postgresql://nobody@127.0.0.1:{port}/nothing", "database"),
        ("TEMPORAL_ADDRESS", "127.0.0.1:{port}", "temporal"),
        ("OPENAI_BASE_URL", "http://127.0.0.1:{port}/v1", "model"),
    ],
)
async def test_what_is_away_is_named_with_a_remedy(product: Product, variable: str, value: str, name: str) -> None:
    code, checks = await diagnosed(product, **{variable: value.format(port=free_port())})

    assert code == 1
    assert name in troubled(checks)
    assert checks[name]["remedy"]


async def test_a_token_that_is_refused_is_named_by_its_channel(product: Product) -> None:
    made = await make_channel(product.settings, product.database, "telegram", {"token": "1:wrong"}, {"polling": True})
    _, checks = await diagnosed(product)

    assert f"channel telegram telegram {made.id}" in troubled(checks)


async def test_without_any_setting_it_says_what_is_needed() -> None:
    done = await chat_orchestrator("doctor")

    assert done.code == 1
    assert {"DATABASE_URL", "TEMPORAL_ADDRESS", "SECRET_KEY", "model"} <= set(done.out.split())
