"""The circuits of a process: each change is logged, and only what shows that a model is away opens one."""

import asyncio
from uuid import UUID, uuid4

import pytest
from structlog.testing import capture_logs
from temporalio.testing import ActivityEnvironment

from activities.circuits import Circuits
from adapters.errors import OutOfTime, OutsideError, RateLimited, Unreachable
from domain.circuits import FAILURES, REST_SECONDS, TELLING_SECONDS

WORKSPACE = uuid4()


class Clock:
    """A clock that stands until it is moved."""

    now = 100.0

    def __call__(self) -> float:
        """What it shows."""
        return self.now


async def call(
    circuits: Circuits, error: OutsideError | None = None, model: str = "model", workspace: UUID | None = None
) -> None:
    """A call that ends so, made by an activity."""

    async def made() -> None:
        async with circuits.passed(workspace or WORKSPACE, "host", model):
            if error is not None:
                raise error

    await ActivityEnvironment().run(made)


async def fail(circuits: Circuits, *errors: OutsideError) -> None:
    """Calls that end so."""
    for error in errors:
        with pytest.raises(type(error)):
            await call(circuits, error)


async def test_a_model_that_is_away_is_left_alone_until_a_probe_finds_it_back() -> None:
    clock = Clock()
    circuits = Circuits(clock)
    with capture_logs() as logs:
        await fail(circuits, *[Unreachable("away")] * FAILURES)
        with pytest.raises(Unreachable, match="left alone") as refused:
            await call(circuits)
        assert refused.value.after is not None
        assert refused.value.after.total_seconds() == REST_SECONDS
        await call(circuits, model="another")
        await call(circuits, workspace=uuid4())
        clock.now += REST_SECONDS
        await fail(circuits, Unreachable("still away"))
        clock.now += REST_SECONDS
        await call(circuits)
    changes = [(item["was"], item["state"]) for item in logs if item["event"] == "model_circuit_changed"]
    assert changes == [
        ("closed", "open"), ("open", "half_open"), ("half_open", "open"), ("open", "half_open"),
        ("half_open", "closed"),
    ]  # fmt: skip
    assert all((item["endpoint"], item["model"]) == ("host", "model") for item in logs)


async def test_a_refusal_shows_that_the_model_is_there() -> None:
    circuits, away = Circuits(Clock()), [Unreachable("away")] * (FAILURES - 1)
    await fail(circuits, *away, RateLimited("slowly"), *away)
    await call(circuits)


async def test_who_had_too_little_time_shows_nothing() -> None:
    circuits = Circuits(Clock())
    await fail(circuits, *[OutOfTime("too slow", TELLING_SECONDS - 0.1)] * FAILURES)
    await call(circuits)
    await fail(circuits, *[OutOfTime("silent", TELLING_SECONDS)] * FAILURES)
    with pytest.raises(Unreachable, match="left alone"):
        await call(circuits)


async def test_while_one_finds_out_the_others_are_passed_over() -> None:
    clock = Clock()
    circuits = Circuits(clock)
    await fail(circuits, *[Unreachable("away")] * FAILURES)
    clock.now += REST_SECONDS

    async def probe() -> None:
        async with circuits.passed(WORKSPACE, "host", "model"):
            with pytest.raises(Unreachable, match="left alone"):
                await call(circuits)
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await ActivityEnvironment().run(probe)
    await call(circuits)
