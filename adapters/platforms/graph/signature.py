"""Who signed a call of Meta's, and the question whether a URL is ours.

Source: https://developers.facebook.com/docs/graph-api/webhooks/getting-started
"""

import hmac
import re
from collections.abc import Mapping
from hashlib import sha256

from adapters.errors import SignatureMismatch
from adapters.platforms.base import Reply

SIGNATURE_HEADER = "x-hub-signature-256"
_SIGNATURE = re.compile(r"sha256=[0-9a-f]{64}")
_MODE, _TOKEN, _CHALLENGE = "hub.mode", "hub.verify_token", "hub.challenge"
_ASKED_BY = (_MODE, _TOKEN, _CHALLENGE)


def look_signed(headers: Mapping[str, str]) -> None:
    """Refuse a header that no body could make right: raises `SignatureMismatch`."""
    if not _SIGNATURE.fullmatch(headers.get(SIGNATURE_HEADER, "")):
        raise SignatureMismatch(f"the header {SIGNATURE_HEADER} holds no signature")


def demand_signature(secret: str, headers: Mapping[str, str], body: bytes) -> None:
    """Refuse a body that was not signed with this app secret: raises `SignatureMismatch`.

    What counts are the bytes as they came: Meta signs them with its own escapes.
    """
    look_signed(headers)
    if not secret or not hmac.compare_digest(sign(secret, body).encode(), headers[SIGNATURE_HEADER].encode()):
        raise SignatureMismatch("the body is not signed with this channel's app_secret")


def sign(secret: str, body: bytes) -> str:
    """The signature of a body."""
    return f"sha256={hmac.new(secret.encode('utf-8', 'surrogatepass'), body, sha256).hexdigest()}"


def answer_handshake(verify_token: str, query: Mapping[str, str]) -> Reply | None:
    """The challenge for whoever knows the verify token, 403 for others; None for a call that does not ask."""
    if not any(name in query for name in _ASKED_BY):
        return None
    expected, given = (text.encode("utf-8", "surrogatepass") for text in (verify_token, query.get(_TOKEN, "")))
    knows = bool(expected) and hmac.compare_digest(expected, given)
    if query.get(_MODE) != "subscribe" or not knows:
        return Reply(status=403)
    return Reply(body=query.get(_CHALLENGE, ""))
