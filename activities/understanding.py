"""Understanding: what a turn's messages mean is found out by one call for all of them, and kept with each, once."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from structlog.contextvars import bound_contextvars
from temporalio import activity

from activities.buying import call_for
from activities.failures import as_failures
from activities.heartbeats import beating
from activities.structured import NotUnderstood, Structured
from adapters.database import channels, prompts, transcripts, understandings
from adapters.database.budgets import Call
from adapters.database.channels import ChannelAccess
from adapters.database.engine import Database
from adapters.vault import Vault
from domain.bots import Bot
from domain.moderation import seen_by_model
from domain.transcripts import Line
from domain.turns import TurnRef, Understand, Understood
from domain.understanding import Found, Heard, Kept
from domain.understanding_calls import answer_tokens, foreign, names_understanding, prompt, understood, within

SECONDS = 12.0
"""For the call and its one repeat: a turn may wait for it."""


class Detects(Protocol):
    """Whoever finds out languages."""

    async def detect(self, texts: Sequence[str]) -> list[str | None]:
        """The language of each text by its ISO 639 code; None where that is not sure."""


class Understanding:
    """Finds out what a bot wants to know of the messages that it answers."""

    def __init__(self, database: Database, vault: Vault, structured: Structured, languages: Detects) -> None:
        self._database = database
        self._vault = vault
        self._structured = structured
        self._languages = languages

    @activity.defn(name="understand")
    async def understand(self, ask: Understand) -> Understood:
        """Understand what of a turn is not understood yet; a model that fails leaves the reason in its place."""
        ref = ask.turn
        with bound_contextvars(correlation_id=ref.correlation_id, turn=ref.turn), as_failures():
            async with beating():
                access, said, heard = await self._heard(ref)
                if access is None or not heard:
                    return Understood()
                bot = access.bot
                into = bot.translation.bot_language if bot.translation.enabled else None
                if ask.before and bot.understanding.asks and not await self._is_waited_for(access, heard, into):
                    return Understood(beside=True)
                kept = await self._found(
                    call_for(ref, access, activity.info().attempt, "understand"), access, heard, into
                )
                async with self._database.begin() as connection:
                    conversation = UUID(ref.conversation_id)
                    await understandings.keep(connection, access.workspace_id, conversation, kept, said)
                return Understood(messages=len(kept), failed=sum(1 for item in kept if item.reason))

    async def _heard(self, ref: TurnRef) -> tuple[ChannelAccess | None, dict[str, str], list[Heard]]:
        """The bot, what each message says, and those that are not understood yet, as a model may see them."""
        async with self._database.once() as connection:
            found = await transcripts.destination(connection, UUID(ref.conversation_id))
            access = await channels.load(connection, self._vault, found[0]) if found else None
            rows = await understandings.of_turn(connection, UUID(ref.turn_id))
            spoken = await understandings.last_spoken(connection, UUID(ref.conversation_id))
        said = {str(row.id): row.text for row in rows if row.text.strip() and not row.is_understood}
        if access is None or not said:
            return access, said, []
        lines = seen_by_model([Line(role="user", text=text) for text in said.values()], access.bot.moderation)
        languages = await self._detected(access.bot, [line.text for line in lines])
        heard = []
        for name, line, language in zip(said, lines, languages, strict=True):
            # What is too short to tell is in the language that the conversation is in.
            spoken = language or spoken
            heard.append(Heard(id=name, text=line.text, language=language, spoken=spoken))
        return access, said, heard

    async def _detected(self, bot: Bot, texts: Sequence[str]) -> list[str | None]:
        if not bot.understanding.language and not bot.translation.enabled:
            return [None] * len(texts)
        return await self._languages.detect(texts)

    async def _is_waited_for(self, access: ChannelAccess, heard: Sequence[Heard], into: str | None) -> bool:
        """Whether what the model is told depends on it: a translation, or a template that names what was understood."""
        bot = access.bot
        if any(foreign(item, into) for item in heard):
            return True
        if bot.prompt is None:
            return names_understanding(bot.instructions)
        async with self._database.once() as connection:
            named = await prompts.text_of(connection, access.workspace_id, bot.prompt.name, bot.prompt.version)
        return named is not None and names_understanding(named.text)

    async def _found(self, call: Call, access: ChannelAccess, heard: Sequence[Heard], into: str | None) -> list[Kept]:
        """What is to be kept of each message."""
        wishes = access.bot.understanding
        wanted = list(heard) if wishes.asks else [item for item in heard if foreign(item, into)]
        asked = within(wanted)
        found: dict[str, Found] = {}
        model, reason = None, None
        if asked:
            try:
                found, model = await self._structured.ask(
                    call,
                    access,
                    prompt(wishes, asked, into),
                    lambda answer: understood(answer, wishes, asked, into),
                    answer_tokens=answer_tokens(asked),
                    seconds=SECONDS,
                )
            except NotUnderstood as error:
                reason = error.reason
        too_long = {item.id for item in wanted} - {item.id for item in asked}
        reasons = {item.id: "too_long" if item.id in too_long else reason for item in wanted}
        return [
            Kept(
                heard=item,
                found=found.get(item.id, Found()),
                into=into if foreign(item, into) else None,
                model=model if item.id in found else None,
                reason=reasons.get(item.id),
            )
            for item in heard
        ]
