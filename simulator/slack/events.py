"""Builds what the Events API tells, and hands it to the courier; nothing is told to an app without a Request URL."""

from uuid import uuid4

from simulator.slack.apps import TEAM, App
from simulator.slack.channels import Channel
from simulator.slack.courier import Post
from simulator.slack.state import State
from simulator.wire import JSON, Object, encode, unix_time

JSON_TYPE = "application/json"


def said_by_bot(app: App, ts: str, text: str) -> Object:
    """A message of the app's bot."""
    profile: Object = {"id": app.bot, "app_id": app.id, "name": app.title, "deleted": False}
    return {
        "type": "message",
        "user": app.user,
        "bot_id": app.bot,
        "app_id": app.id,
        "bot_profile": profile,
        "team": TEAM,
        "text": text,
        "ts": ts,
    }


def note(state: State, app: App, what: str, channel: str | None, content: Object) -> None:
    """Write down what somebody did, whether or not the app is told."""
    fields: Object = {"account": app.token, "chat_id": channel, "what": what, "content": content}
    state.simulation.ledger.record("inbound", "slack", fields)


def tell(state: State, app: App, event: Object, event_id: str | None = None) -> str | None:
    """Have the app told of an event; the event's id, or None where nobody listens."""
    if app.request_url is None:
        return None
    found = event_id or f"Ev{uuid4().hex[:10].upper()}"
    granted: Object = {
        "enterprise_id": None,
        "team_id": TEAM,
        "user_id": app.user,
        "is_bot": True,
        "is_enterprise_install": False,
    }
    envelope: Object = {
        "token": "deprecated",
        "team_id": TEAM,
        "api_app_id": app.id,
        "event": {"event_ts": event.get("ts") or state.channels.clock.next(), **event},
        "type": "event_callback",
        "event_id": found,
        "event_time": unix_time(),
        "authorizations": [granted],
        "is_ext_shared_channel": False,
    }
    place, text = _place(event), event.get("text")
    post = Post(app, encode(envelope), JSON_TYPE, found, envelope, place, text if isinstance(text, str) else None)
    state.courier.offer(post)
    return found


def hidden(channel: Channel, subtype: str, ts: str, more: Object) -> Object:
    """What is told of a change in a channel."""
    place: Object = {"channel": channel.id, "channel_type": channel.type}
    return {"type": "message", "subtype": subtype, "hidden": True, "ts": ts, **place, **more}


def _place(event: Object) -> str | None:
    item = event.get("item")
    found: JSON = event.get("channel") or (item.get("channel") if isinstance(item, dict) else None)
    return found if isinstance(found, str) else None
