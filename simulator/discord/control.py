"""Below `/_sim/discord`: what bots are set up with, what channels refuse, connections, and people who write to bots."""

from collections.abc import Callable

from fastapi import APIRouter, HTTPException

from simulator.discord import inbound
from simulator.discord.bots import Bot
from simulator.discord.courier import Courier
from simulator.discord.people import (
    AppSettings,
    ChannelSettings,
    Commanded,
    Deleted,
    DiscordSettings,
    Edited,
    Filled,
    Joined,
    Pressed,
    Reacted,
    Said,
    StartSettings,
    Steered,
    Told,
)
from simulator.discord.refusals import Refused
from simulator.discord.state import State
from simulator.wire import JSON, Object


def control_router(state: Callable[[], State], courier: Courier) -> APIRouter:
    """The routes; the state is asked for each time, because a reset replaces it."""
    router = APIRouter(tags=["discord"])
    _add_settings(router, state)
    _add_connections(router, state)
    _add_words(router, state)
    _add_deeds(router, state, courier)
    return router


def _add_settings(router: APIRouter, state: Callable[[], State]) -> None:
    @router.post("/settings")
    async def change_settings(changed: DiscordSettings) -> Object:
        """Tokens to refuse, how long nonces are known, and how many messages a channel takes in five seconds."""
        state().bots.refused_tokens = frozenset(changed.refused_tokens)
        state().channels.nonce_seconds = changed.nonce_seconds
        state().bucket = changed.bucket
        return changed.model_dump()

    @router.post("/channels/{channel_id}")
    async def change_channel(channel_id: str, changed: ChannelSettings) -> Object:
        """The code that whoever posts there meets, such as 50007, and whether its history is hidden."""
        channel = state().channels.channel(channel_id, changed.guild)
        inbound.change(state(), channel, changed)
        return {"channel": channel_id, **changed.model_dump()}

    @router.delete("/channels/{channel_id}", status_code=204)
    async def delete_channel(channel_id: str) -> None:
        """Somebody deletes a channel."""
        state().delete(state().channels.channel(channel_id))

    @router.post("/{token}/guilds/{guild_id}")
    async def let_in(token: str, guild_id: str, changed: Joined) -> Object:
        """Somebody adds the bot to a guild, or puts it out."""
        state().let_in(_bot(state(), token), guild_id, joined=changed.joined)
        return changed.model_dump()

    @router.get("/channels/{channel_id}")
    async def show_channel(channel_id: str) -> Object:
        """What stands in a channel, oldest first."""
        return {"messages": [*state().channels.channel(channel_id).messages.values()]}

    @router.post("/{token}/app")
    async def set_up(token: str, changed: AppSettings) -> Object:
        """What a person clicks in the portal; the endpoint is taken as it is."""
        bot = _bot(state(), token)
        bot.flags = bot.flags if changed.flags is None else changed.flags
        bot.endpoint = bot.endpoint if changed.endpoint is None else changed.endpoint or None
        return {**bot.application(), "public_key": bot.public_key, "commands": [*bot.commands.values()]}


def _add_connections(router: APIRouter, state: Callable[[], State]) -> None:
    @router.post("/{token}/gateway")
    async def steer(token: str, what: Steered) -> Object:
        """Have connections end (`close`, `reconnect`), or sessions forgotten (`invalidate`, `forget`)."""
        return {"sessions": state().gateway.steer(_bot(state(), token), what.do, what.code, what.shard)}

    @router.post("/{token}/starts")
    async def limit(token: str, changed: StartSettings) -> Object:
        """How many shards are recommended and needed, and which sessions may still begin."""
        return inbound.limit(_bot(state(), token).starts, changed)

    @router.get("/{token}/gateway")
    async def connected(token: str) -> Object:
        """The sessions of a bot, whether somebody listens to each, and how they were begun."""
        bot = _bot(state(), token)
        found: list[JSON] = [
            {"id": item.id, "shard": [item.shard.number, item.shard.of], "connected": item.outbox is not None}
            for item in state().gateway.sessions.values()
            if item.bot is bot
        ]
        return {"sessions": found, "begun": [*bot.starts.begun], **bot.starts.describe()}


def _add_words(router: APIRouter, state: Callable[[], State]) -> None:
    @router.post("/{token}/messages")
    async def say(token: str, what: Said) -> Object:
        """Somebody writes."""
        return inbound.say(state(), _bot(state(), token), what)

    @router.post("/{token}/edit")
    async def edit(token: str, what: Edited) -> Object:
        """Somebody changes what was said."""
        return inbound.edit(state(), _bot(state(), token), what)

    @router.post("/{token}/delete")
    async def delete(token: str, what: Deleted) -> Object:
        """Somebody withdraws what was said."""
        return inbound.delete(state(), _bot(state(), token), what)


def _add_deeds(router: APIRouter, state: Callable[[], State], courier: Courier) -> None:
    @router.post("/{token}/commands")
    async def command(token: str, what: Commanded) -> Object:
        """Somebody calls a slash command."""
        return inbound.command(state(), courier, _bot(state(), token), what)

    @router.post("/{token}/buttons")
    async def press(token: str, what: Pressed) -> Object:
        """Somebody presses a button."""
        return inbound.press(state(), courier, _bot(state(), token), what)

    @router.post("/{token}/forms")
    async def fill(token: str, what: Filled) -> Object:
        """Somebody fills in the form that a command or press opened; 409 before it was shown, or once it was sent."""
        told = inbound.fill(state(), courier, _bot(state(), token), what)
        if told is None:
            raise HTTPException(409, f"{what.id!r} shows no form")
        return told

    @router.post("/{token}/reactions")
    async def react(token: str, what: Reacted) -> Object:
        """Somebody puts a reaction on a message, or takes it off."""
        return inbound.react(state(), _bot(state(), token), what)

    @router.post("/{token}/expire", status_code=204)
    async def expire(token: str) -> None:
        """Fifteen minutes pass for every interaction."""
        bot = _bot(state(), token)
        for interaction in state().interactions.values():
            interaction.is_over = interaction.is_over or interaction.bot is bot

    @router.post("/{token}/events")
    async def happen(token: str, what: Told) -> Object:
        """Anything happens, in the words of the caller."""
        state().gateway.tell(_bot(state(), token), what.event, what.data)
        return {}


def _bot(state: State, token: str) -> Bot:
    try:
        return state.bots.bot(token)
    except Refused as refused:
        raise HTTPException(422, f"token {token!r} is not good here") from refused
