"""Metrics as Prometheus reads them: what they count, and that they name nobody."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from adapters.database.records import DeliveryRow, Event
from api.counts import FRESH_SECONDS, OPEN_EVENTS, Counts
from tests.api.door import CREDENTIALS, SECRET_HEADER, Door, said
from tests.product import Product, make_channel

CANARY = "canary-in-a-text"


async def metric(product: Product, name: str, **labels: str) -> float:
    """The value of one metric; 0 when it is not there."""
    listed = ",".join(f'{label}="{value}"' for label, value in sorted(labels.items()))
    start = f"{name}{{{listed}}} " if labels else f"{name} "
    lines = (await product.client.get("/metrics")).text.splitlines()
    return float(next((line.removeprefix(start) for line in lines if line.startswith(start)), 0))


@pytest.mark.slow
async def test_events_are_counted_as_they_were_recorded(product: Product) -> None:
    channel = await make_channel(product.settings, product.database, "telegram", CREDENTIALS)
    door = Door(product.url, product.client, product.database, channel)
    heard = {"platform": "telegram", "kind": "message", "state": "received"}
    refused = {"platform": "telegram", "status": "401"}
    before = await metric(product, "chat_events_total", **heard)
    refused_before = await metric(product, "chat_webhooks_refused_total", **refused)
    acknowledged_before = await metric(product, "chat_webhook_seconds_count", platform="telegram")
    for number in (1, 2, 2):
        await door.post(said(number))
    await product.client.post(door.path, json=said(3), headers={SECRET_HEADER: "wrong"})
    assert await metric(product, "chat_events_total", **heard) == before + 2
    assert await metric(product, "chat_webhooks_refused_total", **refused) == refused_before + 1
    assert await metric(product, "chat_webhook_seconds_count", platform="telegram") == acknowledged_before + 3


@pytest.mark.slow
async def test_what_waits_is_shown_by_state(product: Product) -> None:
    visitor = await product.visitor(bursts={"policy": "queue"})
    await visitor.say("hello")
    await product.until_states("answered")
    async with product.database.begin() as connection:
        received_at, created_at = Event.received_at - timedelta(hours=1), DeliveryRow.created_at - timedelta(hours=2)
        await connection.execute(update(Event).values(state="held", ended_at=None, received_at=received_at))
        await connection.execute(update(DeliveryRow).values(state="uncertain", created_at=created_at))
    assert await metric(product, "chat_events_open", state="held") == 1
    assert await metric(product, "chat_events_open", state="queued") == 0
    assert await metric(product, "chat_deliveries_open", state="uncertain") == 1
    assert 3_600 <= await metric(product, "chat_events_oldest_seconds", state="held") < 4_000
    assert await metric(product, "chat_events_oldest_seconds", state="queued") == 0
    assert 7_200 <= await metric(product, "chat_deliveries_oldest_seconds", state="uncertain") < 7_600


@pytest.mark.slow
async def test_what_waits_is_counted_anew_after_a_while(product: Product) -> None:
    visitor = await product.visitor(bursts={"policy": "queue"})
    await visitor.say("hello")
    await product.until_states("answered")
    time = iter((0.0, 0.0, FRESH_SECONDS - 1, FRESH_SECONDS, FRESH_SECONDS))
    counts = Counts(product.database, lambda: next(time))
    await counts.refresh()
    async with product.database.begin() as connection:
        await connection.execute(update(Event).values(state="held", ended_at=None))
    shown = []
    for _ in range(2):
        await counts.refresh()
        shown.append(OPEN_EVENTS.labels("held")._value.get())
    assert shown == [0, 1]


@pytest.mark.slow
async def test_no_metric_names_anybody(product: Product) -> None:
    await product.telegram(bursts={"policy": "queue"})
    await product.simulated.say(7527593, CANARY, name=CANARY)
    await product.until_states("answered")
    shown = (await product.client.get("/metrics")).text
    assert "chat_events_total" in shown
    for secret in (CANARY, "7527593", CREDENTIALS["token"], CREDENTIALS["webhook_secret"]):
        assert secret not in shown
