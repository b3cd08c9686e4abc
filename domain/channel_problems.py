"""What keeps a channel from speaking to anybody, and when it is tried again."""

from datetime import datetime
from enum import StrEnum

from domain.deliveries import backed_off
from domain.models import Frozen


class ProblemReason(StrEnum):
    """Why no call of a channel is accepted."""

    CREDENTIALS_REFUSED = "credentials_refused"
    ACCOUNT_HELD = "account_held"
    """The platform holds the account back, whatever is said to whom."""
    APP_UNINSTALLED = "app_uninstalled"
    TOKENS_REVOKED = "tokens_revoked"


TOLD = {
    ProblemReason.APP_UNINSTALLED: "The platform says that the app was removed; install it again.",
    ProblemReason.TOKENS_REVOKED: "The platform says that the bot's token was revoked; install the app again.",
}
"""What is said of a problem that the platform tells of by itself."""


class ChannelProblem(Frozen):
    """Why a channel cannot speak, and since when; `probe_at` is when one call may be tried all the same."""

    reason: str
    text: str
    since: datetime
    probe_at: datetime


def next_probe(now: datetime, probes: int) -> datetime:
    """When the next call is tried after so many: they become rarer, down to one in five minutes."""
    return now + backed_off(probes)
