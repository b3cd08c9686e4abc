"""Completions for other systems: a prompt of the workspace is run, or messages are answered, without a chat."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, JsonValue
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import bots, budgets, prompts, workspaces
from api.execution import Payer, execute
from api.idempotency import Once, OperatorOnce
from api.problems import invalid, not_found
from api.resources import Resources, Using
from api.v1 import model_use
from api.v1.routing import Route
from domain import instructions
from domain.bots import Bot, Model
from domain.clocks import local
from domain.instructions import TemplateBroken
from domain.models import Strict
from domain.told import PromptUsed
from domain.transcripts import Line, Prompt, build
from domain.variables import Moment, variables

router = APIRouter(route_class=Route, tags=["completions"])

_MOST_CHARACTERS = 1_000_000
_Text = Annotated[str, Field(max_length=_MOST_CHARACTERS)]


class _Wanted(Strict):
    model: Model | None = Field(None, description="By default the bot's models, else the workspace's default.")
    bot_id: UUID | None = Field(
        None, description="The bot whose models answer, and whose budget pays beside the workspace's."
    )


class Message(Strict):
    """Something that was said."""

    role: Literal["system", "user", "assistant"]
    content: _Text


class NewCompletion(_Wanted):
    """Messages, the last of which is answered."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"messages": [{"role": "user", "content": "Name three teas."}]}]}
    )

    messages: Annotated[tuple[Message, ...], Field(min_length=1, max_length=1000)]


class Run(_Wanted):
    """With what a prompt is run: its variables, and what is said to the model behind it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"variables": {"shop": "Example"}, "input": "Do you have tea?"}]}
    )

    version: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    variables: dict[str, JsonValue] = Field(default_factory=dict)
    input: _Text | None = None


class Used(BaseModel):
    """What a call came to."""

    input_tokens: int
    output_tokens: int
    cached_tokens: int
    cost: float | None = Field(description="In the currency of the prices; null where no price is known.")
    duration_ms: int


class Completion(BaseModel):
    """What a model answered."""

    text: str
    model: str
    finish_reason: str | None
    prompt: PromptUsed | None
    usage: Used


@router.post("/completions", summary="Have messages answered")
async def complete(wanted: NewCompletion, once: OperatorOnce, using: Using) -> Completion:
    """Nothing of it is kept but what it cost; a repeat with its Idempotency-Key gets the same answer, paid once."""
    lines = [Line(role=message.role, text=message.content) for message in wanted.messages]
    return await _answered(using, once, wanted, _whole(lines), None)


@router.post("/prompts/{prompt_name}/run", summary="Run a prompt")
async def run(prompt_name: str, wanted: Run, once: OperatorOnce, using: Using) -> Completion:
    """In the version that is in use unless one is named; of contact and conversation it knows nothing."""
    async with using.database.begin() as connection:
        name = prompt_name if "\x00" not in prompt_name else ""
        found = await prompts.text_of(connection, once.who.workspace_id, name, wanted.version)
    if found is None:
        raise not_found("prompt", prompt_name)
    known = variables(Moment(), None, *local(datetime.now(UTC), "UTC"), wanted.variables)
    try:
        text = await asyncio.to_thread(instructions.render, found.text, known)
    except TemplateBroken as error:
        raise invalid(f"variables: the prompt cannot be filled in: {error}.", "template_failed") from error
    lines = [Line(role="user", text=text)]
    if wanted.input is not None:
        lines = [Line(role="system", text=text), Line(role="user", text=wanted.input)]
    return await _answered(using, once, wanted, _whole(lines), PromptUsed(name=prompt_name, version=found.version))


async def _answered(
    using: Resources, once: Once, wanted: _Wanted, prompt: Prompt, used: PromptUsed | None
) -> Completion:
    workspace_id = once.who.workspace_id
    async with using.database.begin() as connection:
        models, payer = await _payer(connection, workspace_id, wanted)
    done = await execute(using, workspace_id, models, prompt, payer)
    tokens = done.paid.tokens
    completion = Completion(
        text=done.answer.text,
        model=done.answer.model,
        finish_reason=done.answer.finish_reason,
        prompt=used,
        usage=Used(
            input_tokens=tokens.input,
            output_tokens=tokens.output,
            cached_tokens=tokens.cached,
            cost=done.paid.cost,
            duration_ms=done.paid.duration_ms,
        ),
    )
    async with using.database.begin() as connection:
        await budgets.settle(connection, done.call, done.paid)
        await once.keep(connection, completion)
    return completion


async def _payer(connection: AsyncConnection, workspace_id: UUID, wanted: _Wanted) -> tuple[tuple[Model, ...], Payer]:
    """Who is asked, in order, and who pays."""
    models: tuple[Model, ...]
    shared = (await workspaces.settings(connection, workspace_id)).limits
    if wanted.bot_id is None:
        models = (wanted.model or await model_use.default_model(connection, workspace_id),)
        payer = Payer(shared)
    else:
        row = await bots.one(connection, workspace_id, wanted.bot_id)
        if row is None:
            raise not_found("bot", wanted.bot_id)
        bot = Bot.model_validate(row["settings"])
        models = (wanted.model,) if wanted.model else bot.models
        payer = Payer(shared, wanted.bot_id, bot.limits)
    await model_use.check(connection, workspace_id, Bot(name="none", model=models[0], limits=payer.limits))
    return models, payer


def _whole(lines: list[Line]) -> Prompt:
    return build("", lines, budget_tokens=0, most_messages=len(lines), must_see=len(lines))
