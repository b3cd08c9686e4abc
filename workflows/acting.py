"""Acting: the calls of tools that a model asks for, one by one; operators who are asked first are waited for."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.calling import Calling
    from domain.inbox import Inbox
    from domain.tool_calls import Called, CallTool, PlannedCall
    from domain.turns import Begun, TurnRef

from workflows import options

_SHORTEST_WAIT = timedelta(milliseconds=100)


@dataclass(frozen=True)
class Acting:
    """A turn whose model wants calls made.

    `started`: when it began, without what operators took; `seen`: how many decisions it knows of.
    """

    begun: Begun
    ref: TurnRef
    inbox: Inbox
    tell: Callable[[str], None]
    started: datetime
    seen: int


async def make_calls(calls: tuple[PlannedCall, ...], acting: Acting) -> timedelta | None:
    """Make the calls, in their order; how long operators were waited for. None: the turn is to be looked at again."""
    waited = timedelta(0)
    for call in calls:
        seen = acting.inbox.decisions
        # What was decided since the calls were planned may have been about this one: it is not waited for again.
        asks = call.waits_seconds if seen == acting.seen else 0.0
        called: Called | None = None
        while called is None or called.waits_seconds > 0:
            if asks > 0:
                asked = workflow.now()
                if not await _decided(acting.inbox, seen, asks, acting.tell):
                    return None
                waited += workflow.now() - asked
            seen = acting.inbox.decisions
            acting.tell(f"calling the tool {call.name}")
            called = await _call(call, acting, waited)
            asks = called.waits_seconds
        if called.outdated:
            return None
    acting.tell("asking the model")
    return waited


async def _decided(inbox: Inbox, seen: int, seconds: float, tell: Callable[[str], None]) -> bool:
    """Wait until somebody decided or may no more; False where something else must not wait for so long."""
    tell("waiting for an operator's approval")
    try:
        await workflow.wait_condition(
            lambda: inbox.decisions != seen or inbox.has_other_work,
            timeout=max(timedelta(seconds=seconds), _SHORTEST_WAIT),
            timeout_summary="until nobody may approve any more",
        )
    except TimeoutError:
        return True
    return inbox.decisions != seen


async def _call(call: PlannedCall, acting: Acting, waited: timedelta) -> Called:
    begun, ref = acting.begun, acting.ref
    left = options.model_patience(begun.patience_seconds, workflow.now() - acting.started - waited)
    kind = workflow.ActivityCancellationType
    return await workflow.execute_activity_method(
        Calling.call,
        CallTool(
            conversation_id=ref.conversation_id,
            turn_id=ref.turn_id,
            turn=ref.turn,
            generation=ref.generation,
            call_id=call.id,
            seconds=left.total_seconds(),
            correlation_id=ref.correlation_id,
        ),
        task_queue=f"{workflow.info().task_queue}-ai",
        schedule_to_close_timeout=left + options.CALL_MARGIN,
        heartbeat_timeout=options.HEARTBEAT,
        retry_policy=options.CALL_RETRY,
        # What is done outside is over before anything else of the turn is decided.
        cancellation_type=kind.WAIT_CANCELLATION_COMPLETED if call.effects else kind.TRY_CANCEL,
        summary=f"turn {begun.turn}: call the tool {call.name}",
    )
