"""Opening a turn: which of the waiting messages it takes, and whether it needs the model at all."""

from collections.abc import Sequence

from domain.bots import Bot
from domain.commands import reply_to_command
from domain.models import Frozen
from domain.moderation import judge_input
from domain.turns import ReplyKind
from domain.verdicts import Verdict


class Candidate(Frozen):
    """A message that waits for an answer."""

    id: str
    text: str = ""
    command: str | None = None
    album: str | None = None


class Noted(Frozen):
    """What the rules found in a message that is answered all the same."""

    id: str
    verdict: Verdict


class Opening(Frozen):
    """The members of the next turn, the reply that they get without the model, and what the rules found."""

    members: tuple[str, ...] = ()
    reply: ReplyKind | None = None
    reason: str | None = None
    verdict: Verdict | None = None
    noted: tuple[Noted, ...] = ()


def open_turn(bot: Bot, candidates: Sequence[Candidate], *, together: bool) -> Opening:
    """The next turn: a command or a refused message stands alone, the others are answered together or one by one.

    An album is answered as one.
    """
    taken: list[str] = []
    noted: list[Noted] = []
    album = candidates[0].album if candidates else None
    for candidate in candidates:
        if taken and not together and (album is None or candidate.album != album):
            continue
        verdict = _judged(bot, candidate)
        alone = _alone(bot, candidate, verdict)
        if alone and taken:
            break
        if alone:
            return alone
        taken.append(candidate.id)
        if verdict.is_told:
            noted.append(Noted(id=candidate.id, verdict=verdict))
    return Opening(members=tuple(taken), noted=tuple(noted))


def _judged(bot: Bot, candidate: Candidate) -> Verdict:
    if not bot.moderation.input or bot.moderation.provider != "rules":
        return Verdict()
    return judge_input(candidate.text, bot.moderation.rules, bot.moderation.categories)


def _alone(bot: Bot, candidate: Candidate, verdict: Verdict) -> Opening | None:
    kind = reply_to_command(candidate.command, bot)
    if kind:
        return Opening(members=(candidate.id,), reply=kind)
    if verdict.stops:
        return Opening(members=(candidate.id,), reply=ReplyKind.REFUSAL, reason=verdict.reason, verdict=verdict)
    return None
