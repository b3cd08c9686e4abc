"""What a key may still be used for: requests and tokens that come back evenly, a minute's worth at most."""

from domain.models import Frozen
from domain.offered_models import RateLimits

_MINUTE_SECONDS = 60.0


class Allowance(Frozen):
    """What is left of each; a limit that is none has no part in it."""

    requests: float
    tokens: float


def whole(limits: RateLimits) -> Allowance:
    """The allowance of a key that was not used for a minute."""
    return Allowance(requests=limits.requests_per_minute or 0, tokens=limits.tokens_per_minute or 0)


def refilled(left: Allowance, limits: RateLimits, seconds: float) -> Allowance:
    """What is left after so many seconds."""
    most, share = whole(limits), max(seconds, 0.0) / _MINUTE_SECONDS
    return Allowance(
        requests=min(left.requests + most.requests * share, most.requests),
        tokens=min(left.tokens + most.tokens * share, most.tokens),
    )


def wait_seconds(left: Allowance, limits: RateLimits, tokens: int) -> float:
    """How long a call that takes at most so many tokens has to wait; more than all there ever is waits for all."""
    waits = [0.0]
    if limits.requests_per_minute:
        waits.append((1 - left.requests) / limits.requests_per_minute)
    if limits.tokens_per_minute:
        needed = min(tokens, limits.tokens_per_minute)
        waits.append((needed - left.tokens) / limits.tokens_per_minute)
    return max(waits) * _MINUTE_SECONDS


def used(left: Allowance, tokens: int) -> Allowance:
    """What is left after a call; a call that is larger than all there is leaves a debt."""
    return Allowance(requests=left.requests - 1, tokens=left.tokens - tokens)
