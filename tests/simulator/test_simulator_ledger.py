"""The ledger's order, bounds and cursors."""

from simulator.ledger import Ledger
from simulator.wire import JSON
from tests.simulator.harness import Bot, Control


def numbers(ledger: Ledger, after: int = 0) -> list[JSON]:
    return [entry["n"] for entry in ledger.entries(after=after)]


def test_entries_of_all_kinds_come_in_the_order_of_recording() -> None:
    ledger = Ledger()
    ledger.record("call", "telegram", {"n": 1})
    ledger.record("model", "openai", {"n": 2})
    ledger.record("call", "telegram", {"n": 3})
    assert numbers(ledger) == [1, 2, 3]
    assert [entry["n"] for entry in ledger.entries("call")] == [1, 3]
    assert [entry["n"] for entry in ledger.entries(platform="openai")] == [2]


def test_a_reader_goes_on_where_it_stopped() -> None:
    ledger = Ledger()
    for number in range(5):
        ledger.record("call", "telegram", {"n": number})
    first = ledger.entries(limit=2)
    last_seq = first[-1]["seq"]
    assert isinstance(last_seq, int)
    assert numbers(ledger, after=last_seq) == [2, 3, 4]


def test_the_oldest_entries_of_a_kind_go_first() -> None:
    ledger = Ledger(limit=2)
    ledger.record("model", "openai", {"n": 0})
    for number in (1, 2, 3):
        ledger.record("call", "telegram", {"n": number})
    assert numbers(ledger) == [0, 2, 3]


def test_clearing_does_not_turn_cursors_back() -> None:
    ledger = Ledger()
    before = ledger.record("call", "telegram", {"n": 1})["seq"]
    ledger.clear()
    assert ledger.entries() == []
    after = ledger.record("call", "telegram", {"n": 2})["seq"]
    assert (before, after) == (1, 2)


async def test_the_ledger_is_read_and_cleared_over_http(bot: Bot, control: Control) -> None:
    for text in ("a", "b", "c"):
        await bot.message("sendMessage", chat_id=7, text=text)
    first = (await control.client.get("/_sim/ledger", params={"kind": "outbound", "limit": 2})).json()
    rest = await control.ledger(kind="outbound", after=first["last_seq"])
    assert [entry["text"] for entry in [*first["items"], *rest]] == ["a", "b", "c"]
    assert (await control.client.delete("/_sim/ledger")).status_code == 204
    assert await control.ledger() == []


async def test_an_unknown_kind_is_refused(control: Control) -> None:
    assert (await control.client.get("/_sim/ledger", params={"kind": "gossip"})).status_code == 422
