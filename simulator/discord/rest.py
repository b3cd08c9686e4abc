"""The REST API that the stand-in has: who the app is, messages, typing, commands; and where each method is."""

import re
from dataclasses import replace
from datetime import UTC, datetime

from simulator.discord.answers import delete_original, edit_original, original, respond
from simulator.discord.call import Act, Call, Done, said
from simulator.discord.channels import Channel, direct
from simulator.discord.content import LISTED, attached, components_of, flags_of, words_of
from simulator.discord.refusals import Refused
from simulator.wire import JSON, Object

MAX_NONCE = 25
MAX_PAGE = 100
DEFAULT_PAGE = 50


async def user(call: Call) -> Done:
    """Whose token it is."""
    return Done(call.bot.user())


async def somebody(call: Call) -> Done:
    """Somebody who has done something here."""
    _bot, found = call.bot, call.state.people.get(call.names[0])
    if found is None:
        raise Refused(10013)
    return Done(found)


async def application(call: Call) -> Done:
    """The token's app."""
    return Done(call.bot.application())


async def change_application(call: Call) -> Done:
    """Set the endpoint of interactions, which is tried with a good and a bad signature first."""
    wanted = call.body.get("interactions_endpoint_url")
    if isinstance(wanted, str) and wanted and not await call.courier.tries(call.bot, wanted):
        failed: list[JSON] = [{"code": "APPLICATION_INTERACTIONS_ENDPOINT_URL_INVALID"}]
        raise Refused(50035, errors={"interactions_endpoint_url": {"_errors": failed}})
    call.bot.endpoint = wanted if isinstance(wanted, str) and wanted else None
    return Done(call.bot.application())


async def gateway(call: Call) -> Done:
    """Where the gateway is, and which sessions may begin."""
    return Done({"url": f"ws://{call.host}/discord/gateway", **call.bot.starts.describe()})


async def create_command(call: Call) -> Done:
    """Register a command, or replace the one of this name."""
    name = call.body.get("name")
    if call.names[0] != call.bot.id or not isinstance(name, str) or not re.fullmatch(r"[-_\w]{1,32}", name):
        raise Refused(50035)
    known = call.bot.commands.get(name)
    made = known["id"] if isinstance(known, dict) else call.state.channels.clock.next()
    call.bot.commands[name] = {**call.body, "id": made}
    return Done(call.bot.commands[name])


async def replace_commands(call: Call) -> Done:
    """Have these commands and no others; those that were there before keep their ids."""
    before, call.bot.commands = dict(call.bot.commands), {}
    listed = call.body.get(LISTED)
    for item in listed if isinstance(listed, list) else []:
        if not isinstance(item, dict):
            raise Refused(50035)
        made = await create_command(replace(call, body=item))
        known, name = before.get(str(item["name"])), str(item["name"])
        if isinstance(known, dict) and isinstance(made.content, dict):
            call.bot.commands[name] = {**made.content, "id": known["id"]}
    return await commands(call)


async def commands(call: Call) -> Done:
    """The commands of an app."""
    return Done([*call.bot.commands.values()])


async def open_direct(call: Call) -> Done:
    """The conversation with somebody."""
    recipient = call.body.get("recipient_id")
    if not isinstance(recipient, str) or not recipient.isdigit():
        raise Refused(50035)
    return Done(call.state.channels.channel(direct(call.bot.id, recipient)).describe())


async def show_channel(call: Call) -> Done:
    """A channel as it is, with its newest message."""
    _bot = call.bot
    return Done(call.channel.describe())


async def change_channel(call: Call) -> Done:
    """Open a thread that is archived."""
    if call.body.get("archived") is False and call.channel.refusal == 50083:
        call.channel.refusal = None
    return Done(call.channel.describe())


async def typing(call: Call) -> Done:
    """Show that the bot is typing."""
    _demand_writable(call)
    return Done(said={"chat": call.channel.id, "id": None})


async def list_messages(call: Call) -> Done:
    """The history, newest first; of those behind `after` the ones that follow it. Nonces are forgotten."""
    channel, _bot = call.channel, call.bot
    if channel.refusal in (50001, 10003):
        raise Refused(channel.refusal)
    limit = min(int(call.query.get("limit", DEFAULT_PAGE)), MAX_PAGE)
    after = int(call.query.get("after", 0))
    found = [item for name, item in channel.messages.items() if int(name) > after]
    shown = found[:limit] if "after" in call.query else found[-limit:]
    return Done([] if channel.hides_history else [*reversed(shown)])


