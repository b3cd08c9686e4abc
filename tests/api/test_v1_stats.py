"""Statistics over HTTP, and how a span is cut into buckets."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import update

from adapters.database.engine import Database
from adapters.database.records import Message
from adapters.database.stats import Interval
from api.v1.buckets import MOST, beginnings
from settings import Settings
from tests.api.scene import Scene, set_scene

DAY = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SPAN = {"since": "2026-03-01T00:00:00Z", "until": "2026-03-04T00:00:00Z"}
NOTHING = {
    "messages": {"inbound": 0, "outbound": 0},
    "turns": {"total": 0, "answered": 0, "refused": 0, "failed": 0},
    "tokens": {"input": 0, "output": 0},
    "cost": 0.0,
    "latency": {"p50_ms": None, "p95_ms": None},
    "failures": {"turns": 0, "deliveries": 0, "uncertain": 0},
}


@pytest.fixture
async def scene(api: httpx.AsyncClient, database: Database, settings: Settings) -> Scene:
    """A bot with a Telegram channel, some time ago."""
    made = await set_scene(api, database, settings)
    made.clock = DAY
    return made


async def happen(scene: Scene, database: Database) -> None:
    """A day with three turns."""
    outcomes = (("answered", ("sent",)), ("failed", ("failed", "uncertain")), ("refused", ("sent",)))
    for number, (outcome, states) in enumerate(outcomes, 1):
        turn = await scene.open_turn(await scene.hear("hi"), number=number)
        await scene.reply(turn, "answer", *states)
        await scene.pay(turn, 10, 3, 0.25)
        await scene.end_turn(turn, outcome)
    async with database.begin() as connection:
        # What is heard is stamped by the database's clock.
        await connection.execute(update(Message).where(Message.direction == "inbound").values(created_at=DAY))


async def test_every_figure_is_counted_in_its_bucket_and_in_all(
    api: httpx.AsyncClient, scene: Scene, database: Database
) -> None:
    await happen(scene, database)
    told = (await api.get("/v1/stats", params=SPAN)).json()
    figures = {
        "messages": {"inbound": 3, "outbound": 2},
        "turns": {"total": 3, "answered": 1, "refused": 1, "failed": 1},
        "tokens": {"input": 30, "output": 9},
        "cost": 0.75,
        "latency": {"p50_ms": 2000.0, "p95_ms": 2000.0},
        "failures": {"turns": 1, "deliveries": 1, "uncertain": 1},
    }
    days = [("2026-03-01T00:00:00Z", NOTHING), ("2026-03-02T00:00:00Z", figures), ("2026-03-03T00:00:00Z", NOTHING)]
    ends = ["2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z", "2026-03-04T00:00:00Z"]
    assert told["buckets"] == [
        {"start": start, "end": end, **counted} for (start, counted), end in zip(days, ends, strict=True)
    ]
    assert (told["totals"], told["interval"]) == (figures, "day")


@pytest.mark.parametrize("interval", list(Interval))
async def test_the_buckets_of_every_interval_add_up(
    api: httpx.AsyncClient, scene: Scene, database: Database, interval: Interval
) -> None:
    await happen(scene, database)
    near = {"since": "2026-03-02T11:59:59Z", "until": "2026-03-02T12:03:00Z", "interval": interval.value}
    told = (await api.get("/v1/stats", params=near)).json()
    assert sum(bucket["turns"]["total"] for bucket in told["buckets"]) == told["totals"]["turns"]["total"] == 3


async def test_one_bot_is_counted_alone(api: httpx.AsyncClient, scene: Scene, database: Database) -> None:
    await happen(scene, database)
    other = (await api.post("/v1/bots", json={"name": "Eve"})).json()
    totals = [
        (await api.get("/v1/stats", params={**SPAN, "bot_id": bot})).json()["totals"]
        for bot in (str(scene.bot_id), other["id"])
    ]
    assert (totals[0]["turns"]["total"], totals[1]) == (3, NOTHING)


async def test_a_cost_that_nobody_knows_is_null(api: httpx.AsyncClient, scene: Scene) -> None:
    turn = await scene.open_turn(await scene.hear("hi"))
    await scene.pay(turn, 10, 3, None)
    assert (await api.get("/v1/stats", params=SPAN)).json()["totals"]["cost"] is None


async def test_a_span_that_cannot_be_counted_is_refused(api: httpx.AsyncClient) -> None:
    asked = [
        {"since": SPAN["until"], "until": SPAN["since"]},
        {"since": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z", "interval": "minute"},
        {"interval": "second"},
        {"since": "2026-01-01"},
        {"since": "0001-01-01T00:00:00+14:00"},
        {"until": "9999-12-31T23:59:59-14:00", "interval": "month"},
    ]
    answers = [await api.get("/v1/stats", params=params) for params in asked]
    assert [(item.status_code, item.json()["code"]) for item in answers] == [
        (422, "bad_range"),
        (422, "too_many_buckets"),
        *[(422, "invalid")] * 4,
    ]


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        (Interval.MONTH, ["2026-01-01", "2026-02-01", "2026-03-01"]),
        (Interval.WEEK, ["2026-01-26", "2026-02-02", "2026-02-09", "2026-02-16", "2026-02-23", "2026-03-02"]),
    ],
)
def test_calendar_buckets_begin_where_the_calendar_says(interval: Interval, expected: list[str]) -> None:
    found = beginnings(datetime(2026, 1, 31, 5, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC), interval)
    assert [beginning.date().isoformat() for beginning in found] == expected


def test_at_most_one_bucket_too_many_is_cut() -> None:
    assert len(beginnings(DAY, DAY + timedelta(days=4000), Interval.HOUR)) == MOST + 1
    assert len(beginnings(DAY, DAY + timedelta(hours=MOST), Interval.HOUR)) == MOST


async def test_a_bot_of_nobody_is_not_counted(api: httpx.AsyncClient) -> None:
    assert (await api.get("/v1/stats", params={"bot_id": str(uuid4())})).status_code == 404
