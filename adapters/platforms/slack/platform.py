"""Slack as a platform: calls signed with the app's secret, replies as mrkdwn, sends that can be read back."""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import JsonValue

from adapters.errors import Moved, NotPermitted, OutcomeUnknown, RecipientGone
from adapters.http import Http
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
    file_payload,
    without_file,
)
from adapters.platforms.fields import Fields, part, reference, shown_name, web_address
from adapters.platforms.management import Management
from adapters.platforms.menus import Menu
from adapters.platforms.slack.blocks import labels_of, with_buttons
from adapters.platforms.slack.calls import Calls
from adapters.platforms.slack.changes import SlackChanges
from adapters.platforms.slack.errors import ThreadRefused
from adapters.platforms.slack.events import challenge_of, read_call
from adapters.platforms.slack.file_calls import Files
from adapters.platforms.slack.history import History, with_mark
from adapters.platforms.slack.place import identity, recipient, timestamp
from adapters.platforms.slack.responses import Responses, addresses, without_addresses
from adapters.platforms.slack.setup import instructions
from adapters.platforms.slack.signature import demand_recent, demand_signature, look_signed
from adapters.platforms.text.slack import render as render_text
from domain.buttons import Button
from domain.events import Attachment, InboundEvent
from domain.media import File
from domain.platforms import Guarantee, PlatformName
from domain.profiles import Profile
from domain.text import storable

_CREDENTIAL = "signing_secret"
_THINKING = "is thinking…"
_STATUS_SECONDS = 10.0


