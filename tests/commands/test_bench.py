"""The benchmark: it measures both sides on real processes, answers every turn once, and leaves nothing behind."""

import asyncio
import json
import signal
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from adapters.processes.data_directory import DataDirectory
from commands.bench import measure
from commands.benchmark.figures import Bar, Figure, percentile
from commands.benchmark.plan import Plan
from commands.benchmark.stage import staged
from tests.commands.commandline import HOUSE, bare
from tests.machine import family, living, until

TINY = Plan(
    rate=4,
    seconds=1,
    rounds=1,
    ack_seconds=1,
    saturation_seconds=1,
    in_flight=2,
    conversations=3,
    warm_up=2,
    history_conversations=1,
    history_turns=2,
    cached=3,
    cold_conversations=1,
    cold_events=80,
    visitors=2,
)
FIGURES = {
    "ack_p50_ms", "ack_p99_ms", "ack_while_answering_p50_ms", "ack_while_answering_p99_ms", "turn_p50_ms",
    "turn_p99_ms", "saturated_turns_per_second", "history_events_per_turn", "history_kib_per_turn",
    "worker_kib_per_cached_conversation", "cold_reply_ms", "first_words_p50_ms",
}  # fmt: skip
PROCESSES = {"temporal", "postgres", "simulator", "api", "worker", "floor", "load"}


@pytest.mark.slow
async def test_every_figure_is_measured_and_every_turn_answered_once(server_directory: Path) -> None:
    directory = DataDirectory(server_directory / "bench")
    async with staged(directory, asyncio.Event()) as stage:
        told = json.loads(json.dumps((await measure(stage, TINY)).as_json()))

    assert told["plan"]["rate"] == 4
    assert told["figures"].keys() == FIGURES
    assert all(figure["product"] is not None for figure in told["figures"].values())
    assert [name for name, figure in told["figures"].items() if figure["ratio"] is None] == ["first_words_p50_ms"]
    assert told["figures"]["history_events_per_turn"]["met"] is True
    assert {name: used.keys() for name, used in told["cpu_ms_per_turn"].items()} == {
        "floor": PROCESSES,
        "product": PROCESSES,
    }
    for counts in told["turns"].values():
        assert counts["said"] > 0
        assert counts == {
            "said": counts["said"],
            "answered": counts["said"],
            "unanswered": 0,
            "answered_twice": 0,
            "unasked": 0,
            "brought_again": counts["brought_again"],
        }


@pytest.mark.slow
async def test_interrupted_it_leaves_nothing_behind(tmp_path: Path) -> None:
    assert await interrupted(tmp_path) == 130
    assert [*await asyncio.to_thread(tmp_path.iterdir)] == []


async def interrupted(directory: Path) -> int | None:
    """The exit code of one that got Ctrl-C while it started its processes, which are gone."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cli", "bench", "--quick", "--json", str(directory / "bench.json"),
        stderr=PIPE, env=bare() | {"TMPDIR": str(directory)}, cwd=HOUSE,
    )  # fmt: skip
    assert process.stderr
    try:
        async with asyncio.timeout(60):
            while b"the floor's worker" not in await process.stderr.readline():
                assert process.returncode is None
        started = family(process.pid)
    finally:
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(60):
            await process.communicate()

    assert started
    await until(lambda: not living(started))
    return process.returncode


def test_a_percentile_is_a_sample() -> None:
    assert [percentile([3.0, 1.0, 2.0, 4.0], percent) for percent in (50, 75, 99)] == [2.0, 3.0, 4.0]
    assert percentile([], 50) is None


@pytest.mark.parametrize(
    ("bar", "met"),
    [(Bar(30), True), (Bar(29), False), (Bar(2, "ratio"), False), (Bar(3, "ratio", "least"), True), (None, None)],
)
def test_a_bar_holds_the_value_or_its_ratio_to_the_floor(bar: Bar | None, met: bool | None) -> None:
    assert Figure("turn", "a turn", "ms", 30.0, 10.0, bar).met is met
