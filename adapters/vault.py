"""Secrets at rest: keys derived from SECRET_KEY, AES-256-GCM with the key's id beside the ciphertext."""

import hashlib
import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_BYTES = 12


class KeyMissing(Exception):
    """The key that encrypted this is not among those of SECRET_KEY."""


@dataclass(frozen=True)
class Sealed:
    """A ciphertext and the id of the key that opens it."""

    key_id: str
    ciphertext: bytes


class Vault:
    """Seals with the newest key and opens with whichever of the keys sealed.

    `purpose` separates keys: what is sealed for one purpose does not open for another.
    """

    def __init__(self, secrets: Sequence[str], purpose: str) -> None:
        if not secrets:
            raise KeyMissing("SECRET_KEY holds no key; set it to 32 random bytes or more")
        self._keys = dict(self._derive(secret, purpose) for secret in secrets)
        self._newest = next(iter(self._keys))

    @staticmethod
    def _derive(secret: str, purpose: str) -> tuple[str, bytes]:
        material = HKDF(hashes.SHA256(), 32, salt=None, info=f"chat-orchestrator {purpose}".encode()).derive(
            secret.encode()
        )
        return hashlib.sha256(b"key id " + material).hexdigest()[:12], material

    @property
    def newest_key_id(self) -> str:
        """The id of the key that seals."""
        return self._newest

    def seal(self, plaintext: bytes, about: bytes = b"") -> Sealed:
        """Encrypt; `about` is authenticated with it and must be the same when opened."""
        nonce = os.urandom(_NONCE_BYTES)
        return Sealed(self._newest, nonce + AESGCM(self._keys[self._newest]).encrypt(nonce, plaintext, about))

    def open(self, sealed: Sealed, about: bytes = b"") -> bytes:
        """Decrypt; raises `KeyMissing` when no key of ours sealed it or it was tampered with."""
        key = self._keys.get(sealed.key_id)
        if key is None:
            raise KeyMissing(
                f"no key with id {sealed.key_id!r}; add the key that was in SECRET_KEY when this was stored"
            )
        nonce, ciphertext = sealed.ciphertext[:_NONCE_BYTES], sealed.ciphertext[_NONCE_BYTES:]
        try:
            return AESGCM(key).decrypt(nonce, ciphertext, about)
        except (InvalidTag, ValueError) as error:
            raise KeyMissing(f"what the key {sealed.key_id!r} sealed does not open; it was changed") from error

    def fingerprints(self, value: str) -> tuple[str, ...]:
        """Keyed digests of a value, one a key, newest first: what to look it up by without storing it."""
        return tuple(hmac.new(key, value.encode(), hashlib.sha256).hexdigest() for key in self._keys.values())
