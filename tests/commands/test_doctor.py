"""The doctor: what is in order, and what is not, each by its name."""

import json

import pytest
from pydantic import JsonValue
from sqlalchemy import text

from adapters.database import models, workspaces
from adapters.database.channels import credentials_vault
from adapters.database.engine import Database
from adapters.processes.ports import free_port
from adapters.temporal.client import connect
from adapters.temporal.schedules import ensure_schedules, schedule_ids
from commands.doctor import doctor
from domain.offered_models import OfferedModel
from settings import Settings
from tests.commands.commandline import chat_orchestrator
from tests.machine import until
from tests.processes import environment
from tests.product import Product, make_channel
from tests.simulated import TOKEN, Simulated

PROMISED = {"name", "ok", "problem", "remedy"}


class Diagnosis:
    """What `doctor --json` says of a product."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    async def of(self, settings: Settings, **changed: str) -> tuple[int, dict[str, dict[str, JsonValue]]]:
        for name, value in (environment(settings) | changed).items():
            self._monkeypatch.setenv(name, value)
        self._capsys.readouterr()
        code = await doctor(as_json=True)
        said = self._capsys.readouterr().out
        found = json.loads(said[said.index("{\n") :])
        assert found["ok"] is (code == 0)
        assert all(check.keys() == PROMISED for check in found["checks"])
        return code, {check["name"]: check for check in found["checks"]}


@pytest.fixture
def diagnosis(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Diagnosis:
    """The doctor, asked in this process."""
    return Diagnosis(monkeypatch, capsys)


def troubled(checks: dict[str, dict[str, JsonValue]]) -> set[str]:
    return {name for name, check in checks.items() if not check["ok"]}


async def test_a_product_in_order_has_no_problem(product: Product, diagnosis: Diagnosis) -> None:
    await ensure_schedules(await connect(product.settings), product.settings.task_queue)
    await make_channel(product.settings, product.database, "telegram", {"token": TOKEN}, {"polling": True})
    checks: dict[str, dict[str, JsonValue]] = {}

    async def in_order() -> bool:
        checks.clear()
        checks.update((await diagnosis.of(product.settings))[1])
        return troubled(checks) == set()

    # The server lists a worker once it has polled for the first time.
    await until(in_order)
    queue = product.settings.task_queue
    assert {"database", "schema", "clock", "temporal", "search_attributes", "model", f"workers {queue}",
            f"workers {queue}-ai", f"workers {queue}-delivery"} <= checks.keys()  # fmt: skip


async def test_what_is_missing_is_named(product: Product, diagnosis: Diagnosis) -> None:
    channel = await product.channel("telegram")
    async with product.database.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    code, checks = await diagnosis.of(product.settings, TASK_QUEUE="nobody")

    assert code == 1
    assert troubled(checks) == {
        "schema", *(f"schedules {schedule}" for schedule in schedule_ids("nobody")),
        "workers nobody", "workers nobody-ai", "workers nobody-delivery",
        f"webhook telegram telegram {channel.id}",
    }  # fmt: skip


async def test_what_is_away_is_named_with_a_remedy(settings: Settings, diagnosis: Diagnosis) -> None:
    port = free_port()
    away = {"DATABASE_URL": f"postgresql://nobody@127.0.0.1:{port}/nothing", "TEMPORAL_ADDRESS": f"127.0.0.1:{port}",
            "OPENAI_BASE_URL": f"http://127.0.0.1:{port}/v1"}  # fmt: skip
    code, checks = await diagnosis.of(settings, **away)

    assert code == 1
    assert troubled(checks) == {"database", "channels", "models", "temporal", "model"}
    assert all(checks[name]["remedy"] for name in troubled(checks))


@pytest.mark.slow
async def test_a_model_whose_keys_are_refused_is_named_and_one_that_is_left_is_enough(
    pointed: Settings, database: Database, simulated: Simulated, diagnosis: Diagnosis
) -> None:
    await simulated.post("/openai/answers", refused_keys=["sk-old"])
    offered = OfferedModel(endpoint=simulated.openai_base_url)
    async with database.begin() as connection:
        workspace, vault = await workspaces.ensure(connection, "default"), credentials_vault(pointed.secrets())
        old = await models.add(connection, vault, workspace, "old", offered, {"a": "sk-old"}, is_default=False)
        both = {"a": "sk-old", "b": "sk-new"}
        some = await models.add(connection, vault, workspace, "some", offered, both, is_default=False)
    _, checks = await diagnosis.of(pointed)

    assert f"model old {old}" in troubled(checks)
    left = checks[f"model some {some}"]
    assert left["ok"]
    assert "401" in str(left["problem"])


async def test_a_token_that_is_refused_is_named_by_its_channel(
    settings: Settings, database: Database, simulated: Simulated, diagnosis: Diagnosis
) -> None:
    made = await make_channel(settings, database, "telegram", {"token": "1:wrong"}, {"polling": True})
    _, checks = await diagnosis.of(settings, TELEGRAM_API_URL=simulated.telegram_api_url)

    assert f"channel telegram telegram {made.id}" in troubled(checks)


@pytest.mark.slow
async def test_without_any_setting_it_says_what_is_needed() -> None:
    done = await chat_orchestrator("doctor")

    assert done.code == 1
    assert {"DATABASE_URL", "TEMPORAL_ADDRESS", "SECRET_KEY", "model"} <= set(done.out.split())