class Slack:
    """Speaks the Web API at `api_url`: Slack's own or the simulator's."""

    name = PlatformName.SLACK
    guarantee = Guarantee.READ_BACK
    management: Management | None = None
    menu: Menu | None = None
    typing_every: float | None = 100.0
    """A status ends by itself after two minutes."""
    growing_every: float | None = 3.0
    """`chat.update` is granted about 50 times a minute, for a whole workspace."""

    def __init__(self, http: Http, api_url: str) -> None:
        self._calls = Calls(http, api_url)
        self.changes: Changes | None = SlackChanges(self._calls)
        self._history = History(self._calls)
        self._files = Files(http, self._calls, api_url)
        self._responses = Responses(http, api_url)

    def admits(self, channel: Channel, headers: Mapping[str, str]) -> None:
        """Refuse what carries no signature at all: the body is part of what is signed."""
        look_signed(headers)

    def handshake(self, channel: Channel, request: Request) -> Reply | None:
        """Say back Slack's challenge; a recorded one may be repeated, for it has no effect."""
        challenge = challenge_of(request.body)
        if challenge is None:
            return None
        demand_signature(channel.secret(_CREDENTIAL), request.headers, request.body)
        return Reply(body=challenge)

    def receive(self, channel: Channel, request: Request, now: datetime) -> tuple[InboundEvent, ...]:
        """Verify and parse a call: an event, the actions of an interaction, or a slash command."""
        demand_signature(channel.secret(_CREDENTIAL), request.headers, request.body)
        demand_recent(request.headers, now)
        return read_call(channel, request)

    def taken(self, channel: Channel, request: Request) -> Reply | None:
        """Slack wants no word beyond the 200."""
        return None

    def recipient(self, given: str) -> str:
        """A channel, a direct message or a user by its id."""
        return recipient(given)

    def render(self, markdown: str, destination: Destination) -> tuple[Payload, ...]:
        """The bodies of the `chat.postMessage` calls that make up a reply; all of them stand in the thread."""
        frame = self._empty(destination)
        return tuple({**frame, "text": text} for text in render_text(storable(markdown)))

    def _empty(self, destination: Destination) -> Payload:
        place: Payload = {"channel": destination.chat}
        if destination.thread:
            place["thread_ts"] = destination.thread
        return {**place, "text": "", "unfurl_links": False, "unfurl_media": False, **addresses(destination)}

    def render_file(self, file: File, destination: Destination) -> tuple[Payload, ...]:
        """A message that shares the file, its caption above it."""
        first, *rest = [*self.render(file.caption, destination)] or [self._empty(destination)]
        return ({**first, **file_payload(file), "unfurl_media": True}, *rest)

    def offered(self, payload: Payload, buttons: Sequence[Button]) -> Payload | None:
        """The same part as blocks, with the buttons in a row."""
        return with_buttons(payload, buttons)

    async def locate(self, channel: Channel, attachment: Attachment) -> Source:
        """The file's own address, which the bot's token opens."""
        return await self._files.locate(channel, attachment)

    async def send_file(self, channel: Channel, payload: Payload, content: bytes, deadline: float) -> Receipt:
        """Upload a file, which nobody sees, then share it by a message that carries the part's mark."""
        await self._open(channel, payload, deadline)
        link = await self._files.upload(channel, payload, content, deadline)
        said = str(payload.get("text") or "")
        shared = {**without_file(payload), "text": f"{said}\n{link}" if said else link}
        return await self.send(channel, shared, deadline)

    def marked(self, payload: Payload, mark: str) -> Payload:
        """The same part with its mark as metadata, which people do not see."""
        return with_mark(payload, mark)

    async def send(self, channel: Channel, payload: Payload, deadline: float) -> Receipt:
        """Put one part on the platform; a thread that is gone is left out at once.

        For a person's id the conversation is opened first: raises `Moved`, so that its answers are known as such.
        Where the bot may not speak, what it was asked by a command is answered to that person alone.
        """
        await self._open(channel, payload, deadline)
        try:
            posted = await self._post(channel, without_addresses(payload), deadline)
        except (NotPermitted, RecipientGone):
            responded = await self._responses.say(payload, deadline)
            if responded is None:
                raise
            return responded
        ts = timestamp(posted)
        if ts is None:
            raise OutcomeUnknown("Slack's answer to chat.postMessage names no message")
        return Receipt(platform_message_id=ts)

    async def _post(self, channel: Channel, payload: Payload, deadline: float) -> Fields:
        try:
            return await self._calls.post(channel, "chat.postMessage", payload, deadline)
        except ThreadRefused:
            if "thread_ts" not in payload:
                raise
            return await self._calls.post(channel, "chat.postMessage", _without_thread(payload), deadline)

    async def find(
        self, channel: Channel, payload: Payload, mark: str, since: datetime, deadline: float
    ) -> Receipt | None:
        """The message with this mark that stands in the channel since then; None when it is not there."""
        try:
            found = await self._history.find(channel, payload, mark, since, deadline)
        except ThreadRefused:
            found = None
        if found is None and "thread_ts" in payload:
            found = await self._history.find(channel, _without_thread(payload), mark, since, deadline)
        return Receipt(platform_message_id=found) if found else None

    def readdressed(self, payload: Payload, chat: str) -> Payload:
        """The same part for the conversation that was opened with a person."""
        return {**_without_thread(payload), "channel": chat}

    def unformatted(self, payload: Payload) -> Payload | None:
        """The same text, its marks taken as they stand, and behind it what stood on its buttons."""
        if payload.get("mrkdwn") is False:
            return None
        kept = {name: value for name, value in payload.items() if name != "blocks"}
        text, labels = str(payload.get("text", "")), labels_of(payload)
        return {**kept, "text": f"{text}\n\n{labels}" if labels else text, "mrkdwn": False}

    def shows_typing(self, destination: Destination) -> bool:
        """Slack shows what a bot does in threads alone."""
        return destination.thread is not None

    async def show_typing(self, channel: Channel, destination: Destination) -> None:
        """Show "is thinking…" in a thread, until a message comes or two minutes are over."""
        await self._say_status(channel, destination, _THINKING)

    async def end_typing(self, channel: Channel, destination: Destination) -> None:
        """Take "is thinking…" away where no message does."""
        if self.shows_typing(destination):
            await self._say_status(channel, destination, "")

    async def _say_status(self, channel: Channel, destination: Destination, status: str) -> None:
        place: Payload = {"channel_id": destination.chat, "thread_ts": destination.thread}
        deadline = time.monotonic() + _STATUS_SECONDS
        await self._calls.post(channel, "assistant.threads.setStatus", {**place, "status": status}, deadline)

    async def profile(self, channel: Channel, contact: str) -> Profile:
        """How a person is called in the workspace; needs the scope `users:read`."""
        told = await self._calls.get(channel, "users.info", {"user": contact}, None)
        user = part(told, "user")
        shown = part(user, "profile")
        names = (shown_name(shown, "display_name"), shown_name(shown, "real_name"), shown_name(user, "name"))
        name = next((name for name in names if name), None)
        return Profile(name=name, picture_url=web_address(shown, "image_192"))

    async def acknowledge(self, channel: Channel, event: InboundEvent) -> None:
        """The answer to the call was the acknowledgement."""

    async def check(self, channel: Channel) -> Account:
        """Whose token this is, and in which workspace."""
        told = await self._calls.post(channel, "auth.test", {})
        user = identity(told, "user_id")
        if user is None:
            raise OutcomeUnknown("Slack's answer to auth.test names no user; check SLACK_API_URL")
        known: dict[str, JsonValue] = {
            "team_id": identity(told, "team_id"),
            "team": shown_name(told, "team"),
            "bot_id": identity(told, "bot_id"),
            "url": reference(told, "url"),
        }
        details = {name: value for name, value in known.items() if value is not None}
        return Account(id=user, name=shown_name(told, "user") or user, details=details)

    async def register(self, channel: Channel, url: str) -> Webhook:
        """A person has to do it: raises `NotPermitted` with every step."""
        raise NotPermitted(instructions(url))

    async def inspect(self, channel: Channel) -> Webhook:
        """Slack tells no app of its own webhook."""
        raise NotPermitted(
            "Slack tells no app what its Request URL is; look at https://api.slack.com/apps, Event Subscriptions"
        )

    async def remove(self, channel: Channel) -> None:
        """A person has to do it."""
        raise NotPermitted(
            "Slack lets no app remove its own webhook; switch off Event Subscriptions at https://api.slack.com/apps, "
            "or remove the app from the workspace"
        )

    async def _open(self, channel: Channel, payload: Payload, deadline: float) -> None:
        person = payload.get("channel")
        if not isinstance(person, str) or not person.startswith(("U", "W")):
            return
        try:
            opened = await self._calls.post(channel, "conversations.open", {"users": person}, deadline)
        except NotPermitted:
            # Without the scope im:write Slack opens it by itself; only its id stays unknown.
            return
        chat = identity(part(opened, "channel"), "id")
        if chat is not None:
            raise Moved("Slack knows the conversation with this person by an id of its own", chat)


def _without_thread(payload: Payload) -> Payload:
    return {name: value for name, value in payload.items() if name != "thread_ts"}
