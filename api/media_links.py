"""Links to files: signed, for one file, for about an hour; whoever has one needs no key."""

import hmac
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from adapters.vault import Vault

_LIFETIME_SECONDS = 3600
_STEP_SECONDS = 900
"""Links that are made within the same quarter of an hour are the same, so that pages load a picture once."""
_MAX_DIGITS = 12


class Links:
    """Makes and checks links below `public_url`; those that an older key signed still open."""

    def __init__(self, vault: Vault, public_url: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._vault = vault
        self._base = f"{public_url}/v1/media"
        self._now = now

    def to(self, media: UUID) -> str:
        """A link to a file."""
        seconds = int(self._now().timestamp()) + _LIFETIME_SECONDS
        expires = str(seconds - seconds % _STEP_SECONDS + _STEP_SECONDS)
        return f"{self._base}/{media}?expires={expires}&signature={self._vault.fingerprints(_claim(media, expires))[0]}"

    def opens(self, media: UUID, expires: str, signature: str) -> bool:
        """Whether a link is one of ours, for this file, and not over."""
        if not (expires.isascii() and expires.isdigit() and len(expires) <= _MAX_DIGITS):
            return False
        genuine = self._vault.fingerprints(_claim(media, expires))
        given = signature.encode("utf-8", "surrogatepass")
        signed = any(hmac.compare_digest(given, one.encode()) for one in genuine)
        return signed and int(expires) > self._now().timestamp()


def _claim(media: UUID, expires: str) -> str:
    return f"media link {media} {expires}"
