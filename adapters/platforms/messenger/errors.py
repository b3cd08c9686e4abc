"""What Messenger's error codes mean, and those that a subcode tells apart.

Source: https://developers.facebook.com/documentation/business-messaging/messenger-platform/error-codes
"""

from datetime import timedelta

from adapters.errors import (
    AccountHeld,
    CredentialsRefused,
    NotPermitted,
    OutcomeUnknown,
    PassingFault,
    RateLimited,
    RateLimitedSomewhere,
    RecipientGone,
    Unacceptable,
    Unreachable,
    WindowClosed,
)
from adapters.platforms.graph.refusals import FinerMeanings, Meanings, Waits
from domain.deliveries import Backoff


class FaultOrReview(PassingFault):
    """A fault on their side, or a permission that is missing or was not reviewed."""

    most_attempts = 2
    then = NotPermitted


class FaultOrBlock(PassingFault):
    """A fault on their side, which is also said of some contacts who blocked the page."""

    most_attempts = 3
    then = RecipientGone


WAITS: Waits = dict.fromkeys((4, 32, 613, 80006), Backoff(first=timedelta(seconds=30), longest=timedelta(minutes=10)))
"""Limits whose usage header says nothing."""
MEANINGS: Meanings = {
    # Too much: of calls, or of messages of this page; 613 is also said of one thread.
    **dict.fromkeys((4, 32, 80006), RateLimited),
    613: RateLimitedSomewhere,
    1200: Unreachable,
    1: FaultOrReview,
    2: FaultOrBlock,
    # The page's token is wrong, expired or revoked; the app's id or secret is wrong.
    **dict.fromkeys((101, 190), CredentialsRefused),
    # A permission is missing or not reviewed; 200 to 299 are permissions, one by one.
    **dict.fromkeys((3, 10, *range(200, 300)), NotPermitted),
    # The page is held back for breaking rules.
    368: AccountHeld,
    # The contact had enough advertising.
    9: NotPermitted,
    # This person is not available now: blocked, deactivated, left.
    551: RecipientGone,
    # The request itself.
    **dict.fromkeys((100, 105, 194, 10303), Unacceptable),
}

BY_SUBCODE: FinerMeanings = {
    (1, 99): NotPermitted,
    # "Received invalid JSON reply": the messages were sent all the same.
    (1, 1357046): OutcomeUnknown,
    (4, 2018354): NotPermitted,
    **dict.fromkeys(((10, 2018065), (10, 2018278)), WindowClosed),
    **dict.fromkeys(((10, 2018108), (200, 1545041), (100, 2018001)), RecipientGone),
}
