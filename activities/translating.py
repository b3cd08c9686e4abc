"""Translating: an answer goes back into the language of its contact; where that fails, it stays as it is."""

from dataclasses import replace

from activities.structured import NotUnderstood, Structured
from adapters.database.budgets import Call
from adapters.database.transcripts import TurnContext
from domain import translating
from domain.understanding import Translated

SECONDS = 20.0
"""For the call and its one repeat: the contact waits for it."""


class Translating:
    """Translates answers for bots that think in another language than their contacts."""

    def __init__(self, structured: Structured) -> None:
        self._structured = structured

    async def back(self, call: Call, context: TurnContext, text: str, seconds: float) -> Translated | None:
        """The answer in the contact's language; None where that is the bot's, or is not known."""
        access, into = context.access, context.answer_in
        if into is None or not text.strip():
            return None
        kept = Translated(text=text, language=access.bot.translation.bot_language, into=into, said=text)
        if len(text) > translating.MAX_CHARACTERS:
            return kept.model_copy(update={"reason": "too_long"})
        try:
            said, model = await self._structured.ask(
                replace(call, purpose="translate"),
                access,
                translating.prompt(text, into),
                translating.translation,
                answer_tokens=translating.answer_tokens(text),
                seconds=min(SECONDS, seconds),
            )
        except NotUnderstood as error:
            return kept.model_copy(update={"reason": error.reason})
        return kept.model_copy(update={"said": said, "model": model})
