"""Everything that the stand-in knows: numbers of businesses, people, and what was said when."""

import time
from dataclasses import dataclass, field
from itertools import count
from typing import Literal

from simulator.shelf import Kept, Shelf
from simulator.whatsapp.media import Media
from simulator.whatsapp.refusals import refused
from simulator.whatsapp.templates import Template
from simulator.wire import Object

WINDOW_SECONDS = 24 * 3600.0
PAIR_BURST = 45.0
PAIR_SECONDS = 6.0

PersonState = Literal["known", "undeliverable", "not_allowed", "refused"]


@dataclass
class Number:
    """A business's number: who may speak for it, and where its webhooks go; its own URL comes before the app's."""

    id: str
    access_token: str
    app_secret: str
    account: str = "102290129340398"
    display: str = "15550783881"
    name: str = "Test Business"
    app_url: str | None = None
    own_url: str | None = None
    automation: Object = field(default_factory=lambda: {"enable_welcome_message": False})

    @property
    def url(self) -> str | None:
        """Where its webhooks go."""
        return self.own_url or self.app_url

    def metadata(self) -> Object:
        """As every webhook names it."""
        return {"display_phone_number": self.display, "phone_number_id": self.id}


@dataclass
class Person:
    """Somebody with WhatsApp, or somebody without, for all numbers."""

    wa_id: str
    name: str = "Test User"
    user_id: str | None = None
    state: PersonState = "known"
    known_as: str | None = None
    """The number as WhatsApp writes it, where that is another, as in Brazil, Mexico and Argentina."""

    def contact(self) -> Object:
        """As a webhook introduces who wrote."""
        contact: Object = {"profile": {"name": self.name}, "wa_id": self.wa_id}
        return contact | ({"user_id": self.user_id} if self.user_id else {})


@dataclass
class Settings:
    """What holds for all numbers: which statuses follow a send, which limits count, and who may do what."""

    statuses: tuple[str, ...] = ("sent", "delivered")
    statuses_together: bool = False
    pair_limit: bool = False
    window: bool = True
    refused_tokens: frozenset[str] = frozenset()
    may_configure: bool = True


@dataclass
class Pair:
    """A number and a person: when the person wrote last, and how much may still be said at once."""

    written_at: float | None = None
    room: float = PAIR_BURST
    room_at: float = field(default_factory=time.monotonic)

    def hear(self, at: float) -> None:
        """The person wrote then; what is older changes nothing."""
        self.written_at = max(at, self.written_at if self.written_at is not None else at)

    def age(self, seconds: float) -> None:
        """Let what was said be so much older."""
        if self.written_at is not None:
            self.written_at -= seconds

    def spend(self) -> bool:
        """Whether one more message may be sent now."""
        now = time.monotonic()
        self.room = min(PAIR_BURST, self.room + (now - self.room_at) / PAIR_SECONDS)
        self.room_at = now
        if self.room < 1:
            return False
        self.room -= 1
        return True

    @property
    def is_open(self) -> bool:
        """Whether the person wrote within the last 24 hours."""
        return self.written_at is not None and time.monotonic() - self.written_at < WINDOW_SECONDS


class State:
    """All of it, so that a reset is a new one; `run` keeps ids apart from those of an earlier simulator."""

    def __init__(self, shelf: Shelf, run: str) -> None:
        self._shelf = shelf
        self._run = run
        self.settings = Settings()
        self.numbers: dict[str, Number] = {}
        self.people: dict[str, Person] = {}
        self.pairs: dict[tuple[str, str], Pair] = {}
        self.heard: set[str] = set()
        self.media: dict[str, Media] = {}
        self.templates: dict[tuple[str, str], Template] = {}
        self._ids = count(1)

    def number(self, name: str, token: str | None) -> Number:
        """The number of a path, for whoever has its token."""
        if not token or token in self.settings.refused_tokens:
            raise refused(190, status=401)
        number = self.numbers.get(name)
        if number is None:
            raise refused(100, f"Unsupported request. Object with ID '{name}' does not exist", subcode=33)
        if token != number.access_token:
            raise refused(190, "Invalid OAuth access token", status=401)
        return number

    def person(self, wa_id: str) -> Person:
        """Somebody, made at the first mention."""
        return self.people.setdefault(wa_id, Person(wa_id))

    def pair(self, number: Number, chat: str) -> Pair:
        """A number and a chat."""
        return self.pairs.setdefault((number.id, chat), Pair())

    def keep(self, mime_type: str, content: bytes, name: str = "") -> Media:
        """A file under a new id."""
        media = Media(f"{next(self._ids):016d}", mime_type, content, name)
        self.media[media.id] = media
        self._shelf.keep(f"whatsapp-{media.id}", Kept(name, mime_type, content))
        return media

    def demand_account(self, account: str, token: str | None) -> None:
        """Refuse whoever speaks for no number of this account, or may not manage it."""
        self.demand_token(token)
        if not self.settings.may_configure:
            raise refused(10, "Application does not have permission for this action", status=403)
        if not any(number.account == account and number.access_token == token for number in self.numbers.values()):
            raise refused(100, f"Unsupported get request. Object with ID '{account}' does not exist", subcode=33)

    def demand_token(self, token: str | None) -> None:
        """Refuse whoever speaks for no number."""
        if not token or not any(token == number.access_token for number in self.numbers.values()):
            raise refused(190, status=401)

    def next_id(self) -> str:
        """A message's id."""
        return f"wamid.HBgL{self._run}{next(self._ids):012d}AA=="

    def accounts(self) -> list[Object]:
        """All numbers, as a page shows them."""
        return [
            {"id": number.id, "name": number.name, "webhook": number.url, "number": number.display}
            for number in self.numbers.values()
        ]
