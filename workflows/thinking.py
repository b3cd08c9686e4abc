"""Thinking: judge and model are asked, side by side where the bot allows it, and the kind of reply comes out."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.completion import Completion
    from activities.moderation import Judged, Moderation
    from domain.inbox import Inbox
    from domain.turns import Begun, Completed, ReplyKind, TurnRef

from workflows import options
from workflows.acting import Acting, make_calls
from workflows.outcomes import look_at, reason_of
from workflows.understanding import Understanding


async def think(
    begun: Begun, ref: TurnRef, inbox: Inbox, tell: Callable[[str], None], understanding: Understanding
) -> tuple[ReplyKind, str | None] | None:
    """What the reply to a turn is, and why; cancelling it cancels judge, model and calls of tools.

    None where the turn is to be looked at again: it was stopped, or something else must not wait for its operators.
    """
    started, seen = workflow.now(), inbox.decisions
    if begun.judge_before and (judged := await _judge(begun, ref)).refused:
        return ReplyKind.REFUSAL, judged.reason
    completing = asyncio.create_task(_understand_and_complete(ref, begun, started, understanding))
    parallel = begun.judge_input and not begun.judge_before
    judging = asyncio.create_task(_judge(begun, ref)) if parallel else None
    completing.add_done_callback(look_at)
    try:
        if judging is not None and (judged := await judging).refused:
            return ReplyKind.REFUSAL, judged.reason
        completed = await _through_its_calls(completing, Acting(begun, ref, inbox, tell, started, seen))
    except ActivityError as error:
        if is_cancelled_exception(error):
            raise
        return ReplyKind.APOLOGY, reason_of(error)
    finally:
        completing.cancel()
        if judging is not None:
            judging.cancel()
    return _reply(completed) if completed is not None else None


def _reply(completed: Completed) -> tuple[ReplyKind, str | None]:
    if completed.more:
        return ReplyKind.APOLOGY, "tool:endless"
    if completed.exhausted:
        return ReplyKind.EXHAUSTED, completed.reason
    return (ReplyKind.REFUSAL, completed.reason) if completed.refused else (ReplyKind.ANSWER, None)


async def _through_its_calls(completing: "asyncio.Task[Completed]", acting: Acting) -> Completed | None:
    """The answer, once all calls are made that the model asks for on its way to it; None as in `think`."""
    completed = await completing
    for step in range(2, options.MOST_STEPS):
        if not completed.more:
            break
        waited = await make_calls(completed.calls, acting)
        if waited is None:
            return None
        acting = replace(acting, started=acting.started + waited, seen=acting.inbox.decisions)
        completed = await _complete(acting.ref, acting.begun, workflow.now() - acting.started, step)
    return completed


async def _understand_and_complete(
    ref: TurnRef, begun: Begun, started: datetime, understanding: Understanding
) -> Completed:
    await understanding.begin()
    return await _complete(ref, begun, workflow.now() - started)


async def _complete(ref: TurnRef, begun: Begun, spent: timedelta, step: int = 1) -> Completed:
    patience = options.model_patience(begun.patience_seconds, spent)
    return await workflow.execute_activity_method(
        Completion.complete,
        ref,
        task_queue=f"{workflow.info().task_queue}-ai",
        schedule_to_close_timeout=patience,
        heartbeat_timeout=options.HEARTBEAT,
        retry_policy=options.COMPLETION_RETRY,
        cancellation_type=workflow.ActivityCancellationType.TRY_CANCEL,
        summary=f"turn {begun.turn}: ask the model" + (f" (step {step})" if step > 1 else ""),
    )


async def _judge(begun: Begun, ref: TurnRef) -> Judged:
    """The provider's verdict on what was said, or the bot's policy where none comes."""
    try:
        return await workflow.execute_activity_method(
            Moderation.moderate,
            ref,
            task_queue=f"{workflow.info().task_queue}-ai",
            start_to_close_timeout=options.JUDGE_TIMEOUT,
            schedule_to_close_timeout=options.JUDGE_PATIENCE,
            retry_policy=options.JUDGE_RETRY,
            summary=f"turn {begun.turn}: judge what was said",
        )
    except ActivityError as error:
        if is_cancelled_exception(error):
            raise
        return Judged(refused=begun.fail_closed, reason="moderation:unavailable" if begun.fail_closed else None)
