"""Summaries on demand: made once for what was said, paid by the bot, kept until something changes."""

import json

import pytest
from sqlalchemy import select

from adapters.database.records import Usage
from tests.machine import until
from tests.product import Operator, Product, Visitor

QUEUE = {"policy": "queue"}


async def talked(product: Product, *said: str, **bot: object) -> tuple[Operator, str, Visitor]:
    """A conversation in which this was said and answered."""
    visitor = await product.visitor(bursts=QUEUE, **bot)  # type: ignore[arg-type]  # JSON
    for number, text in enumerate(said, 1):
        await visitor.say(text)
        await visitor.heard(number)
    await product.until_states(*["answered"] * len(said))
    return await product.operator(), f"/conversations/{visitor.session['conversation_id']}/summary", visitor


async def bill(product: Product) -> list[str]:
    """What was paid for."""
    async with product.database.begin() as connection:
        return sorted((await connection.scalars(select(Usage.purpose))).all())


@pytest.mark.slow
async def test_a_conversation_is_summarised_until_more_is_said(product: Product) -> None:
    operator, path, visitor = await talked(product, "Where is my parcel?", "I wait.")
    first = await operator.post(path)
    assert first["text"] == "The contact said: Where is my parcel? / I wait."
    newest = (await visitor.messages())[-1]["seq"]
    assert (first["open_questions"], first["covered_seq"]) == (["Where is my parcel?"], newest)
    assert await operator.post(path) == first
    assert await bill(product) == ["answer", "answer", "summary"]
    await visitor.say("It came.")
    await visitor.heard(3)
    await product.until_states(*["answered"] * 3)
    assert str((await operator.post(path))["text"]).endswith("It came.")


async def test_a_repeat_with_its_key_gets_the_same_answer(product: Product) -> None:
    operator, path, _ = await talked(product, "Where is my parcel?")
    headers = {"Authorization": f"Bearer {operator.key}", "Idempotency-Key": "once"}
    answers = [await product.client.post(f"/v1{path}", headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["Idempotency-Replayed"] == "true"


async def test_a_reset_takes_it_away(product: Product) -> None:
    operator, path, _ = await talked(product, "Where is my parcel?")
    await operator.post(path)
    await operator.post(path.replace("/summary", "/reset"))
    answer = await product.client.post(f"/v1{path}", headers={"Authorization": f"Bearer {operator.key}"})
    assert (answer.status_code, answer.json()["code"]) == (422, "nothing_said")


@pytest.mark.parametrize("text", ["I obey.", json.dumps({"summary": " ", "open_questions": []})])
async def test_what_is_no_summary_is_paid_and_told(product: Product, text: str) -> None:
    operator, path, _ = await talked(product, "Where is my parcel?")
    await product.simulated.answers({"contains": "", "shape": "digest", "text": text})
    answer = await product.client.post(f"/v1{path}", headers={"Authorization": f"Bearer {operator.key}"})
    assert (answer.status_code, answer.json()["code"]) == (502, "summary_failed")
    assert await bill(product) == ["answer", "summary"]


async def test_a_day_without_room_and_the_demo_model_make_none(product: Product) -> None:
    operator, path, _ = await talked(product, "hello", model={"provider": "demo"}, limits={"tokens_per_day": 100_000})
    headers = {"Authorization": f"Bearer {operator.key}"}
    answer = await product.client.post(f"/v1{path}", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "no_model")
    bots = (await operator.get("/bots"))["items"]
    assert isinstance(bots, list)
    assert isinstance(bots[0], dict)
    change = {"model": {"provider": "openai"}, "limits": {"per_conversation": {"tokens_per_day": 10}}}

    async def is_changed() -> bool:
        changed = await product.client.patch(f"/v1/bots/{bots[0]['id']}", json=change, headers=headers)
        return changed.is_success

    await until(is_changed)
    answer = await product.client.post(f"/v1{path}", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (503, "budget_exhausted")


async def test_what_was_understood_is_counted(product: Product) -> None:
    wishes = {"sentiment": True, "intents": [{"name": "parcel"}], "language": True}
    operator, _, _ = await talked(product, "Where is my parcel? I hate waiting!", understanding=wishes)
    counted: dict[str, object] = {}

    async def is_counted() -> bool:
        counted.update(await operator.get("/stats/understanding"))
        return counted["messages"] == 1

    await until(is_counted)
    assert (counted["languages"], counted["sentiments"], counted["intents"], counted["not_understood"]) == (
        {"en": 1}, {"negative": 1}, {"parcel": 1}, {},
    )  # fmt: skip
    other = await operator.get("/stats/understanding", bot_id="00000000-0000-0000-0000-000000000001")
    assert other["messages"] == 0
