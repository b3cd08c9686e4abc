"""Models of the workspace: asked by their own names, keys and prices, to answer and to moderate."""

import pytest
from pydantic import JsonValue
from sqlalchemy import select, update
from temporalio.exceptions import ApplicationError

from adapters.database import models, records
from adapters.database.channels import credentials_vault
from adapters.database.engine import Database
from adapters.database.tables import ModelRow
from domain.offered_models import OfferedModel
from domain.prices import Price
from settings import Settings
from tests.activities.bench import Bench, set_up
from tests.product import Product
from tests.simulated import Simulated


async def offer(bench: Bench, settings: Settings, name: str, *keys: str, **given: object) -> None:
    """A model of the bench's workspace, at the simulator."""
    model = OfferedModel.model_validate({"endpoint": settings.openai_base_url, **given})
    named = {str(number): key for number, key in enumerate(keys)}
    vault = credentials_vault(settings.secrets())
    async with bench.chat.database.begin() as connection:
        await models.add(connection, vault, bench.chat.access.workspace_id, name, model, named, is_default=False)


async def test_it_is_asked_by_its_own_name_and_paid_by_its_own_price(
    simulating: Settings, shared: Database, simulated: Simulated
) -> None:
    bot: dict[str, JsonValue] = {"model": {"provider": "priced"}}
    async with set_up(simulating, shared, **bot) as bench:
        await offer(bench, simulating, "priced", model="llama3", api="responses", price=Price(input=10**6, output=0))
        assert (await bench.complete()).model == "llama3"
        ((_, input_tokens, _),) = await bench.usage()
        costs = await bench.chat.rows(select(records.Usage.cost).where(records.Usage.conversation_id == bench.chat.id))
    assert costs == [(float(str(input_tokens)),)]
    assert [item["method"] for item in await simulated.ledger("model")] == ["responses"]


async def test_its_next_key_takes_over(simulating: Settings, shared: Database, simulated: Simulated) -> None:
    await simulated.post("/openai/answers", refused_keys=["sk-one"])
    async with set_up(simulating, shared, model={"provider": "keyed"}) as bench:
        await offer(bench, simulating, "keyed", "sk-one", "sk-two")
        assert (await bench.complete()).model == "gpt-4.1-mini"
        assert [item["status"] for item in await simulated.asked()] == [401, 200]


@pytest.mark.parametrize("missing", ["nobody", "sealed"])
async def test_where_it_cannot_be_asked_the_fallback_is(
    simulating: Settings, shared: Database, simulated: Simulated, missing: str
) -> None:
    models_: dict[str, JsonValue] = {"model": {"provider": missing}, "fallback_models": [{"name": "second"}]}
    async with set_up(simulating, shared, **models_) as bench:
        if missing == "sealed":
            await offer(bench, simulating, "sealed", "sk-of-the-tests")
            async with shared.begin() as connection:
                await connection.execute(
                    update(ModelRow).where(ModelRow.name == missing).values(credentials_key_id="gone")
                )
        assert (await bench.complete()).model == "second"


async def test_a_workspace_without_the_model_says_so(simulating: Settings, shared: Database) -> None:
    async with set_up(simulating, shared, model={"provider": "nobody"}) as bench:
        with pytest.raises(ApplicationError, match="the workspace has no model 'nobody'") as raised:
            await bench.complete()
    assert raised.value.non_retryable


async def test_a_guard_model_judges_what_is_said(simulating: Settings, shared: Database, simulated: Simulated) -> None:
    await simulated.answers({"contains": "hello", "text": "unsafe\nS9"})
    async with set_up(simulating, shared, moderation={"provider": "guard"}) as bench:
        await offer(bench, simulating, "guard", model="llama-guard")
        judged = await bench.moderate()
        assert (judged.refused, judged.reason) == (True, "moderation:S9")
        assert await bench.verdicts() == [("input", "refuse", ["S9"])]


@pytest.mark.slow
async def test_a_bot_answers_by_a_model_that_was_made_over_the_api(product: Product) -> None:
    operator, at = await product.operator(), f"{product.simulated.url}/azure"
    key: JsonValue = {"only": "azure-key-of-the-tests"}
    made = await operator.post(
        "/models", name="cloud", provider="azure", endpoint=at, model="mine", keys=key, default=True
    )
    bot = await operator.post("/bots", name="Ada", bursts={"policy": "queue"})
    channel = await operator.post(f"/bots/{bot['id']}/channels", platform="webchat")
    visitor = await product.visit(str(channel["id"]))
    await visitor.say("hello")
    assert [item["text"] for item in await visitor.heard(1)] == ["You said: hello"]
    request = (await product.simulated.asked())[0]["request"]
    assert isinstance(request, dict)
    assert (request["model"], made["default"]) == ("mine", True)
