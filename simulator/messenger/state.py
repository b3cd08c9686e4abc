"""Everything that the stand-in knows: apps, pages, people, and what was said when."""

import time
from dataclasses import dataclass, field
from itertools import count
from typing import Literal

from simulator.messenger.refusals import refused
from simulator.wire import Object

WINDOW_SECONDS = 24 * 3600.0
PROFILE_CALLS, PROFILE_SECONDS = 10, 600.0
"""How often a page's profile may be read or changed, and within which time."""

PersonState = Literal["known", "blocked", "unknown"]
Receipt = Literal["echo", "delivered", "read"]


@dataclass
class Profile:
    """How somebody is called, and where a picture lies."""

    first_name: str = "Test"
    last_name: str = "Person"
    profile_pic: str = "https://platform-lookaside.fbsbx.com/platform/profilepic/?psid=7001"


@dataclass
class App:
    """An app of Meta's: its secret, and the one URL that it is told of all its pages at."""

    id: str
    secret: str
    url: str | None = None
    fields: frozenset[str] = frozenset()


@dataclass
class Page:
    """A page: who may speak for it, and what its app may be told of it."""

    id: str
    access_token: str
    app: App
    name: str = "Test Page"
    fields: frozenset[str] = frozenset()
    profile: Object = field(default_factory=dict)
    profile_calls: list[float] = field(default_factory=list)

    @property
    def app_secret(self) -> str:
        """What calls are signed with that tell of it."""
        return self.app.secret

    @property
    def url(self) -> str | None:
        """Where they go."""
        return self.app.url if self.fields else None

    def tells(self, name: str) -> bool:
        """Whether the app asked for a field, and the page lets it know."""
        return name in self.app.fields & self.fields


@dataclass
class Settings:
    """What holds for all pages: what follows a send, whether the window counts, and who may do what."""

    receipts: tuple[Receipt, ...] = ("echo", "delivered")
    window: bool = True
    refused_tokens: frozenset[str] = frozenset()
    may_configure: bool = True
    may_profile: bool = True
    profile_limit: bool = False


class State:
    """All of it, so that a reset is a new one; `run` keeps ids apart from those of an earlier simulator."""

    def __init__(self, run: str) -> None:
        self._run = run
        self.settings = Settings()
        self.apps: dict[str, App] = {}
        self.pages: dict[str, Page] = {}
        self.people: dict[str, PersonState] = {}
        self.profiles: dict[str, Profile] = {}
        self.written_at: dict[tuple[str, str], float] = {}
        self._ids = count(1)

    def page(self, name: str, token: str | None) -> Page:
        """The page of a path, for whoever has its token; `me` is the page whose token it is."""
        if not token or token in self.settings.refused_tokens:
            raise refused(190, status=401)
        ours = next((page for page in self.pages.values() if page.access_token == token), None)
        if name != "me" and name not in self.pages:
            raise refused(100, f"Unsupported request. Object with ID '{name}' does not exist", subcode=33)
        if ours is None or name not in ("me", ours.id):
            raise refused(190, status=401)
        return ours

    def app(self, name: str, token: str | None) -> App:
        """The app of a path, for whoever has its id and its secret."""
        app = self.apps.get(name)
        if app is None or token != f"{app.id}|{app.secret}":
            raise refused(190, "Invalid OAuth access token signature.", status=401)
        return app

    def person(self, psid: str) -> PersonState:
        """How somebody can be reached."""
        return self.people.get(psid, "known")

    def knows(self, psid: str) -> bool:
        """Whether somebody has written to a page."""
        return any(psid == person for _, person in self.written_at)

    def profile(self, page: Page, psid: str, wanted: str) -> Object:
        """Who somebody is who has written to this page, for an app that was reviewed for it."""
        if not self.settings.may_profile or (page.id, psid) not in self.written_at:
            raise refused(
                100, f"Unsupported get request. Object with ID '{psid}' does not exist, or permissions miss", subcode=33
            )
        known = vars(self.profiles.get(psid, Profile()))
        return {**{name: known[name] for name in wanted.split(",") if name in known}, "id": psid}

    def hear(self, page: Page, psid: str, at: float) -> None:
        """Somebody wrote then; what is older changes nothing."""
        self.written_at[page.id, psid] = max(at, self.written_at.get((page.id, psid), at))

    def age(self, seconds: float) -> None:
        """Let what was said be so much older."""
        self.written_at = {pair: at - seconds for pair, at in self.written_at.items()}
        for page in self.pages.values():
            page.profile_calls = [at - seconds for at in page.profile_calls]

    def count_profile_call(self, page: Page) -> None:
        """Refuse a call of a page's profile that is one too many, where that limit counts."""
        now = time.monotonic()
        page.profile_calls = [at for at in page.profile_calls if now - at < PROFILE_SECONDS]
        if self.settings.profile_limit and len(page.profile_calls) >= PROFILE_CALLS:
            raise refused(613, "Calls to this api have exceeded the rate limit.")
        page.profile_calls.append(now)

    def is_open(self, page: Page, psid: str) -> bool:
        """Whether somebody wrote to a page within the last 24 hours."""
        written_at = self.written_at.get((page.id, psid))
        return written_at is not None and time.monotonic() - written_at < WINDOW_SECONDS

    def next_id(self) -> str:
        """A message's id."""
        return f"m_{self._run}{next(self._ids):08d}AbCdEfGhIjKlMnOpQrStUvWxYz-_"

    def accounts(self) -> list[Object]:
        """All pages, as a page of ours shows them."""
        return [{"id": page.id, "name": page.name, "webhook": page.url} for page in self.pages.values()]
