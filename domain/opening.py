"""Opening a turn: which of the waiting messages it takes, and whether it needs the model at all."""

from collections.abc import Sequence

from domain.bots import Bot
from domain.commands import reply_to_command
from domain.models import Frozen
from domain.moderation import Verdict, judge_input
from domain.turns import ReplyKind


class Candidate(Frozen):
    """A message that waits for an answer."""

    id: str
    text: str = ""
    command: str | None = None


class Opening(Frozen):
    """The members of the next turn, the reply that they get without the model, and what the rules found."""

    members: tuple[str, ...] = ()
    reply: ReplyKind | None = None
    reason: str | None = None
    verdict: Verdict | None = None


def open_turn(bot: Bot, candidates: Sequence[Candidate], *, together: bool) -> Opening:
    """The next turn: a command or a refused message stands alone, the others are answered together or one by one."""
    taken: list[str] = []
    for candidate in candidates:
        alone = _alone(bot, candidate)
        if alone and taken:
            break
        if alone:
            return alone
        taken.append(candidate.id)
        if not together:
            break
    return Opening(members=tuple(taken))


def _alone(bot: Bot, candidate: Candidate) -> Opening | None:
    kind = reply_to_command(candidate.command, bot)
    if kind:
        return Opening(members=(candidate.id,), reply=kind)
    if bot.moderation.input and bot.moderation.provider == "rules":
        verdict = judge_input(candidate.text, bot.moderation.rules)
        if verdict.action == "refuse":
            reason = f"moderation:{','.join(verdict.categories)}"
            return Opening(members=(candidate.id,), reply=ReplyKind.REFUSAL, reason=reason, verdict=verdict)
    return None
