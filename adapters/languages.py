"""Languages of texts, found on this machine by py3langid: nothing that was said goes anywhere for it."""

import asyncio
from collections.abc import Sequence
from threading import Lock
from typing import Protocol

from domain.languages import believed, words


class _Identifier(Protocol):
    def classify(self, text: str, /) -> tuple[str, float]: ...


class Languages:
    """Detects languages in a thread; the model, about 120 MB with NumPy, is loaded when it is first needed."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._identifier: _Identifier | None = None

    async def detect(self, texts: Sequence[str]) -> list[str | None]:
        """The language of each text by its ISO 639 code; None where it is too short, or nobody can be sure."""
        told = [words(text) for text in texts]
        if not any(told):
            return [None] * len(told)
        return await asyncio.to_thread(lambda: [self._of(text) if text else None for text in told])

    def _of(self, text: str) -> str | None:
        code, confidence = self._loaded().classify(text)
        return believed(code, float(confidence))

    def _loaded(self) -> _Identifier:
        with self._lock:
            if self._identifier is None:
                from py3langid.langid import MODEL_FILE, LanguageIdentifier

                identifier: _Identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
                self._identifier = identifier
            return self._identifier
