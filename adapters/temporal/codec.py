"""Payloads in Temporal, encrypted with AES-256-GCM; the key's id stands beside them, so that keys can rotate."""

from collections.abc import Sequence

from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec

from adapters.vault import Sealed, Vault

ENCODING = b"binary/encrypted"


class EncryptionCodec(PayloadCodec):
    """Encrypts every payload with the newest key and decrypts with whichever sealed it; passes plain ones through."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Encrypt each payload whole, its metadata included."""
        return [self._sealed(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Decrypt; raises `adapters.vault.KeyMissing` when no key of ours opens one."""
        return [self._opened(payload) for payload in payloads]

    def _sealed(self, payload: Payload) -> Payload:
        sealed = self._vault.seal(payload.SerializeToString())
        return Payload(
            metadata={"encoding": ENCODING, "encryption-key-id": sealed.key_id.encode()}, data=sealed.ciphertext
        )

    def _opened(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != ENCODING:
            return payload
        key_id = payload.metadata.get("encryption-key-id", b"").decode(errors="replace")
        opened = Payload()
        opened.ParseFromString(self._vault.open(Sealed(key_id, payload.data)))
        return opened
