"""Understanding: what was said is understood before the model is asked where that matters, else beside it."""

import asyncio

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities import understanding
    from domain.turns import Begun, TurnRef, Understand, Understood

from workflows import options
from workflows.outcomes import look_at


class Understanding:
    """A turn's messages on their way to being understood; whatever becomes of it, the turn goes on."""

    def __init__(self, begun: Begun, ref: TurnRef) -> None:
        self._begun = begun
        self._ref = ref
        self._beside: asyncio.Task[Understood] | None = None

    async def begin(self) -> None:
        """Wait for what the model is told of it; what nobody waits for is begun beside."""
        wanted = self._begun.understand
        if not wanted or (wanted == "before" and not (await self._understand(before=True)).beside):
            return
        self._beside = asyncio.create_task(self._understand(before=False))
        self._beside.add_done_callback(look_at)

    async def ended(self) -> None:
        """Wait until nothing of it runs any more: a conversation that ends or goes on elsewhere would end it, too."""
        if self._beside is not None:
            await workflow.wait([self._beside])

    def cancel(self) -> None:
        """The turn is to be looked at again, and this with it."""
        if self._beside is not None:
            self._beside.cancel()

    async def _understand(self, *, before: bool) -> Understood:
        try:
            return await workflow.execute_activity_method(
                understanding.Understanding.understand,
                Understand(turn=self._ref, before=before),
                task_queue=f"{workflow.info().task_queue}-ai",
                start_to_close_timeout=options.UNDERSTAND_TIMEOUT,
                schedule_to_close_timeout=options.UNDERSTAND_PATIENCE,
                heartbeat_timeout=options.HEARTBEAT,
                retry_policy=options.UNDERSTAND_RETRY,
                summary=f"turn {self._begun.turn}: understand what was said",
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            return Understood()