async def create_message(call: Call) -> Done:
    """Say something; the same nonce again is the same message, where that is to be enforced."""
    channel, content, nonce = call.channel, words_of(call.body, call.file), call.body.get("nonce")
    _demand_writable(call)
    if nonce is not None and len(str(nonce)) > MAX_NONCE:
        raise Refused(50035, errors={"nonce": {"_errors": [{"code": "BASE_TYPE_MAX_LENGTH"}]}})
    _demand_reference(call, channel)
    if call.body.get("enforce_nonce") is True and nonce is not None:
        known = channel.repeated(call.bot.id, str(nonce), call.state.channels.nonce_seconds)
        if known is not None:
            return Done({**known, "nonce": nonce})
    name = call.state.channels.clock.next()
    more: Object = {"attachments": attached(name, call.file), "components": components_of(call.body)}
    more |= {"flags": flags_of(call.body)} | ({} if nonce is None else {"nonce": nonce})
    headers = call.state.spend(channel)
    message = call.state.say(call.bot, channel, name, content, **more)
    if nonce is not None:
        channel.nonces[call.bot.id, str(nonce)] = (call.state.channels.clock.seconds(), str(message["id"]))
    return Done(message, said(message), headers)


async def edit_message(call: Call) -> Done:
    """Say something else."""
    channel, before = _own(call)
    content = words_of(call.body)
    headers = call.state.spend(channel)
    edited: Object = {"content": content, "edited_timestamp": datetime.now(UTC).isoformat()}
    if "components" in call.body:
        edited["components"] = components_of(call.body)
    message: Object = {**before, **edited}
    channel.keep(message)
    call.state.gateway.tell(call.bot, "MESSAGE_UPDATE", {**message, **channel.place})
    return Done(message, said(message), headers)


async def delete_message(call: Call) -> Done:
    """Take a message away."""
    channel, before = _own(call)
    del channel.messages[str(before["id"])]
    told: Object = {"id": before["id"], "channel_id": channel.id, **channel.place}
    call.state.gateway.tell(call.bot, "MESSAGE_DELETE", told)
    return Done(said={"chat": channel.id, "id": before["id"]})


def _own(call: Call) -> tuple[Channel, Object]:
    _demand_writable(call)
    message = call.channel.messages.get(call.names[1])
    if message is None:
        raise Refused(10008)
    author = message.get("author")
    if not isinstance(author, dict) or author.get("id") != call.bot.id:
        raise Refused(50005)
    return call.channel, message


def _demand_writable(call: Call) -> None:
    # Whoever is not told of a bot's token is told of nothing else.
    _bot = call.bot
    if call.channel.refusal is not None:
        raise Refused(call.channel.refusal)


def _demand_reference(call: Call, channel: Channel) -> None:
    reference = call.body.get("message_reference")
    if not isinstance(reference, dict) or reference.get("fail_if_not_exists") is False:
        return
    if str(reference.get("message_id")) not in channel.messages:
        raise Refused(50035, errors={"message_reference": {"_errors": [{"code": "REPLIES_UNKNOWN_MESSAGE"}]}})


ROUTES: tuple[tuple[str, str, str, Act], ...] = (
    ("user", "GET", r"users/@me", user),
    ("users", "GET", r"users/(\d+)", somebody),
    ("application", "GET", r"applications/@me", application),
    ("application.change", "PATCH", r"applications/@me", change_application),
    ("gateway", "GET", r"gateway/bot", gateway),
    ("commands.create", "POST", r"applications/(\d+)/commands", create_command),
    ("commands.replace", "PUT", r"applications/(\d+)/commands", replace_commands),
    ("commands", "GET", r"applications/(\d+)/commands", commands),
    ("channels.open", "POST", r"users/@me/channels", open_direct),
    ("channels", "GET", r"channels/(\d+)", show_channel),
    ("channels.change", "PATCH", r"channels/(\d+)", change_channel),
    ("typing", "POST", r"channels/(\d+)/typing", typing),
    ("messages", "GET", r"channels/(\d+)/messages", list_messages),
    ("messages.create", "POST", r"channels/(\d+)/messages", create_message),
    ("messages.edit", "PATCH", r"channels/(\d+)/messages/(\d+)", edit_message),
    ("messages.delete", "DELETE", r"channels/(\d+)/messages/(\d+)", delete_message),
    ("callback", "POST", r"interactions/(\d+)/([^/]+)/callback", respond),
    ("original", "GET", r"webhooks/(\d+)/([^/]+)/messages/@original", original),
    ("original.delete", "DELETE", r"webhooks/(\d+)/([^/]+)/messages/@original", delete_original),
    ("original.edit", "PATCH", r"webhooks/(\d+)/([^/]+)/messages/@original", edit_original),
)
