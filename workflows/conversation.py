"""A conversation: one long-lived workflow that hears messages as signals and answers them turn by turn."""

import asyncio
from datetime import timedelta
from typing import TypeVar

from temporalio import workflow
from temporalio.common import SearchAttributeKey
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.delivery import Delivery
    from activities.persistence import Persistence
    from domain.bursts import MOST_TURNED_AWAY
    from domain.conversations import Control, IndexedStatus, indexed_status
    from domain.handovers import ConversationState, Handover
    from domain.inbox import Inbox
    from domain.recording import Record
    from domain.turns import Begin, Begun, Delivered, Pressing, Reply, ReplyKind, TurnRef

from workflows import options
from workflows.recording import record
from workflows.steps import in_database
from workflows.thinking import think
from workflows.understanding import Understanding
from workflows.upgrades import go_on, is_outdated

_STATUS = SearchAttributeKey.for_keyword("ChatStatus")
Result = TypeVar("Result")


@workflow.defn(name="Conversation")
class ConversationWorkflow:
    """Hears everything at once and does one thing at a time; PostgreSQL says what a turn is, this says when."""

    @workflow.init
    def __init__(self, state: ConversationState) -> None:
        self._state = state
        self._inbox = Inbox(state)
        self._doing = "waiting"
        self._turn = state.turns
        self._look_again = False
        self._together = False
        self._correlation_id: str | None = None

    @workflow.signal(name="receive", description="Messages, controls and things to say, oldest first.")
    def receive(self, handover: Handover) -> None:
        """Take in what is new. Neither waits nor fails: whatever happens here would stop the conversation."""
        self._inbox.hear(handover, workflow.now())
        self._correlation_id = handover.correlation_id or self._correlation_id

    @workflow.run
    async def run(self, state: ConversationState) -> None:
        """Answer until the conversation is closed; a long one goes on in a new run with all that waits."""
        while True:
            self._tell("waiting")
            if self._is_long() and not self._look_again and self._inbox.may_travel:
                go_on(self._inbox.carried(self._carried()))
            await workflow.wait_condition(lambda: self._has_work() or is_outdated())
            if self._has_work() and await self._do_next():
                return

    def _has_work(self) -> bool:
        return self._inbox.has_work or self._look_again

    async def _do_next(self) -> bool:
        """Do the first thing that waits; True when the conversation is over for now."""
        if self._inbox.unrecorded():
            return await self._record()
        control = self._inbox.take("control")
        if control is not None and control.control is not None:
            self._obey(control.control)
            return control.control is Control.CLOSE and not self._inbox.has_work
        said = self._inbox.take("say")
        if said is not None:
            await self._deliver(Reply(conversation_id=self._state.conversation_id, message_id=said.id))
            return False
        if await self._is_quiet():
            await self._take_turn()
        return False

    async def _record(self) -> bool:
        """Have recorded what PostgreSQL does not hold yet; True where nobody is left to answer."""
        self._tell("waiting for the database")
        ask = Record(conversation_id=self._state.conversation_id, items=self._inbox.unrecorded())
        recorded = await record(ask)
        if recorded is None:
            return False
        self._inbox.note_recorded(ask.items, recorded.settled, behind=recorded.behind)
        if not recorded.over or self._inbox.has_work or self._look_again:
            return False
        self._show(IndexedStatus.CLOSED)
        return True

    def _obey(self, control: Control) -> None:
        """The database obeyed already; here the standing is shown."""
        if control is not Control.DECIDE:
            self._show(indexed_status(control))

    def _show(self, status: IndexedStatus) -> None:
        """The search attribute costs an event: it is written once for each change."""
        if status != self._state.status:
            self._state = self._state.model_copy(update={"status": status.value})
            workflow.upsert_search_attributes([_STATUS.value_set(status.value)])

    async def _is_quiet(self) -> bool:
        """Wait until the burst is over, by the bot's policy; False when a control or something to say came first."""
        while (due := self._inbox.due()) is not None and due > workflow.now():
            self._tell("waiting for a quiet moment")
            if not await self._pause(due - workflow.now(), "until the burst is over"):
                return False
        return True

    async def _pause(self, duration: timedelta, summary: str) -> bool:
        """Wait so long; False when a control or something to say came before."""
        try:
            await workflow.wait_condition(
                lambda: self._inbox.has_other_than_messages, timeout=duration, timeout_summary=summary
            )
        except TimeoutError:
            return True
        return False

    async def _take_turn(self) -> None:
        self._look_again = False
        begun = await self._begin()
        self._inbox.settle(begun.settled, behind=self._inbox.behind and begun.more)
        self._together = begun.wait_seconds > 0
        if begun.turn == 0:
            await self._until_within_rate(begun.wait_seconds)
            return
        self._turn = begun.turn
        if self._state.status == IndexedStatus.CLOSED:
            self._show(IndexedStatus.OPEN)
        understanding = Understanding(begun, self._ref(begun))
        reply = await self._answer(begun, understanding)
        if reply is None:
            understanding.cancel()
            self._look_again = True
            return
        await self._deliver(reply)
        await understanding.ended()

    async def _until_within_rate(self, seconds: float) -> None:
        """Above the contact's rate of turns, what waits is answered together, in order, when the rate allows it."""
        if seconds > 0:
            self._tell("waiting for the contact's rate of turns")
            await self._pause(timedelta(seconds=seconds), "until the contact's rate allows a turn")

    async def _begin(self) -> Begun:
        """PostgreSQL names the turn."""
        self._tell("opening a turn")
        ask = Begin(
            conversation_id=self._state.conversation_id,
            brought=self._inbox.to_bring(together=self._together),
            behind=self._inbox.behind,
            together=self._together or self._inbox.bursts.policy != "queue",
            correlation_id=self._correlation_id,
        )
        return await in_database(Persistence.begin, ask, "open the turn")

    async def _answer(self, begun: Begun, understanding: Understanding) -> Reply | None:
        """The reply that the turn gets; None when the bot was stopped meanwhile."""
        reply = Reply(
            conversation_id=self._state.conversation_id,
            turn_id=begun.turn_id,
            turn=begun.turn,
            generation=begun.generation,
            correlation_id=self._correlation_id,
        )
        if begun.reply is not None:
            return reply.model_copy(update={"kind": begun.reply, "reason": begun.reason})
        self._tell("asking the model")
        thinking = asyncio.create_task(think(begun, self._ref(begun), self._inbox, self._tell, understanding))
        if not await self._finished(thinking, begun) or (thought := thinking.result()) is None:
            return None
        kind, reason = thought
        return reply.model_copy(update={"kind": kind, "reason": reason})

    def _ref(self, begun: Begun) -> TurnRef:
        return TurnRef(
            conversation_id=self._state.conversation_id,
            turn_id=begun.turn_id,
            turn=begun.turn,
            generation=begun.generation,
            patience_seconds=begun.patience_seconds,
            correlation_id=self._correlation_id,
            verdict_due=begun.judge_input and not begun.judge_before,
        )

    async def _deliver(self, reply: Reply) -> None:
        """Deliver, however long the platform makes us wait; what cannot be delivered ends as such.

        A stop silences the bot, and not what an operator says.
        """
        self._tell("delivering")
        delivering = asyncio.create_task(self._run_delivery(reply, options.DELIVERY_PATIENCE))
        if reply.message_id is not None:
            await workflow.wait([delivering])
        elif not await self._finished(delivering):
            self._look_again = True
            return
        try:
            if delivering.result().outdated:
                self._look_again = True
        except ActivityError:
            await self._run_delivery(reply.model_copy(update={"give_up": True}), None)

    async def _run_delivery(self, reply: Reply, patience: timedelta | None) -> Delivered:
        return await workflow.execute_activity_method(
            Delivery.deliver,
            reply,
            task_queue=f"{workflow.info().task_queue}-delivery",
            schedule_to_close_timeout=patience,
            start_to_close_timeout=options.DELIVERY_TIMEOUT,
            heartbeat_timeout=options.HEARTBEAT,
            retry_policy=options.DELIVERY_RETRY,
            cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            summary=f"turn {reply.turn}: deliver the {reply.kind}" if reply.turn else "deliver what was said",
        )

    async def _finished(self, work: "asyncio.Task[Result]", begun: Begun | None = None) -> bool:
        """Wait for work to end; False when it was cancelled: by a control that silences the bot, or a new message.

        What a message does that comes meanwhile is what *begin* said of the turn that the work is for.
        """
        stops = self._inbox.stops
        meanwhile = begun.meanwhile if begun else ""
        await self._until_stirred(work, stops, listening=bool(meanwhile))
        for left in reversed(range(MOST_TURNED_AWAY)):
            if begun is None or meanwhile != "reject" or work.done() or self._inbox.stops != stops:
                break
            turned = await self._turn_away(begun)
            await self._until_stirred(work, stops, listening=turned and left > 0)
        if work.done():
            return True
        work.cancel()
        await workflow.wait([work])
        if not work.cancelled():
            work.exception()
        return False

    async def _until_stirred(self, work: "asyncio.Task[Result]", stops: int, *, listening: bool) -> None:
        """Wait until work is done or stopped, or until a message came, where somebody listens."""
        await workflow.wait_condition(
            lambda: work.done() or self._inbox.stops != stops or (listening and self._inbox.has_messages)
        )

    async def _turn_away(self, begun: Begun) -> bool:
        """The bot has no time for what came meanwhile: let it end, and its sender know; False when it is to wait."""
        turned = await workflow.execute_activity_method(
            Persistence.turn_away,
            Pressing(
                conversation_id=self._state.conversation_id,
                turn_id=begun.turn_id,
                brought=self._inbox.to_bring(together=True),
            ),
            start_to_close_timeout=options.DATABASE_TIMEOUT,
            retry_policy=options.DATABASE_RETRY,
            summary=f"turn {begun.turn}: turn away what came meanwhile",
        )
        self._inbox.settle(turned.settled, behind=self._inbox.behind)
        if turned.tell:
            wait = Reply(
                conversation_id=self._state.conversation_id,
                turn=begun.turn,
                generation=begun.generation,
                kind=ReplyKind.WAIT,
            )
            await self._deliver(wait)
            self._tell("asking the model")
        return bool(turned.settled)

    def _is_long(self) -> bool:
        info = workflow.info()
        return (
            info.get_current_history_length() >= self._state.most_events
            or info.is_continue_as_new_suggested()
            or is_outdated()
        )

    def _carried(self) -> ConversationState:
        return self._state.model_copy(update={"turns": self._turn})

    def _tell(self, doing: str) -> None:
        """What Temporal UI shows of the conversation; never what anybody said."""
        self._doing = doing
        workflow.set_current_details(
            f"**{doing}** · {self._state.platform} · {self._state.status} · turn {self._turn} · "
            f"{len(self._inbox)} waiting · run {self._state.runs}"
        )
