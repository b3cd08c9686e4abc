"""The result: the figures with their bars, what each process used, and whether every turn was answered once."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from pydantic import JsonValue

from commands.benchmark.figures import Bar, Figure, milliseconds, percentile, rounded
from commands.benchmark.phases import Seen
from commands.benchmark.plan import Plan

_KIB = 1024


@dataclass(frozen=True)
class Result:
    """What one run found."""

    plan: Plan
    machine: Mapping[str, JsonValue]
    figures: Sequence[Figure]
    cpu_ms_per_turn: Mapping[str, Mapping[str, float]]
    turns: Mapping[str, Mapping[str, int]]

    def as_json(self) -> dict[str, JsonValue]:
        """What scripts read."""
        return {
            "version": 1,
            "plan": asdict(self.plan),
            "machine": dict(self.machine),
            "figures": {figure.name: figure.as_json() for figure in self.figures},
            "cpu_ms_per_turn": {side: dict(used) for side, used in self.cpu_ms_per_turn.items()},
            "turns": {side: dict(counts) for side, counts in self.turns.items()},
        }


def figures(plan: Plan, product: Seen, floor: Seen) -> list[Figure]:
    """Every figure, in the order in which they are told."""
    events = percentile(product.cold_events, 50) or 0
    return [
        *_latencies(plan, product, floor),
        Figure(
            "saturated_turns_per_second", f"full turns per second, {plan.in_flight} conversations at once", "1/s",
            _mean(product.saturated), _mean(floor.saturated), Bar(0.5, "ratio", "least"),
        ),
        Figure(
            "history_events_per_turn", "events that an ordinary turn adds to the history", "events",
            _mean(product.events_per_turn), _mean(floor.events_per_turn), Bar(25),
        ),
        Figure(
            "history_kib_per_turn", "size that an ordinary turn adds to the history", "KiB",
            _kib(_mean(product.bytes_per_turn)), _kib(_mean(floor.bytes_per_turn)), Bar(8),
        ),
        Figure(
            "worker_kib_per_cached_conversation", "worker memory per cached conversation", "KiB",
            _kib(product.bytes_per_conversation), _kib(floor.bytes_per_conversation), Bar(100),
        ),
        Figure(
            "cold_reply_ms", f"reply of a conversation in no cache, {events:.0f} events long, median", "ms",
            milliseconds(percentile(product.cold, 50)), milliseconds(percentile(floor.cold, 50)), Bar(500),
        ),
        Figure(
            "first_words_p50_ms", "the model's first words to the first that a page shows, p50", "ms",
            milliseconds(percentile(product.first_words, 50)), None, Bar(150),
        ),
    ]  # fmt: skip


def _latencies(plan: Plan, product: Seen, floor: Seen) -> list[Figure]:
    front = f"webhook to 2xx at {plan.ack_rate:g}/s, the bot stopped"
    busy = f"webhook to 2xx at {plan.rate:g}/s, while turns run"
    turn = f"webhook to the platform having the reply at {plan.rate:g}/s"
    rows = (
        ("ack", front, product.acks, floor.acks, {50: Bar(10), 99: Bar(50)}),
        ("ack_while_answering", busy, product.acks_while_answering, floor.acks_while_answering, {50: None, 99: None}),
        ("turn", turn, product.turns, floor.turns, {50: Bar(2, "ratio"), 99: Bar(3, "ratio")}),
    )
    return [
        Figure(
            f"{name}_p{percent}_ms", f"{meaning}, p{percent}", "ms",
            milliseconds(percentile(ours, percent)), milliseconds(percentile(least, percent)), bar,
        )
        for name, meaning, ours, least, bars in rows
        for percent, bar in bars.items()
    ]  # fmt: skip


def cpu_ms_per_turn(seen: Seen) -> dict[str, float]:
    """The processor time of a turn at the steady rate, by process; other work on the machine does not count in it."""
    turns = seen.used_for_turns or 1
    return {name: rounded(seconds * 1000 / turns) or 0.0 for name, seconds in seen.used_seconds.items()}


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _kib(size_bytes: float | None) -> float | None:
    return None if size_bytes is None else size_bytes / _KIB
