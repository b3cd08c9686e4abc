"""Summaries on demand: a conversation in short, made when somebody asks for it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter
from pydantic import Field

from adapters.ai.base import BUILT_IN
from adapters.database import budgets, conversations, digests, summaries
from adapters.database.budgets import Call
from adapters.database.summaries import Source
from adapters.errors import OutsideError
from api.execution import Executed, Payer, execute
from api.idempotency import Once, OperatorOnce
from api.problems import Problem, invalid, not_found
from api.resources import Resources, Using
from api.v1.objects import Shown
from api.v1.routing import Route
from domain.bots import Model
from domain.digests import asked, digest
from domain.moderation import seen_by_model
from domain.recollection import MAX_OUTPUT_TOKENS, Said
from domain.structured import NotAsAsked

router = APIRouter(prefix="/conversations/{conversation_id}/summary", route_class=Route, tags=["conversations"])

_OF_NO_TURN = 0
"""The generation of calls that no turn waits for; turns begin with 1."""
_MOST_LEASE = 2**31


class Summary(Shown):
    """A conversation in short."""

    conversation_id: UUID
    text: str
    open_questions: tuple[str, ...] = Field(description="What is still to be answered or done.")
    covered_seq: Annotated[int, Field(description="The `seq` of the last message that it knows of.", examples=[31])]
    model: str
    created_at: datetime


@router.post("", summary="Summarise a conversation")
async def summarise(conversation_id: UUID, once: OperatorOnce, using: Using) -> Summary:
    """What is kept is given again until something is said or changed; else the bot's model is asked, on its bill.

    The bot itself knows nothing of it: what its model recalls is another summary. 502 `summary_failed` where the model
    answers with anything else; it is paid for all the same.
    """
    workspace_id = once.who.workspace_id
    async with using.database.begin() as connection:
        if await conversations.one(connection, workspace_id, conversation_id) is None:
            raise not_found("conversation", conversation_id)
        source = await summaries.source(connection, conversation_id, on_demand=True)
        kept = await digests.one(connection, workspace_id, conversation_id)
        if source is None or not (source.past or source.earlier):
            raise invalid("Nothing was said and answered in this conversation.", "nothing_said")
        covered = source.past[-1].seq if source.past else source.earlier_seq
        if kept is not None and kept["covered_seq"] == covered:
            answer = Summary.of(kept)
            await once.keep(connection, answer)
            return answer
    return await _made(using, once, conversation_id, source, covered)


async def _made(using: Resources, once: Once, conversation_id: UUID, source: Source, covered: int) -> Summary:
    done, call = await _asked(using, conversation_id, source)
    try:
        found = digest(done.answer.text)
    except NotAsAsked as error:
        async with using.database.begin() as connection:
            await budgets.settle(connection, call, done.paid)
        raise Problem(502, f"The model made no summary: {error}.", "summary_failed") from error
    async with using.database.begin() as connection:
        await budgets.settle(connection, call, done.paid)
        stored = await digests.store(connection, conversation_id, source, covered, found, done.paid.model)
        kept = await digests.one(connection, source.workspace_id, conversation_id)
        if stored and kept is not None:
            answer = Summary.of(kept)
            await once.keep(connection, answer)
    if not stored or kept is None:
        raise Problem(503, "What was summarised was changed meanwhile.", "conversation_changed", {"Retry-After": "1"})
    return answer


async def _asked(using: Resources, conversation_id: UUID, source: Source) -> tuple[Executed, Call]:
    """What the bot's models say, the call paid by all who pay for the conversation."""
    bot = source.bot
    await _demand_model(using, source.workspace_id, bot.model)
    call = Call(
        workspace_id=source.workspace_id,
        bot_id=source.bot_id,
        conversation_id=conversation_id,
        turn_id=source.turn_id,
        generation=_OF_NO_TURN,
        lease=uuid4().int % _MOST_LEASE,
        purpose="summary",
    )
    lines = seen_by_model([said.line for said in source.past], bot.moderation)
    past = [Said(seq=said.seq, line=line) for said, line in zip(source.past, lines, strict=True)]
    payer = Payer(source.workspace.limits, source.bot_id, bot.limits, call)
    prompt = asked(source.earlier, past, bot.context.tokens)
    return await execute(using, source.workspace_id, [_brief(model) for model in bot.models], prompt, payer), call


async def _demand_model(using: Resources, workspace_id: UUID, model: Model) -> None:
    """422 for the demo model, which understands nothing."""
    try:
        found = await using.models().asked(workspace_id, model)
    except OutsideError:
        return
    if found.provider.endpoint == BUILT_IN:
        raise invalid("The demo model cannot summarise; give the bot another.", "no_model")


def _brief(model: Model) -> Model:
    return model.model_copy(update={"max_output_tokens": min(model.max_output_tokens, MAX_OUTPUT_TOKENS)})
