"""Discord as a platform: interactions verified by their signature, replies as messages with a nonce."""

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from urllib.parse import quote

from pydantic import JsonValue

from adapters.errors import CredentialsRefused, OutcomeUnknown, Unacceptable
from adapters.http import Http, Upload
from adapters.media.base import Source
from adapters.platforms.base import (
    Account,
    Changes,
    Channel,
    Destination,
    Payload,
    Receipt,
    Reply,
    Request,
    Webhook,
    file_of,
    file_payload,
    located,
)
from adapters.platforms.discord.answers import Answers
from adapters.platforms.discord.calls import Calls
from adapters.platforms.discord.changes import DiscordChanges
from adapters.platforms.discord.components import with_components
from adapters.platforms.discord.errors import AlreadyAnswered, object_of
from adapters.platforms.discord.forms import forms_in
from adapters.platforms.discord.history import NONCE_KEPT, History, interaction_of, with_nonce
from adapters.platforms.discord.interactions import Kind, as_reply, kind_of, read_interaction, response_to
from adapters.platforms.discord.menu import DiscordMenu, commands_of
from adapters.platforms.discord.people import profile_of
from adapters.platforms.discord.place import Newest, identity, newest_in, recipient
from adapters.platforms.discord.posting import Posting, without
from adapters.platforms.discord.setup import ASK, ENDPOINT, ask_command, may_read
from adapters.platforms.discord.signature import demand_signature, look_signed
from adapters.platforms.discord.starts import Terms, read_terms
from adapters.platforms.fields import Fields, parse_object, reference, shown_name
from adapters.platforms.management import Management
from adapters.platforms.menus import Menu
from adapters.platforms.text.discord import render as render_text
from domain.buttons import Button
from domain.events import Attachment, InboundEvent
from domain.media import File
from domain.platforms import Guarantee, PlatformName
from domain.profiles import Profile
from domain.text import storable

_CREDENTIAL = "public_key"
_APPLICATION = "/applications/@me"
_SUPPRESS_EMBEDS = 4
_TYPING_SECONDS = 8.0


