"""The floor: what Temporal alone costs, a bare workflow with the product's signals and two empty activities a turn."""

from datetime import timedelta

from temporalio import workflow

from domain.handovers import ConversationState, Handover

FLOOR_WORKFLOW = "Floor"
FIRST = "first"
SECOND = "second"
_TIMEOUT = timedelta(seconds=10)


@workflow.defn(name=FLOOR_WORKFLOW)
class FloorWorkflow:
    """Hears messages, and for each of them runs two activities in a row."""

    @workflow.init
    def __init__(self, state: ConversationState) -> None:
        self._waiting = [item.id for item in state.waiting]

    @workflow.signal(name="receive")
    def receive(self, handover: Handover) -> None:
        """Take in what came."""
        self._waiting += [item.text for item in handover.items]

    @workflow.run
    async def run(self, _state: ConversationState) -> None:
        """Turn by turn, for ever."""
        while True:
            await workflow.wait_condition(lambda: bool(self._waiting))
            text = self._waiting.pop(0)
            await workflow.execute_activity(FIRST, text, start_to_close_timeout=_TIMEOUT)
            await workflow.execute_activity(SECOND, text, start_to_close_timeout=_TIMEOUT)
