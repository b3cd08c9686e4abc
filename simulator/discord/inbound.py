"""What people do becomes what the gateway dispatches, or an interaction that is posted to the bot's endpoint."""

from datetime import UTC, datetime
from uuid import uuid4

from simulator.discord.bots import Bot
from simulator.discord.channels import Channel, direct, written
from simulator.discord.courier import Courier, Post
from simulator.discord.forms import filled
from simulator.discord.people import (
    Actor,
    ChannelSettings,
    Commanded,
    Deleted,
    Edited,
    Filled,
    Pressed,
    Reacted,
    Said,
    StartSettings,
)
from simulator.discord.starts import Starts
from simulator.discord.state import Interaction, State
from simulator.wire import JSON, Object


def _note(state: State, bot: Bot, what: str, channel: Channel, content: Object) -> None:
    """Write down what somebody did, whether or not the bot is told."""
    fields: Object = {"account": bot.token, "chat_id": channel.id, "what": what, "content": content}
    state.simulation.ledger.record("inbound", "discord", {**fields, "guild": channel.guild})


def change(state: State, channel: Channel, changed: ChannelSettings) -> None:
    """Have whoever posts in a channel refused, or no longer."""
    channel.refusal, channel.hides_history = changed.refusal, changed.hides_history
    fields: Object = {"account": None, "chat_id": channel.id, "what": "refusal", "content": channel.refusal}
    state.simulation.ledger.record("inbound", "discord", fields)


def limit(starts: Starts, changed: StartSettings) -> Object:
    """Have a bot connect otherwise."""
    given = changed.model_dump(exclude_none=True, exclude={"remaining", "reset_after_seconds"})
    for name, value in given.items():
        setattr(starts, name, value)
    if changed.remaining is not None:
        starts.limit(changed.remaining, changed.reset_after_seconds)
    return starts.describe()


def channel_of(state: State, bot: Bot, who: Actor) -> Channel:
    """Where somebody acts."""
    if who.channel is None:
        return state.channels.channel(direct(bot.id, who.user))
    return state.channels.channel(who.channel, who.guild)


def say(state: State, bot: Bot, what: Said) -> Object:
    """Somebody writes."""
    channel = channel_of(state, bot, what)
    mentions: list[JSON] = [bot.user()] if "<@me>" in what.text else []
    answered = channel.messages.get(what.reply_to or "")
    more: Object = {"type": 19, "referenced_message": answered} if answered is not None else {}
    content = what.text.replace("<@me>", f"<@{bot.id}>")
    name = what.id or state.channels.clock.next()
    message = written(channel, name, _person(state, what), content, mentions=mentions, **{**more, **what.fields})
    channel.keep({field: value for field, value in message.items() if field != "guild_id"})
    _note(state, bot, "MESSAGE_CREATE", channel, message)
    state.gateway.tell(bot, "MESSAGE_CREATE", message)
    return {"id": name, "channel_id": channel.id}


def edit(state: State, bot: Bot, what: Edited) -> Object:
    """Somebody changes what was said."""
    channel = channel_of(state, bot, what)
    before = channel.messages.get(what.id) or written(channel, what.id, _person(state, what), "")
    message: Object = {**before, "content": what.text, "edited_timestamp": datetime.now(UTC).isoformat()}
    channel.keep(message)
    _note(state, bot, "MESSAGE_UPDATE", channel, message)
    state.gateway.tell(bot, "MESSAGE_UPDATE", {**message, **channel.place})
    return {"id": what.id}


def delete(state: State, bot: Bot, what: Deleted) -> Object:
    """Somebody withdraws what was said."""
    channel = channel_of(state, bot, what)
    channel.messages.pop(what.id, None)
    _note(state, bot, "MESSAGE_DELETE", channel, {"id": what.id})
    state.gateway.tell(bot, "MESSAGE_DELETE", {"id": what.id, "channel_id": channel.id, **channel.place})
    return {"id": what.id}


def react(state: State, bot: Bot, what: Reacted) -> Object:
    """Somebody puts a reaction on a message, or takes it off."""
    channel = channel_of(state, bot, what)
    told: Object = {
        "user_id": what.user,
        "channel_id": channel.id,
        "message_id": what.id,
        "emoji": {"id": None, "name": what.emoji},
        "type": 0,
        "burst": False,
        **channel.place,
    }
    event = "MESSAGE_REACTION_REMOVE" if what.removed else "MESSAGE_REACTION_ADD"
    _note(state, bot, event, channel, told)
    state.gateway.tell(bot, event, told)
    return {"id": what.id}


def press(state: State, courier: Courier, bot: Bot, what: Pressed) -> Object:
    """Somebody presses a button: one that stands below the message, or one that is put there for it."""
    channel = channel_of(state, bot, what)
    message = {**channel.messages.get(what.id, {"id": what.id, "author": bot.user()})}
    button: Object = {"type": 2, "style": 1, "label": what.label, "custom_id": what.custom_id, "id": 2}
    message["components"] = message.get("components") or [{"type": 1, "id": 1, "components": [button]}]
    data: Object = {"component_type": 2, "custom_id": what.custom_id, "id": 2}
    return _interact(state, courier, bot, channel, what, {"type": 3, "data": data, "message": message}, what.label)


def command(state: State, courier: Courier, bot: Bot, what: Commanded) -> Object:
    """Somebody calls a slash command."""
    channel = channel_of(state, bot, what)
    option: Object = {"type": 3, "name": "text", "value": what.text}
    data: Object = {"id": "771825006014889984", "name": what.command, "type": what.kind, "options": [option]}
    return _interact(state, courier, bot, channel, what, {"type": 2, "data": data}, what.text)


def fill(state: State, courier: Courier, bot: Bot, what: Filled) -> Object | None:
    """Somebody fills a form in; None for who was shown none."""
    opened = next((item for item in state.interactions.values() if item.id == what.id), None)
    if opened is None or opened.form is None:
        return None
    form, opened.form = opened.form, None
    told: Object = {"type": 5, "data": filled(form, what.answers)}
    return _interact(state, courier, bot, opened.channel, what, told, str(form.get("title")))


def _interact(
    state: State, courier: Courier, bot: Bot, channel: Channel, who: Actor, what: Object, text: str
) -> Object:
    made = Interaction(state.channels.clock.next(), f"aW50ZXJhY3Rpb24{uuid4().hex}", bot, channel, what["type"] == 5)
    state.interactions[made.token] = made
    user = _person(state, who)
    by: Object = {"member": {"user": user, "nick": None, "roles": []}} if channel.guild else {"user": user}
    place: Object = {"channel_id": channel.id, "context": 0 if channel.guild else 1, **channel.place}
    told: Object = {"id": made.id, "application_id": bot.id, "token": made.token, "version": 1, **place, **by, **what}
    _note(state, bot, "INTERACTION_CREATE", channel, {"id": made.id, "text": text, **by, **what})
    if bot.endpoint is None:
        state.gateway.tell(bot, "INTERACTION_CREATE", told)
    else:
        courier.offer(Post(bot, told, channel.id, text, lambda answer: state.respond(made, answer)), bot.endpoint)
    return {"id": made.id, "token": made.token, "channel_id": channel.id}


def _person(state: State, who: Actor) -> Object:
    named: Object = {"id": who.user, "username": who.name.lower(), "global_name": who.name, "discriminator": "0"}
    state.people[who.user] = {**named, "avatar": who.avatar}
    return state.people[who.user]
