"""The bots: one for every token of the right shape, made when it is first used, with a key of its own."""

import re
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from simulator.discord.refusals import Refused
from simulator.discord.starts import Starts
from simulator.wire import JSON, Object

TOKEN = re.compile(r"[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{10,}")
MAY_READ = 1 << 18


@dataclass
class Bot:
    """One app and its bot, who have the same id; `flags` say what it may be told."""

    token: str
    flags: int = MAY_READ
    endpoint: str | None = None
    commands: dict[str, JSON] = field(default_factory=dict)
    starts: Starts = field(default_factory=Starts)
    left: set[str] = field(default_factory=set)
    """The guilds that it is in no more."""

    @property
    def id(self) -> str:
        """The id of the user and of the app."""
        return str(10**17 + int(sha256(self.token.encode()).hexdigest()[:12], 16))

    @property
    def key(self) -> Ed25519PrivateKey:
        """What its interactions are signed with."""
        return Ed25519PrivateKey.from_private_bytes(sha256(self.token.encode()).digest())

    @property
    def public_key(self) -> str:
        """What whoever is called verifies with."""
        return self.key.public_key().public_bytes_raw().hex()

    def user(self) -> Object:
        """As a message names its author."""
        return {"id": self.id, "username": "ada", "global_name": None, "discriminator": "0001", "bot": True}

    def application(self) -> Object:
        """The app."""
        return {
            "id": self.id,
            "name": "Ada",
            "flags": self.flags,
            "verify_key": self.public_key,
            "interactions_endpoint_url": self.endpoint,
        }


class Bots:
    """Every bot that was spoken of, and the tokens that are refused."""

    def __init__(self) -> None:
        self.refused_tokens: frozenset[str] = frozenset()
        self._bots: dict[str, Bot] = {}

    def bot(self, token: str) -> Bot:
        """The bot of a token; refused where there is none."""
        if not TOKEN.fullmatch(token) or token in self.refused_tokens:
            raise Refused(0, status=401)
        return self._bots.setdefault(token, Bot(token))

    def all(self) -> list[Bot]:
        """Every bot."""
        return [*self._bots.values()]

    def refuse(self, token: str) -> None:
        """Accept a token no longer."""
        self.refused_tokens |= {token}

    def of_application(self, application: str) -> Bot:
        """The bot of an app."""
        found = next((bot for bot in self._bots.values() if bot.id == application), None)
        if found is None:
            raise Refused(10015)
        return found

    def accounts(self) -> list[Object]:
        """All bots, as a page shows them."""
        return [
            {"id": bot.token, "name": "Ada", "webhook": bot.endpoint, "user": bot.id} for bot in self._bots.values()
        ]
