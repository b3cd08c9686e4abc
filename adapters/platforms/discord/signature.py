"""Who signed an interaction: Ed25519 over its time and its raw body.

Source: https://discord.com/developers/docs/interactions/overview#setting-up-an-endpoint
"""

import re
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from adapters.errors import SignatureMismatch

SIGNATURE_HEADER = "x-signature-ed25519"
TIMESTAMP_HEADER = "x-signature-timestamp"

_SIGNATURE = re.compile(r"[0-9a-fA-F]{128}")
_SECONDS = re.compile(r"[0-9]{1,12}")
_KEY = re.compile(r"[0-9a-fA-F]{64}")


def look_signed(headers: Mapping[str, str]) -> None:
    """Refuse headers that no body could make right: raises `SignatureMismatch`."""
    if not _SIGNATURE.fullmatch(headers.get(SIGNATURE_HEADER, "")):
        raise SignatureMismatch(f"the header {SIGNATURE_HEADER} holds no Ed25519 signature")
    if not _SECONDS.fullmatch(headers.get(TIMESTAMP_HEADER, "")):
        raise SignatureMismatch(f"the header {TIMESTAMP_HEADER} holds no time in seconds")


def demand_signature(public_key: str, headers: Mapping[str, str], body: bytes) -> None:
    """Refuse a body that the holder of this key did not sign: raises `SignatureMismatch`.

    Discord names no window for the time that is signed, so a recorded call is known by its interaction's id alone.
    """
    look_signed(headers)
    if not _KEY.fullmatch(public_key):
        raise SignatureMismatch(
            "the channel's public_key is not 64 hexadecimal digits; copy it from the app's settings"
        )
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(bytes.fromhex(headers[SIGNATURE_HEADER]), headers[TIMESTAMP_HEADER].encode() + body)
    except (ValueError, InvalidSignature) as error:
        raise SignatureMismatch("the body is not signed by this channel's app") from error
