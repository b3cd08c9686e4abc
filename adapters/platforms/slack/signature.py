"""Who signed a call: an HMAC over its time and its raw body.

Source: https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

import hmac
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256

from adapters.errors import SignatureMismatch

SIGNATURE_HEADER = "x-slack-signature"
TIMESTAMP_HEADER = "x-slack-request-timestamp"
WINDOW = timedelta(minutes=5)
"""How old a signed call may be, and how far ahead its clock: an older one may be somebody's recording."""

_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")
_SECONDS = re.compile(r"[0-9]{1,12}")


def look_signed(headers: Mapping[str, str]) -> None:
    """Refuse headers that no body could make right: raises `SignatureMismatch`."""
    if not _SIGNATURE.fullmatch(headers.get(SIGNATURE_HEADER, "")):
        raise SignatureMismatch(f"the header {SIGNATURE_HEADER} holds no v0 signature")
    if not _SECONDS.fullmatch(headers.get(TIMESTAMP_HEADER, "")):
        raise SignatureMismatch(f"the header {TIMESTAMP_HEADER} holds no time in seconds")


def demand_signature(secret: str, headers: Mapping[str, str], body: bytes) -> None:
    """Refuse a body that was not signed with this secret: raises `SignatureMismatch`."""
    look_signed(headers)
    expected = sign(secret, headers[TIMESTAMP_HEADER], body)
    if not secret or not hmac.compare_digest(expected.encode(), headers[SIGNATURE_HEADER].encode()):
        raise SignatureMismatch("the body is not signed with this channel's signing_secret")


def demand_recent(headers: Mapping[str, str], now: datetime) -> None:
    """Refuse a call that was signed outside the window: raises `SignatureMismatch`."""
    distance = abs(now.timestamp() - int(headers[TIMESTAMP_HEADER]))
    if distance > WINDOW.total_seconds():
        raise SignatureMismatch(f"the call was signed {distance:.0f} s from now; is this machine's clock right?")


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The signature of a body at a time."""
    base = b"v0:" + timestamp.encode() + b":" + body
    return f"v0={hmac.new(secret.encode('utf-8', 'surrogatepass'), base, sha256).hexdigest()}"
