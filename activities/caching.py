"""Caching: the same question to the same model is answered again without asking, where the bot wants it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from adapters.ai.base import Answer, Asked
from adapters.database import cached_answers
from adapters.database.budgets import Call, Paid
from adapters.database.engine import Database
from domain.budgets import Amount, day_of
from domain.caching import KeptAnswer, is_whole, key_of, question_of
from domain.prices import Tokens
from domain.transcripts import Prompt


@dataclass(frozen=True)
class Bought:
    """An answer, and what it came to, which is not on the bill yet; `keep` is what may be given again of it."""

    answer: Answer
    paid: Paid
    keep: KeptAnswer | None = None


class Caching:
    """Finds answers that may be given again; one that is found is judged like a new one."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def found(self, call: Call, asked: Asked, prompt: Prompt, hours: float) -> Bought | None:
        """What this model answered to the same prompt of this bot; None where it has to be asked."""
        key = key_of(asked.provider.identity, asked.model, prompt)
        async with self._database.once() as connection:
            kept = await cached_answers.find(connection, call, key, hours, self._now())
        if kept is None:
            return None
        saved = Amount(tokens=kept.tokens.total, cost=kept.cost)
        paid = Paid(kept.answered_by, Tokens(), 0.0, 0, day_of(self._now()), "hit", saved)
        return Bought(Answer(text=kept.text, model=kept.answered_by), paid)


def kept_for(bought: Bought, asked: Asked, prompt: Prompt, hours: float) -> Bought:
    """The same, to be kept where the model said all that it had to say."""
    answer, paid = bought.answer, replace(bought.paid, cache="miss")
    if not is_whole(answer.finish_reason):
        return Bought(answer, paid)
    keep = KeptAnswer(
        key=key_of(asked.provider.identity, asked.model, prompt),
        question=question_of(prompt),
        model=asked.model.name,
        answered_by=answer.model,
        text=answer.text,
        tokens=answer.tokens,
        cost=paid.cost,
        hours=hours,
    )
    return Bought(answer, paid, keep)
