"""The apps: one for every bot token of the right shape, made when it is first used, with what it was set up with."""

import re
from dataclasses import dataclass, field
from hashlib import sha256

from simulator.slack.refusals import Refused
from simulator.wire import Object

TOKEN = re.compile(r"xoxb-[A-Za-z0-9-]{20,}")
TEAM = "T00000SIM"


@dataclass
class App:
    """One app in the workspace: who its bot is, what it signs with, and where Slack calls it."""

    token: str
    signing_secret: str = ""
    request_url: str | None = None
    missing_scopes: frozenset[str] = field(default_factory=frozenset)
    title: str = "Simulated"

    @property
    def _name(self) -> str:
        return sha256(self.token.encode()).hexdigest()[:8].upper()

    @property
    def id(self) -> str:
        """The app's id."""
        return f"A{self._name}"

    @property
    def user(self) -> str:
        """The bot's user id."""
        return f"U{self._name}"

    @property
    def bot(self) -> str:
        """The bot's own id."""
        return f"B{self._name}"

    def demand_scope(self, scope: str) -> None:
        """Refuse where the token has not this scope."""
        if scope in self.missing_scopes:
            raise Refused("missing_scope", {"needed": scope, "provided": "chat:write"})

    def describe(self) -> Object:
        """What `auth.test` tells."""
        return {
            "url": "https://simulated.slack.com/",
            "team": "Simulated",
            "user": f"bot_{self._name.lower()}",
            "team_id": TEAM,
            "user_id": self.user,
            "bot_id": self.bot,
            "is_enterprise_install": False,
        }


class Apps:
    """Every app that was spoken of, and the tokens that are refused."""

    def __init__(self) -> None:
        self.refused_tokens: frozenset[str] = frozenset()
        self._apps: dict[str, App] = {}

    def app(self, token: str) -> App:
        """The app of a token; refused where there is none."""
        if not token:
            raise Refused("not_authed")
        if not TOKEN.fullmatch(token) or token in self.refused_tokens:
            raise Refused("invalid_auth")
        return self._apps.setdefault(token, App(token))

    def accounts(self) -> list[Object]:
        """All apps, as a page shows them."""
        return [
            {"id": app.token, "name": app.title, "webhook": app.request_url, "user": app.user}
            for app in self._apps.values()
        ]
