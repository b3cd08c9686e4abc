"""What becomes of a call of a tool: one with effects is begun once, and never without the word of who is asked."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.calling import MOST_ATTEMPTS, CallStanding, Decision, decide
from domain.tool_calls import DENIED, EXPIRED, UNKNOWN, ApprovalState, CallState
from domain.tools import HttpTool

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER, EARLIER = NOW + timedelta(seconds=5), NOW - timedelta(seconds=5)


def tool(*, method: str = "POST", approval: bool = False) -> HttpTool:
    """A tool, by default one with effects."""
    told = {"name": "order", "description": "Orders.", "url": "https://a.example.com/", "hosts": ["a.example.com"]}
    return HttpTool.model_validate({**told, "method": method, "approval": approval, "private": False})


def call(**changes: object) -> CallStanding:
    """A call that nothing was done about, by default one with effects."""
    told: dict[str, object] = {"name": "order", "arguments": "{}", "effects": True, "state": CallState.PLANNED}
    return CallStanding(**{**told, "wanted": True, **changes})  # type: ignore[arg-type]  # as each test says


BEGUN = {"state": CallState.STARTED, "attempts": 1}


@pytest.mark.parametrize(
    ("standing", "expected"),
    [
        (call(), Decision(make=True)),
        (call(wanted=False), Decision()),
        (call(state=CallState.ENDED), Decision()),
        (call(**BEGUN, lease_until=LATER), Decision(look_after=timedelta(seconds=1))),
        (call(**BEGUN, lease_until=EARLIER), Decision(ends=UNKNOWN)),
        (call(**BEGUN, lease_until=EARLIER, wanted=False), Decision(ends=UNKNOWN)),
        (call(**BEGUN, lease_until=EARLIER, effects=False), Decision(make=True)),
        (call(**BEGUN, lease_until=EARLIER, effects=False, wanted=False), Decision()),
        (call(approval=ApprovalState.APPROVED), Decision(make=True)),
        (call(approval=ApprovalState.DENIED), Decision(ends=DENIED)),
        (call(approval=ApprovalState.EXPIRED), Decision(ends=DENIED)),
        (call(approval=ApprovalState.PENDING, expires_at=LATER), Decision(asks_for=timedelta(seconds=5))),
        (call(approval=ApprovalState.PENDING, expires_at=NOW), Decision(ends=EXPIRED, expired=True)),
    ],
)
def test_a_call_is_judged_by_how_it_stands(standing: CallStanding, expected: Decision) -> None:
    assert decide(standing, tool(), NOW) == expected


def test_a_tool_that_asks_meanwhile_is_not_called_unasked() -> None:
    assert decide(call(), tool(approval=True), NOW).ends == DENIED


def test_a_tool_that_has_got_effects_meanwhile_is_not_called() -> None:
    assert decide(call(effects=False), tool(), NOW).ends is not None
    assert decide(call(), None, NOW).ends is not None


def test_a_call_without_effects_is_not_begun_for_ever() -> None:
    begun = call(state=CallState.STARTED, attempts=MOST_ATTEMPTS, lease_until=EARLIER, effects=False)
    assert decide(begun, tool(method="GET"), NOW).ends is not None
