"""Drafts as this process has heard them: put together from their pieces, in memory alone, and told page by page."""

from collections import OrderedDict
from dataclasses import dataclass, field
from uuid import UUID

from pydantic import BaseModel, Field

from adapters.database.drafts import DELTA, Piece

_MOST_CHARACTERS = 4_000_000
"""Of all drafts together: a hundred of the longest, thousands of usual ones; the oldest is forgotten first."""
_ENDING = ("status", "closed")
"""Kinds of notes after which nothing of a draft may be seen: somebody took the voice away, or gave it back."""


class Delta(BaseModel):
    """Data of `event: delta`: words of an answer that is being given; the `message` of that turn replaces them."""

    turn: int
    generation: int
    attempt: int
    offset: int = Field(description="How many characters stand before these; 0 begins anew, whatever was shown.")
    text: str


@dataclass(eq=False)
class Draft:
    """What was said so far in one attempt at an answer."""

    first: Piece
    text: str

    @property
    def order(self) -> tuple[int, int, int]:
        """Later ones replace earlier ones."""
        return self.first.turn, self.first.generation, self.first.attempt


@dataclass
class Drafts:
    """The newest draft of each conversation, as far as all of its pieces were heard."""

    _drafts: "OrderedDict[UUID, Draft]" = field(default_factory=OrderedDict)
    _characters: int = 0

    def hear(self, conversation: UUID, note: dict[str, object]) -> None:
        """Take in a note of any kind; raises `ValueError` for what is no piece."""
        draft = self._drafts.get(conversation)
        if note.get("kind") == DELTA:
            self._add(conversation, draft, Piece.model_validate(note))
        elif draft and (note.get("kind") in _ENDING or note.get("ended") == str(draft.first.turn_id)):
            self._forget(conversation)

    def of(self, conversation: UUID) -> Draft | None:
        """What is being written in a conversation."""
        return self._drafts.get(conversation)

    def clear(self) -> None:
        """Forget all: pieces, or the end of a turn, may have been missed."""
        self._drafts.clear()
        self._characters = 0

    def _add(self, conversation: UUID, draft: Draft | None, piece: Piece) -> None:
        heard = Draft(piece, piece.text)
        if draft and heard.order < draft.order:
            return
        if piece.offset == 0:
            self._forget(conversation)
            self._drafts[conversation] = heard
        elif draft and heard.order == draft.order and piece.offset == len(draft.text):
            draft.text += piece.text
            self._drafts.move_to_end(conversation)
        else:
            self._forget(conversation)
            return
        self._characters += len(piece.text)
        while self._characters > _MOST_CHARACTERS:
            self._forget(next(iter(self._drafts)))

    def _forget(self, conversation: UUID) -> None:
        if (draft := self._drafts.pop(conversation, None)) is not None:
            self._characters -= len(draft.text)


class Follower:
    """One page's view of its conversation's draft."""

    def __init__(self, drafts: Drafts, conversation: UUID) -> None:
        self._drafts = drafts
        self._conversation = conversation
        self._seen: Draft | None = None
        self._told = 0
        self._ended = 0

    def end(self, turn: int) -> None:
        """The page has the reply of this turn: nothing of its draft follows."""
        self._ended = max(self._ended, turn)

    def news(self) -> Delta | None:
        """What the page has not been told yet."""
        draft = self._drafts.of(self._conversation)
        if draft is None or draft.first.turn <= self._ended:
            return None
        offset = self._told if draft is self._seen else 0
        if offset == len(draft.text):
            return None
        self._seen, self._told = draft, len(draft.text)
        turn, generation, attempt = draft.order
        return Delta(turn=turn, generation=generation, attempt=attempt, offset=offset, text=draft.text[offset:])
