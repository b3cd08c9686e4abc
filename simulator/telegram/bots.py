"""The bots: one for every token of the right shape, made when it is first used."""

import re
from collections import OrderedDict
from dataclasses import dataclass, field

from simulator.telegram.refusals import Refused
from simulator.telegram.updates import UpdateQueue
from simulator.wire import Object

TOKEN = re.compile(r"(\d{1,16}):[A-Za-z0-9_-]{20,}")
KEPT_CALLBACKS = 10_000


@dataclass
class Webhook:
    """Where a bot wants its updates, and how posting went."""

    url: str
    secret_token: str = ""
    max_connections: int = 40
    has_certificate: bool = False
    ip_address: str = ""
    last_error_date: int | None = None
    last_error_message: str | None = None


@dataclass
class Bot:
    """One account; its id is the number before the colon in its token."""

    token: str
    id: int
    queue: UpdateQueue = field(default_factory=UpdateQueue)
    webhook: Webhook | None = None
    commands: Object = field(default_factory=dict)
    callbacks: OrderedDict[str, None] = field(default_factory=OrderedDict)
    name: str | None = None

    def user(self) -> Object:
        """The `User` that its messages are from."""
        name = self.name or f"Bot {self.id}"
        return {"id": self.id, "is_bot": True, "first_name": name, "username": f"simulated_{self.id}_bot"}

    def issue_callback(self, callback_id: str) -> None:
        """Remember a callback query, so that it can be answered."""
        self.callbacks[callback_id] = None
        while len(self.callbacks) > KEPT_CALLBACKS:
            self.callbacks.popitem(last=False)


class Bots:
    """Every bot that was spoken of, and the tokens that are refused."""

    def __init__(self) -> None:
        self.refused_tokens: frozenset[str] = frozenset()
        self._bots: dict[str, Bot] = {}

    def bot(self, token: str) -> Bot:
        """The bot of a token; refused with 404 where it has not the shape of one, with 401 where it is not valid."""
        shape = TOKEN.fullmatch(token)
        if shape is None:
            raise Refused(404, "Not Found")
        if token in self.refused_tokens:
            raise Refused(401, "Unauthorized")
        return self._bots.setdefault(token, Bot(token, int(shape[1])))

    def accounts(self) -> list[Object]:
        """All bots, as a page shows them."""
        return [
            {
                "id": bot.token,
                "name": str(bot.user()["first_name"]),
                "webhook": bot.webhook.url if bot.webhook else None,
                "bot": bot.user(),
            }
            for bot in self._bots.values()
        ]

    def release_polls(self) -> None:
        """Let every waiting poller go."""
        for bot in self._bots.values():
            bot.queue.release_poll()
