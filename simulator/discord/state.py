"""Everything that the stand-in knows, in one place, so that a reset is a new one."""

import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime

from simulator.discord.bots import Bot, Bots
from simulator.discord.channels import Channel, Channels, written
from simulator.discord.content import words_of
from simulator.discord.forms import MODAL, form_of
from simulator.discord.gateway import Gateway
from simulator.discord.refusals import RateLimited, Refused
from simulator.simulation import Simulation
from simulator.wire import JSON, Object

BUCKET_SECONDS = 5.0
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
LOADING, EPHEMERAL = 128, 64
SAID = 4


@dataclass
class Interaction:
    """Somebody's command or press, and the message that answers it."""

    id: str
    token: str
    bot: Bot
    channel: Channel
    of_form: bool = False
    answered: bool = False
    is_over: bool = False
    original: str | None = None
    form: Object | None = None
    """What was shown to whoever acted, to be filled in."""


@dataclass
class State:
    """Bots, channels, interactions, and the gateway that tells of them."""

    simulation: Simulation
    bots: Bots = field(default_factory=Bots)
    channels: Channels = field(default_factory=Channels)
    interactions: dict[str, Interaction] = field(default_factory=dict)
    people: dict[str, Object] = field(default_factory=dict)
    bucket: int | None = None
    _spent: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def __post_init__(self) -> None:
        self.gateway = Gateway(self.bots, self._guilds, self.simulation.closing)

    def interaction(self, application: str, token: str) -> Interaction:
        """An interaction as its token names it; refused once it is over."""
        found = self.interactions.get(token)
        if found is None or found.bot.id != application:
            raise Refused(10015)
        if found.is_over:
            raise Refused(50027)
        return found

    def respond(self, interaction: Interaction, response: JSON) -> None:
        """What the app answers an interaction with: a deferred message shows that the bot is thinking."""
        if interaction.answered:
            raise Refused(40060)
        kind = response.get("type") if isinstance(response, dict) else None
        if kind not in (SAID, 5, 6, MODAL):
            raise Refused(50035)
        if kind == MODAL and isinstance(response, dict):
            interaction.form = form_of(response, interaction.of_form)
        if kind == SAID and isinstance(response, dict):
            self._whisper(interaction, response.get("data"))
        interaction.answered = True
        if kind == 5:
            interaction.original = self.channels.clock.next()
            self.say(interaction.bot, interaction.channel, interaction.original, "", flags=LOADING)

    def _whisper(self, interaction: Interaction, told: JSON) -> None:
        """Whoever acted is told something that nobody else sees."""
        if not isinstance(told, dict) or told.get("flags") != EPHEMERAL:
            raise Refused(50035)
        interaction.original = self.channels.clock.next()
        told_of = written(
            interaction.channel, interaction.original, interaction.bot.user(), words_of(told), flags=EPHEMERAL
        )
        interaction.channel.keep(told_of)

    def say(self, bot: Bot, channel: Channel, name: str, content: str, **more: JSON) -> Object:
        """The bot says something, and is told of it as of everybody's words."""
        message = written(channel, name, bot.user(), content, **more)
        kept = {field: value for field, value in message.items() if field not in ("nonce", "guild_id")}
        channel.keep(kept)
        self.gateway.tell(bot, "MESSAGE_CREATE", message)
        return message

    def spend(self, channel: Channel) -> dict[str, str]:
        """Take one message from a channel's bucket; the headers that tell what is left."""
        if self.bucket is None:
            return {}
        spent, now = self._spent[channel.id], time.monotonic()
        while spent and now - spent[0] >= BUCKET_SECONDS:
            spent.popleft()
        reset = BUCKET_SECONDS - (now - spent[0]) if spent else BUCKET_SECONDS
        left = max(0, self.bucket - len(spent) - 1)
        headers = {
            "X-RateLimit-Limit": str(self.bucket),
            "X-RateLimit-Remaining": str(left),
            "X-RateLimit-Reset-After": f"{reset:.3f}",
            "X-RateLimit-Bucket": "messages",
        }
        if len(spent) >= self.bucket:
            raise RateLimited(reset, headers)
        spent.append(now)
        return headers

    def let_in(self, bot: Bot, guild: str, *, joined: bool) -> None:
        """Somebody adds a bot to a guild, or puts it out."""
        if joined:
            bot.left.discard(guild)
            self.gateway.tell(bot, "GUILD_CREATE", self._guild(guild, datetime.now(UTC)))
        else:
            bot.left.add(guild)
            self.gateway.tell(bot, "GUILD_DELETE", {"id": guild})

    def delete(self, channel: Channel) -> None:
        """Somebody deletes a channel."""
        self.channels.drop(channel.id)
        for bot in self.bots.all():
            self.gateway.tell(bot, "CHANNEL_DELETE", {"id": channel.id, "type": 0, **channel.place})

    def _guilds(self, bot: Bot) -> list[Object]:
        return [self._guild(guild, LONG_AGO) for guild in self.channels.of_guilds() if guild not in bot.left]

    def _guild(self, guild: str, joined_at: datetime) -> Object:
        channels = [item.describe() for item in self.channels.of_guilds().get(guild, [])]
        return {
            "id": guild, "name": "Guild", "joined_at": joined_at.isoformat(), "channels": [*channels], "threads": [],
        }  # fmt: skip
