"""Builds what Slack tells of what people do (https://docs.slack.dev/reference/events)."""

import json
from urllib.parse import urlencode
from uuid import uuid4

from simulator.slack.apps import TEAM, App
from simulator.slack.channels import Channel, direct
from simulator.slack.courier import Post
from simulator.slack.events import hidden, note, tell
from simulator.slack.people import Actor, Commanded, Deleted, Edited, Joined, Pressed, Reacted, Said
from simulator.slack.state import State
from simulator.wire import JSON, Object

FORM_TYPE = "application/x-www-form-urlencoded"


def channel_of(state: State, who: Actor) -> Channel:
    """Where somebody acts."""
    return state.channels.channel(who.channel or direct(who.user))


def say(state: State, app: App, what: Said) -> Object:
    """Somebody writes; a mention in a channel is told twice, as Slack does."""
    channel, text = channel_of(state, what), what.text.replace("<@me>", f"<@{app.user}>")
    message: Object = {
        "type": "message",
        "user": what.user,
        "client_msg_id": str(uuid4()),
        "text": text,
        "team": TEAM,
        "ts": what.ts or state.channels.clock.next(),
    }
    if what.thread_ts:
        parent = channel.messages.get(what.thread_ts, {})
        message |= {"thread_ts": what.thread_ts, "parent_user_id": parent.get("user")}
    if what.files is not None:
        message |= {"subtype": "file_share", "files": [*what.files]}
    message |= what.fields
    channel.keep(message)
    told: Object = {**message, "channel": channel.id, "channel_type": channel.type}
    note(state, app, "message", channel.id, message)
    ids: list[JSON] = [tell(state, app, told)]
    if channel.type != "im" and f"<@{app.user}>" in text:
        mention = {name: value for name, value in told.items() if name != "channel_type"}
        ids.append(tell(state, app, {**mention, "type": "app_mention"}))
    return {"ts": message["ts"], "channel": channel.id, "event_ids": ids}


def edit(state: State, app: App, what: Edited) -> Object:
    """Somebody changes what was said."""
    channel, now = channel_of(state, what), state.channels.clock.next()
    before: Object = channel.messages.get(what.ts) or {"type": "message", "user": what.user, "ts": what.ts, "text": ""}
    after: Object = {**before, "text": what.text, "edited": {"user": what.user, "ts": now}}
    channel.keep(after)
    note(state, app, "message_changed", channel.id, after)
    told = hidden(channel, "message_changed", now, {"message": after, "previous_message": before})
    return {"ts": what.ts, "event_ids": [tell(state, app, told)]}


def delete(state: State, app: App, what: Deleted) -> Object:
    """Somebody withdraws what was said."""
    channel, now = channel_of(state, what), state.channels.clock.next()
    before: Object = channel.messages.pop(what.ts, {"type": "message", "user": what.user, "ts": what.ts})
    note(state, app, "message_deleted", channel.id, before)
    told = hidden(channel, "message_deleted", now, {"deleted_ts": what.ts, "previous_message": before})
    return {"ts": what.ts, "event_ids": [tell(state, app, told)]}


def react(state: State, app: App, what: Reacted) -> Object:
    """Somebody puts a reaction on a message."""
    channel = channel_of(state, what)
    item: Object = {"type": "message", "channel": channel.id, "ts": what.ts}
    told: Object = {
        "type": "reaction_removed" if what.removed else "reaction_added",
        "user": what.user,
        "reaction": what.reaction,
        "item": item,
        "item_user": channel.messages.get(what.ts, {}).get("user"),
    }
    note(state, app, str(told["type"]), channel.id, told)
    return {"event_ids": [tell(state, app, told)]}


def join(state: State, app: App, what: Joined) -> Object:
    """Somebody comes into a channel or leaves it."""
    channel = channel_of(state, what)
    kind = "member_left_channel" if what.left else "member_joined_channel"
    told: Object = {"type": kind, "user": what.user, "channel": channel.id, "channel_type": channel.id[0], "team": TEAM}
    note(state, app, kind, channel.id, told)
    return {"event_ids": [tell(state, app, told)]}


def press(state: State, app: App, what: Pressed, base_url: str) -> Object:
    """Somebody presses a button."""
    channel, at = channel_of(state, what), state.channels.clock.next()
    message: Object = channel.messages.get(what.ts, {"ts": what.ts})
    container: Object = {"type": "message", "message_ts": what.ts, "channel_id": channel.id}
    container["is_ephemeral"] = what.ts not in channel.messages
    if "thread_ts" in message:
        container["thread_ts"] = message["thread_ts"]
    action: Object = {
        "type": "button",
        "action_id": what.action_id,
        "block_id": "b1",
        "value": what.value,
        "text": {"type": "plain_text", "text": what.label},
        "action_ts": at,
    }
    payload: Object = {
        "type": "block_actions",
        "user": {"id": what.user, "name": what.user.lower(), "team_id": TEAM},
        "api_app_id": app.id,
        "team": {"id": TEAM, "domain": "simulated"},
        "channel": {"id": channel.id, "name": "simulated"},
        "container": container,
        "message": message,
        "trigger_id": uuid4().hex,
        "response_url": state.responses.begin(app, channel.id, base_url),
        "actions": [action],
    }
    note(state, app, "action", channel.id, action)
    return _form(state, app, channel, {"payload": json.dumps(payload)}, payload, what.label)


def command(state: State, app: App, what: Commanded, base_url: str) -> Object:
    """Somebody calls a slash command."""
    channel = channel_of(state, what)
    form = {
        "token": "deprecated",
        "team_id": TEAM,
        "team_domain": "simulated",
        "channel_id": channel.id,
        "channel_name": "simulated",
        "user_id": what.user,
        "user_name": what.user.lower(),
        "command": what.command,
        "text": what.text,
        "api_app_id": app.id,
        "is_enterprise_install": "false",
        "trigger_id": uuid4().hex,
    }
    note(state, app, "command", channel.id, dict(form))
    form["response_url"] = state.responses.begin(app, channel.id, base_url)
    told = _form(state, app, channel, form, dict(form), what.text)
    return {**told, "response_url": form["response_url"]}


def _form(state: State, app: App, channel: Channel, form: dict[str, str], content: Object, text: str) -> Object:
    """Post a form; Slack does so once and shows the person an error where it is not taken."""
    if app.request_url is None:
        return {"event_ids": []}
    key = uuid4().hex
    body = urlencode(form).encode()
    state.courier.offer(Post(app, body, FORM_TYPE, key, content, channel.id, text, is_event=False))
    return {"event_ids": [key]}
