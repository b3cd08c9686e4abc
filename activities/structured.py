"""Structured calls: a model is asked for an answer of a shape, twice at most, and within a time that is a turn's."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from structlog.stdlib import get_logger

from activities.buying import BudgetExhausted, BudgetHeld, Buying
from activities.failures import unbroken
from adapters.ai.base import BUILT_IN, Asked, Models
from adapters.database.budgets import Call
from adapters.database.channels import ChannelAccess
from adapters.errors import Never, OutsideError, Unacceptable
from domain.structured import NotAsAsked
from domain.transcripts import Prompt

TRIES = 2
_AGAIN_SECONDS = 0.5
_MOST_TOKENS = 32_000
Read = TypeVar("Read")


class NotUnderstood(Exception):
    """No answer came that could be used; `reason` is a stable word for why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Structured:
    """Asks the model by which a bot understands."""

    def __init__(self, models: Models, buying: Buying) -> None:
        self._models = models
        self._buying = buying

    async def ask(
        self,
        call: Call,
        access: ChannelAccess,
        prompt: Prompt,
        read: Callable[[str], Read],
        *,
        answer_tokens: int,
        seconds: float,
    ) -> tuple[Read, str]:
        """What was read, and which model said it; raises `NotUnderstood`. Each call is on the bill."""
        try:
            asked = await self._asked(access, answer_tokens, seconds)
            async with asyncio.timeout(seconds):
                return await self._within_tries(call, access, asked, prompt, read)
        except TimeoutError:
            raise self._told(call, "timeout") from None
        except OutsideError as error:
            raise self._told(call, error.reason) from None
        except BudgetExhausted as error:
            raise self._told(call, error.reason) from None
        except BudgetHeld:
            raise self._told(call, "budget_held") from None
        except NotAsAsked:
            raise self._told(call, "not_understood") from None

    async def _asked(self, access: ChannelAccess, answer_tokens: int, seconds: float) -> Asked:
        wanted = access.bot.understanding_model
        asked = await self._models.asked(access.workspace_id, wanted)
        if asked.provider.endpoint == BUILT_IN:
            raise NotUnderstood("no_model")
        held = {
            "temperature": 0.0 if asked.model.temperature is not None else None,
            "max_output_tokens": min(answer_tokens, _MOST_TOKENS),
            "timeout_seconds": min(asked.model.timeout_seconds, seconds),
        }
        return Asked(asked.provider, asked.model.model_copy(update=held))

    async def _within_tries(
        self, call: Call, access: ChannelAccess, asked: Asked, prompt: Prompt, read: Callable[[str], Read]
    ) -> tuple[Read, str]:
        for left in reversed(range(TRIES)):
            try:
                bought = await self._buying.buy(call, access, asked, prompt)
                await unbroken(asyncio.create_task(self._buying.pay(call, bought.paid)))
                return read(bought.answer.text), bought.answer.model
            except Unacceptable:
                # Perhaps the endpoint knows no shapes of answers; what is asked for is told in words as well.
                prompt = prompt.model_copy(update={"answer_shape": None})
                if not left:
                    raise
            except Never:
                raise
            except (OutsideError, BudgetHeld):
                if not left:
                    raise
                await asyncio.sleep(_AGAIN_SECONDS)
            except NotAsAsked:
                if not left:
                    raise
        raise NotUnderstood("not_understood")

    def _told(self, call: Call, reason: str) -> NotUnderstood:
        get_logger(__name__).info("not_understood", purpose=call.purpose, reason=reason)
        return NotUnderstood(reason)
