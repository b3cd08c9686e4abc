"""The second judge: reads what the platforms saw, and nothing that the product wrote down about itself.

A platform knows which of its events were acknowledged, and what it was asked to send. Each text carries a token of its
own, and the model says back what it was told, so that an answer names what it answers.
"""

import re
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

TOKEN = re.compile(r"\bR\d{2}x\d+x\d+\b")
TOGETHER = "together"
"""Stands in each text to a bot that waits for a quiet moment and answers all at once."""


@dataclass(frozen=True)
class Heard:
    """A message that was acknowledged; `place` is where the platform put it, `accepted` when it was acknowledged.

    `together` says that the bot waits for a quiet moment, so that one answer may be to neighbours as well.
    """

    token: str
    chat: str
    place: int
    accepted: float
    together: bool = False


@dataclass(frozen=True)
class Spoken:
    """A message that a platform was given to show in a chat."""

    chat: str
    text: str

    @property
    def tokens(self) -> list[str]:
        """What it answers; an apology names nothing."""
        return TOKEN.findall(self.text)


@dataclass
class Verdict:
    """What was found: how many events, and the tokens of those with which something is wrong."""

    events: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    disordered: list[str] = field(default_factory=list)
    apologies: int = 0

    @property
    def ok(self) -> bool:
        """Whether every event was answered once, in order."""
        return not (self.lost or self.doubled or self.disordered)

    def __iadd__(self, other: "Verdict") -> "Verdict":
        self.events += other.events
        self.lost += other.lost
        self.doubled += other.doubled
        self.disordered += other.disordered
        self.apologies += other.apologies
        return self


def judge(
    heard: Iterable[Heard],
    spoken: Iterable[Spoken],
    *,
    apologises: bool = False,
    unseen: Mapping[str, int] | None = None,
) -> Verdict:
    """Chat by chat: every event answered once, in order, in its own chat.

    `unseen` is how many messages of a chat the product itself declares to be in doubt and the platform never got: so
    many answers may be missing. With `apologises`, a message without a token is the oldest answer that is missing.
    """
    by_chat: dict[str, list[Heard]] = {}
    for item in heard:
        by_chat.setdefault(item.chat, []).append(item)
    said_in: dict[str, list[Spoken]] = {}
    for saying in spoken:
        said_in.setdefault(saying.chat, []).append(saying)
    verdict = Verdict()
    for chat in by_chat.keys() | said_in.keys():
        excused = (unseen or {}).get(chat, 0)
        verdict += _of_chat(by_chat.get(chat, []), said_in.get(chat, []), apologises, excused)
    return verdict


def _of_chat(heard: Sequence[Heard], spoken: Sequence[Spoken], apologises: bool, excused: int) -> Verdict:
    known = {item.token: item for item in heard}
    answered = [token for saying in spoken for token in saying.tokens]
    counted = Counter(answered)
    apologies = sum(1 for saying in spoken if not saying.tokens)
    missing = _missing(heard, counted)
    spared = excused + (apologies if apologises else 0)
    return Verdict(
        events=len(known),
        lost=[token for answer in missing[spared:] for token in answer],
        # What answers nothing that was acknowledged here was said in the wrong chat, or made up: it is one too many.
        doubled=[token for token, times in counted.items() if times > 1 or token not in known],
        disordered=_overtaken([known[token] for token in dict.fromkeys(answered) if token in known]),
        apologies=apologies,
    )


def _missing(heard: Sequence[Heard], answered: Container[str]) -> list[list[str]]:
    """What has no answer, by the answer that it lacks: neighbours that are answered together lack the same one."""
    answers: list[list[str]] = []
    before: Heard | None = None
    for item in sorted(heard, key=lambda item: item.place):
        if item.token not in answered:
            if before and item.together and before.token not in answered:
                answers[-1].append(item.token)
            else:
                answers.append([item.token])
        before = item
    return answers


def _overtaken(answered: Sequence[Heard]) -> list[str]:
    """Those answered after one that is younger, both by the platform's own order and by that of acknowledgement."""
    found: list[str] = []
    for position, item in enumerate(answered):
        before = answered[:position]
        if any(other.place > item.place and other.accepted > item.accepted for other in before):
            found.append(item.token)
    return found