class Discord:
    """Speaks the REST API at `api_url`: Discord's own or the simulator's."""

    name = PlatformName.DISCORD
    guarantee = Guarantee.READ_BACK
    management: Management | None = None
    typing_every: float | None = _TYPING_SECONDS
    growing_every: float | None = 2.0

    def __init__(self, http: Http, api_url: str) -> None:
        self.calls = Calls(http, api_url)
        self.history = History(self.calls)
        self.changes: Changes | None = DiscordChanges(self.calls)
        self.menu: Menu | None = DiscordMenu(self.calls)
        self._posting = Posting(self.calls)
        self._answers = Answers(self.calls)

    def admits(self, channel: Channel, headers: Mapping[str, str]) -> None:
        """Refuse what carries no signature at all: the body is part of what is signed."""
        look_signed(headers)

    def handshake(self, channel: Channel, request: Request) -> Reply | None:
        """Answer a PING, by which Discord asks whether the endpoint is ours; with a bad signature it has to fail."""
        demand_signature(channel.secret(_CREDENTIAL), request.headers, request.body)
        interaction = parse_object(request.body)
        return as_reply(interaction, {}) if kind_of(interaction) == Kind.PING else None

    def receive(self, channel: Channel, request: Request, now: datetime) -> tuple[InboundEvent, ...]:
        """Verify and parse a call: one interaction, one event."""
        demand_signature(channel.secret(_CREDENTIAL), request.headers, request.body)
        return (read_interaction(parse_object(request.body), forms_in(channel)),)

    def taken(self, channel: Channel, request: Request) -> Reply | None:
        """What an interaction is answered within its three seconds: the answer itself comes later."""
        return as_reply(parse_object(request.body), forms_in(channel))

    def recipient(self, given: str) -> str:
        """A channel or a user by its snowflake."""
        return recipient(given)

    def render(self, markdown: str, destination: Destination) -> tuple[Payload, ...]:
        """The messages that make up a reply; the first one answers the interaction, or refers to what it answers."""
        payloads = tuple({**_silent(destination), "content": text} for text in render_text(storable(markdown)))
        if payloads and destination.answer_by:
            payloads[0].update(self.answered_by(destination.answer_by[0]))
        elif payloads and destination.is_group and destination.heard:
            payloads[0]["message_reference"] = {"message_id": destination.heard, "fail_if_not_exists": False}
        return payloads

    def render_file(self, file: File, destination: Destination) -> tuple[Payload, ...]:
        """A message with the file and its caption; a longer one goes on behind it."""
        address = Destination(chat=destination.chat)
        captions = self.render(file.caption, address)
        first = captions[0] if captions else _silent(address)
        return ({**first, **file_payload(file)}, *captions[1:])

    def offered(self, payload: Payload, buttons: Sequence[Button]) -> Payload | None:
        """The same text with up to 25 buttons, five in a row; None for more."""
        return with_components(payload, buttons)

    async def locate(self, channel: Channel, attachment: Attachment) -> Source:
        """The file's own address, which is signed and ends after some time."""
        return located(attachment)

    async def send_file(self, channel: Channel, payload: Payload, content: bytes, deadline: float) -> Receipt:
        """Post a message with its file, in a single call; Discord takes its nonce once."""
        file = file_of(payload)
        assert file is not None
        return await self._posting.say(channel, payload, deadline, Upload("files[0]", file.name, file.type, content))

    def marked(self, payload: Payload, mark: str) -> Payload:
        """The same part with a nonce, by which Discord takes it once."""
        return with_nonce(payload, mark)

    async def send(self, channel: Channel, payload: Payload, deadline: float) -> Receipt:
        """Put one part on the platform: the answer to an interaction, or once that is too late a message.

        For a person's id the conversation is opened first: raises `Moved`, so that its answers are known as such.
        """
        interaction = interaction_of(payload)
        if interaction is not None:
            receipt = await self._answers.complete(channel, interaction, payload, deadline)
            if receipt is not None:
                return receipt
        return await self._posting.say(channel, payload, deadline)

    def answered_by(self, answer_by: Mapping[str, str]) -> Payload:
        """Where a payload names the interaction that it answers."""
        return {"interaction": {**answer_by}}

    async def withdraw(self, channel: Channel, answer_by: Mapping[str, str], deadline: float) -> None:
        """Take "thinking…" away."""
        await self._answers.withdraw(channel, answer_by, deadline)

    async def find(
        self, channel: Channel, payload: Payload, mark: str, since: datetime, deadline: float
    ) -> Receipt | None:
        """What a send became; None when it may be repeated, because Discord itself would not take it twice."""
        interaction = interaction_of(payload)
        if interaction is not None:
            is_there, receipt = await self._answers.find(channel, interaction, payload, deadline)
            if is_there:
                # Writing the same answer once more changes nothing.
                return receipt
        elif datetime.now(UTC) - since < NONCE_KEPT:
            return None
        found = await self.history.find(channel, with_nonce(payload, mark), since, deadline)
        return Receipt(platform_message_id=found) if found else None

    def readdressed(self, payload: Payload, chat: str) -> Payload:
        """The same part for the conversation that was opened with a person."""
        return {**without(payload, "message_reference"), "channel_id": chat}

    def unformatted(self, payload: Payload) -> Payload | None:
        """Marks are text: nothing refuses them."""
        return None

    async def show_typing(self, channel: Channel, destination: Destination) -> None:
        """Show "is typing…" for ten seconds."""
        path = f"/channels/{quote(destination.chat, safe='')}/typing"
        await self.calls.call(channel, "POST", path, {}, time.monotonic() + _TYPING_SECONDS)

    async def profile(self, channel: Channel, contact: str) -> Profile:
        """A user's name and picture; the address of the picture is another one with each picture."""
        return await profile_of(self.calls, channel, contact)

    async def acknowledge(self, channel: Channel, event: InboundEvent) -> None:
        """The answer to the call was the acknowledgement."""

    async def answer(self, channel: Channel, interaction: Fields) -> None:
        """Acknowledge an interaction that the gateway told of, which waits three seconds for it."""
        name, token = identity(interaction, "id"), reference(interaction, "token")
        if name is None or token is None:
            return
        path = f"/interactions/{name}/{quote(token, safe='')}/callback"
        with suppress(AlreadyAnswered):
            await self.calls.respond("POST", path, response_to(interaction, forms_in(channel)))

    async def gateway_terms(self, channel: Channel) -> Terms:
        """Where the gateway is, how many shards Discord recommends, and which sessions may begin."""
        return read_terms(object_of(await self.calls.get(channel, "/gateway/bot", {}), "gateway"))

    async def newest(self, channel: Channel, chat: str) -> Newest:
        """Where a channel is, and the newest message in it."""
        path = f"/channels/{quote(chat, safe='')}"
        return newest_in(object_of(await self.calls.get(channel, path, {}), "a channel"))

    async def check(self, channel: Channel) -> Account:
        """Whose token this is, and whether the other credentials are of the same app."""
        user = object_of(await self.calls.get(channel, "/users/@me", {}), "users")
        application = object_of(await self.calls.get(channel, _APPLICATION, {}), "applications")
        found = identity(user, "id")
        if found is None:
            raise OutcomeUnknown("Discord's answer to users/@me names no user; check DISCORD_API_URL")
        for name, field in (("application_id", "id"), (_CREDENTIAL, "verify_key")):
            told = reference(application, field)
            if told is not None and told.lower() != channel.secret(name).lower():
                raise CredentialsRefused(f"the channel's {name} is not that of the bot_token's app; correct it")
        details: dict[str, JsonValue] = {"username": reference(user, "username"), "reads": may_read(application)}
        return Account(id=found, name=shown_name(user, "username") or found, details=details)

    async def register(self, channel: Channel, url: str) -> Webhook:
        """Register `/ask`, then have interactions posted to this URL, which Discord tries at once."""
        command = await self.calls.post(channel, commands_of(channel), ask_command())
        try:
            await self.calls.call(channel, "PATCH", _APPLICATION, {ENDPOINT: url})
        except Unacceptable as error:
            raise Unacceptable(f"{error}; does Discord reach {url}, and is the public_key right?") from error
        return Webhook(url=url, details={"command": ASK, "command_id": identity(command, "id")})

    async def inspect(self, channel: Channel) -> Webhook:
        """The URL that interactions are posted to; none where the gateway tells of them."""
        application = object_of(await self.calls.get(channel, _APPLICATION, {}), "applications")
        return Webhook(url=reference(application, ENDPOINT) or "")

    async def remove(self, channel: Channel) -> None:
        """Have the gateway tell of interactions."""
        await self.calls.call(channel, "PATCH", _APPLICATION, {ENDPOINT: None})


def _silent(destination: Destination) -> Payload:
    """A message that pings nobody and shows no previews, still without its words."""
    return {"channel_id": destination.chat, "allowed_mentions": {"parse": []}, "flags": _SUPPRESS_EMBEDS}
