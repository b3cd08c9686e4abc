"""Webchat tokens: signed, for one session on one channel, for an hour; they say nothing and cannot be forged."""

import hmac
import re
from datetime import datetime, timedelta
from uuid import UUID

from adapters.vault import Vault

LIFETIME = timedelta(hours=1)
_FORM = re.compile(r"([0-9a-f]{32})\.([0-9]{1,12})\.([0-9a-f]{64})")


def make(vault: Vault, channel_id: UUID, session_id: UUID, now: datetime) -> str:
    """A token for a session, good for `LIFETIME`."""
    expires = int((now + LIFETIME).timestamp())
    return f"{session_id.hex}.{expires}.{vault.fingerprints(_claim(channel_id, session_id, expires))[0]}"


def session_of(vault: Vault, channel_id: UUID, token: str, now: datetime) -> UUID | None:
    """The session of a token of this channel; None when it is forged, expired or another channel's."""
    found = _FORM.fullmatch(token)
    if found is None or int(found[2]) < now.timestamp():
        return None
    session_id = UUID(hex=found[1])
    genuine = vault.fingerprints(_claim(channel_id, session_id, int(found[2])))
    return session_id if any(hmac.compare_digest(found[3], one) for one in genuine) else None


def _claim(channel_id: UUID, session_id: UUID, expires: int) -> str:
    return f"webchat token {channel_id} {session_id} {expires}"
