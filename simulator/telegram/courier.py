"""Posts updates to webhooks in order, chat by chat, as tdlib/telegram-bot-api's WebhookActor.cpp does."""

import asyncio
import contextlib
import json
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field

from simulator.faults import Target
from simulator.simulation import Simulation
from simulator.telegram.bots import Bot, Webhook
from simulator.telegram.posting import Outcome, next_wait, note_outcome, open_entry, post
from simulator.telegram.updates import Update
from simulator.wire import JSON, Object, unix_time

Execute = Callable[[Bot, Object], Awaitable[None]]


@dataclass
class Lane:
    """The updates of one chat, which are posted one after another."""

    updates: deque[Update] = field(default_factory=deque)
    grew: asyncio.Event = field(default_factory=asyncio.Event)


class Courier:
    """Serves one bot as long as one webhook is set: lanes side by side, within a lane strictly in order."""

    def __init__(self, bot: Bot, webhook: Webhook, simulation: Simulation, execute: Execute) -> None:
        self._bot = bot
        self._webhook = webhook
        self._simulation = simulation
        self._execute = execute
        self._places = asyncio.Semaphore(webhook.max_connections)
        self._lanes: dict[str, Lane] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        for update in bot.queue.first(len(bot.queue.pending)):
            self.offer(update)

    def offer(self, update: Update) -> None:
        """Post an update as soon as its lane has come to it."""
        lane = self._lanes.get(update.lane)
        if lane is None:
            lane = self._lanes[update.lane] = Lane()
            self._start(self._serve(update.lane, lane))
        lane.updates.append(update)
        lane.grew.set()

    def stop(self) -> None:
        """Stop posting; what was not taken stays in the bot's queue."""
        for task in self._tasks:
            task.cancel()

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, name: str, lane: Lane) -> None:
        while lane.updates and not self._simulation.closing.is_set():
            await self._deliver(await self._next(lane))
        self._lanes.pop(name, None)

    async def _next(self, lane: Lane) -> Update:
        """The update whose turn it is; a fault lets the one behind it go first, waiting a while for it to come."""
        update = lane.updates.popleft()
        if update.was_overtaken:
            return update
        fault = self._simulation.faults.for_webhook(_target(update), "reorder_webhook")
        if fault is None:
            return update
        update.was_overtaken = True
        if not lane.updates:
            lane.grew.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(lane.grew.wait(), fault.duration)
        if not lane.updates:
            return update
        overtaker = lane.updates.popleft()
        lane.updates.appendleft(update)
        return overtaker

    async def _deliver(self, update: Update) -> None:
        entry = self._simulation.ledger.record("webhook", "telegram", open_entry(self._bot, self._webhook, update))
        self._duplicate(update, entry)
        try:
            taken = await self._insist(update, entry)
        except asyncio.CancelledError:
            entry["state"] = "stopped"
            raise
        if taken or not self._simulation.closing.is_set():
            self._bot.queue.pending.pop(update.id, None)

    async def _insist(self, update: Update, entry: Object) -> bool:
        """Post until it is taken or too old; whether it was taken."""
        delay, failures = 1.0, 0
        while not self._simulation.closing.is_set():
            outcome = await self._post(update)
            note_outcome(entry, outcome)
            if outcome.is_taken:
                self._run_reply(outcome.body)
                return True
            self._webhook.last_error_date = unix_time()
            self._webhook.last_error_message = outcome.complaint
            wait, delay = next_wait(outcome, delay, failures, self._simulation.settings.webhook_retry_scale)
            failures += 1
            if time.monotonic() + wait > update.born + update.life_seconds:
                entry["state"] = "dropped"
                return False
            await self._simulation.pause(wait)
        return False

    async def _post(self, update: Update) -> Outcome:
        async with self._places:
            return await post(update, self._webhook, self._simulation)

    def _duplicate(self, update: Update, entry: Object) -> None:
        fault = self._simulation.faults.for_webhook(_target(update), "duplicate_webhook")
        if fault is None:
            return
        statuses: list[JSON] = []
        entry["duplicates"] = statuses
        for number in range(1, fault.copies + 1):
            self._start(self._post_again(update, statuses, fault.duration * number))

    async def _post_again(self, update: Update, statuses: list[JSON], after_seconds: float) -> None:
        await self._simulation.pause(after_seconds)
        outcome = await self._post(update)
        statuses.append(outcome.status)

    def _run_reply(self, body: bytes) -> None:
        """A 2xx answer may carry one call, whose result nobody learns.

        Source: https://core.telegram.org/bots/api#making-requests-when-getting-updates
        """
        if not body.lstrip().startswith(b"{"):
            return
        try:
            content = json.loads(body)
        except ValueError:
            return
        if isinstance(content.get("method"), str):
            self._start(self._answer(content))

    async def _answer(self, content: Object) -> None:
        await self._execute(self._bot, content)


class Couriers:
    """The couriers of all bots; `execute` runs a call that a webhook's answer carried."""

    def __init__(self, simulation: Simulation, execute: Execute) -> None:
        self._simulation = simulation
        self._execute = execute
        self._couriers: dict[str, Courier] = {}

    def offer(self, bot: Bot, update: Update) -> None:
        """Post an update, if the bot has a webhook."""
        if courier := self._couriers.get(bot.token):
            courier.offer(update)

    def start(self, bot: Bot, webhook: Webhook) -> None:
        """Post to this webhook from now on, beginning with what is pending."""
        self.stop(bot)
        self._couriers[bot.token] = Courier(bot, webhook, self._simulation, self._execute)

    def stop(self, bot: Bot) -> None:
        """Post no longer for this bot."""
        if courier := self._couriers.pop(bot.token, None):
            courier.stop()

    def stop_all(self) -> None:
        """Post no longer for any bot."""
        for courier in self._couriers.values():
            courier.stop()
        self._couriers.clear()


def _target(update: Update) -> Target:
    return Target("telegram", "webhook", update.lane, update.text)
