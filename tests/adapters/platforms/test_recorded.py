"""Every recorded call, and what it means: kind, chat, sender, text, and why it needs no answer, from one table."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlencode

import pytest
from pydantic import JsonValue

from domain.events import InboundEvent
from tests.adapters.platforms import messenger_payloads, slack_payloads, telegram_payloads, whatsapp_payloads
from tests.adapters.platforms.slack_payloads import CHANNEL_ID, FORM_TYPE, JSON_TYPE, TEAM, TS, USER

PAYLOADS = Path(__file__).parents[2] / "payloads"
MEANINGS: dict[str, list[list[str | None]]] = json.loads((PAYLOADS / "meanings.json").read_text())
"""By platform, file and name; a row for each event."""
BLANKS: Mapping[str, JsonValue] = {
    "user": USER, "user_id": USER, "channel": CHANNEL_ID, "channel_id": CHANNEL_ID, "team_id": TEAM, "ts": TS,
    "deleted_ts": TS, "thread_ts": TS, "message_ts": TS, "event_ts": TS, "action_ts": TS, "text": "hi",
    "event_id": "Ev1", "command": "/ask", "trigger_id": "1.2", "action_id": "a", "value": "v", "reaction": "+1",
    "id": "X1",
}  # fmt: skip
"""Slack's recordings hold blanks where people were."""
ANYWHERE = slack_payloads.CHANNEL.model_copy(update={"account": {"id": slack_payloads.ME}})


def filled(value: JsonValue, name: str = "") -> JsonValue:
    """The recording with something in each blank."""
    if isinstance(value, dict):
        return {key: filled(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, name) for inner in value]
    return BLANKS.get(name, value) if value == "" else value


def telegram(path: Path) -> dict[str, tuple[InboundEvent, ...]]:
    return {path.stem: (telegram_payloads.read_bytes(path.read_bytes()),)}


def slack(path: Path) -> dict[str, tuple[InboundEvent, ...]]:
    told = filled(json.loads(path.read_text()))
    assert isinstance(told, dict)
    if "event" in told:
        body, kind = json.dumps({**told, "type": "event_callback"}), JSON_TYPE
    elif "command" in told:
        body, kind = urlencode({name: str(value) for name, value in told.items()}), FORM_TYPE
    else:
        body, kind = urlencode({"payload": json.dumps(told)}), FORM_TYPE
    return {path.stem: slack_payloads.read(body.encode(), kind, ANYWHERE)}


def by_name(
    read: Callable[[bytes], tuple[InboundEvent, ...]],
) -> Callable[[Path], dict[str, tuple[InboundEvent, ...]]]:
    """A file that holds several calls."""
    return lambda path: {
        f"{path.stem}/{name}": read(json.dumps(body).encode()) for name, body in json.loads(path.read_text()).items()
    }


READERS = {
    "telegram": telegram,
    "slack": slack,
    "whatsapp": by_name(whatsapp_payloads.read_bytes),
    "messenger": by_name(messenger_payloads.read_bytes),
}
FILES = sorted(path for platform in READERS for path in (PAYLOADS / platform).glob("*.json"))


def meaning(event: InboundEvent) -> list[str | None]:
    """What the table says of an event."""
    sender = event.sender.external_id if event.sender else None
    return [event.kind.value, event.chat, sender, event.text, event.ignored]


def meanings(path: Path) -> dict[str, list[list[str | None]]]:
    """The rows of a file."""
    platform = path.parent.name
    return {f"{platform}/{name}": [*map(meaning, events)] for name, events in READERS[platform](path).items()}


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_recorded_call_means_what_the_table_says(path: Path) -> None:
    found = meanings(path)
    assert found == {name: MEANINGS.get(name) for name in found}


def test_the_table_has_no_row_of_a_call_that_is_not_there() -> None:
    assert MEANINGS.keys() == {name for path in FILES for name in meanings(path)}
