"""Where the bot is: what Discord's dispatches say of it, and which memberships that becomes."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import JsonValue

from adapters.platforms.discord.guilds import Presence, presence_events, read_presence
from domain.events import EventKind

NOW = datetime(2026, 2, 17, tzinfo=UTC)
GUILD = "9000001"


def told(presence: Presence, *chats: str) -> list[tuple[str, str | None]]:
    """The keys and chats of the memberships."""
    found = presence_events(presence, "dispatch:s:5", chats, NOW)
    assert {event.kind for event in found} <= {EventKind.MEMBERSHIP}
    assert {event.details["status"] for event in found} <= {presence.status}
    return [(event.key, event.chat) for event in found]


def test_a_server_that_was_left_is_known_by_its_id() -> None:
    presence = read_presence("GUILD_DELETE", {"id": GUILD})
    assert presence == Presence(status="removed", guild=GUILD)
    assert told(presence, "1", "2") == [
        ("dispatch:s:5", None), ("dispatch:s:5:1", "1"), ("dispatch:s:5:2", "2"),
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["GUILD_CREATE", "GUILD_DELETE"])
def test_a_server_that_is_down_was_not_left(name: str) -> None:
    assert read_presence(name, {"id": GUILD, "unavailable": True}) is None


@pytest.mark.parametrize(("age", "is_told"), [(timedelta(minutes=1), True), (timedelta(days=2), False)])
def test_a_server_that_was_joined_is_told_of_once_and_of_its_channels_each_time(age: timedelta, is_told: bool) -> None:
    channels: JsonValue = [{"id": "1"}, {"id": "x"}, {}, 5]
    joined: dict[str, JsonValue] = {"id": GUILD, "joined_at": (NOW - age).isoformat(), "channels": channels}
    presence = read_presence("GUILD_CREATE", {**joined, "threads": [{"id": "2"}]})
    assert presence is not None
    assert (presence.status, presence.chats) == ("added", ("1", "2"))
    itself: list[tuple[str, str | None]] = [(f"guild:{GUILD}:{(NOW - age).isoformat()}", None)]
    assert told(presence, "1") == (itself if is_told else []) + [("dispatch:s:5:1", "1")]


@pytest.mark.parametrize("name", ["CHANNEL_DELETE", "THREAD_DELETE"])
def test_a_channel_that_was_deleted_is_gone(name: str) -> None:
    presence = read_presence(name, {"id": "1", "guild_id": GUILD})
    assert presence == Presence(status="removed", chats=("1",))
    assert told(presence) == []
    assert told(presence, "1") == [("dispatch:s:5:1", "1")]


def test_at_the_beginning_of_a_session_it_is_known_where_the_bot_is() -> None:
    guilds: JsonValue = [{"id": GUILD, "unavailable": True}, {"id": None}]
    assert read_presence("READY", {"guilds": guilds}) == Presence(status="removed", guilds=(GUILD,))
    assert read_presence("READY", {"guilds": []}) == Presence(status="removed", guilds=())


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("READY", {}), ("READY", {"guilds": "none"}), ("GUILD_CREATE", {}), ("GUILD_DELETE", {"id": "x"}),
        ("CHANNEL_DELETE", {"id": None}), ("GUILD_CREATE", {"id": [], "channels": 5}), ("CHANNEL_CREATE", {"id": "1"}),
    ],
)  # fmt: skip
def test_what_says_nothing_of_it_is_nothing(name: str, data: dict[str, JsonValue]) -> None:
    assert read_presence(name, data) is None
