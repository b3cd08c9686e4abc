"""The two sides as the load meets them: the floor by signals, the product by Telegram's webhooks."""

import asyncio
import itertools
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import httpx
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy

from adapters.faults import CommandFailed
from adapters.platforms.telegram.platform import SECRET_HEADER
from adapters.temporal.names import RECEIVE_SIGNAL
from commands.benchmark.floor import FLOOR_WORKFLOW
from commands.benchmark.target import Answered, History
from domain.bursts import BurstPolicy
from domain.handovers import ConversationState, Handover, Item
from domain.ids import ChannelId, conversation_id, workflow_id
from domain.platforms import PlatformName

_ECHO = "You said: "
"""What the simulator's model puts before the words that it repeats."""
_PAUSE_SECONDS = 0.1
_PATIENCE_SECONDS = 60.0
_QUEUE = BurstPolicy(policy="queue")


class FloorClient:
    """Signals the floor as the front door signals a conversation; reads what is done from its worker's file."""

    def __init__(self, client: Client, queue: str, file: Path) -> None:
        self._client = client
        self._queue = queue
        self._file = file
        self._read = 0
        self.refusals = 0

    async def send(self, chat: int, text: str) -> None:
        """One signal-with-start."""
        await self._signal(f"floor:{chat}", self._queue, text)

    async def send_unanswered(self, chat: int, text: str) -> None:
        """The same to a queue that nobody serves."""
        await self._signal(f"unserved:{chat}", f"{self._queue}-unserved", text)

    async def answered(self) -> Sequence[Answered]:
        """The lines that the file has gained."""
        parts = (line.split(" ", 1) for line in self._gained())
        return [Answered(text, float(at)) for at, text in parts]

    async def history(self, chat: int) -> History:
        """Asked of Temporal."""
        return await history_of(self._client, f"floor:{chat}")

    def _gained(self) -> list[str]:
        """Whole lines alone: the worker may be writing one."""
        with self._file.open("rb") as file:
            file.seek(self._read)
            grown = file.read()
        whole = grown[: grown.rfind(b"\n") + 1]
        self._read += len(whole)
        return whole.decode().splitlines()

    async def _signal(self, workflow: str, queue: str, text: str) -> None:
        item = Item(id=str(uuid4()), received_at=datetime.now(UTC), text=text)
        await self._client.start_workflow(
            FLOOR_WORKFLOW,
            ConversationState(conversation_id=workflow, platform=PlatformName.TELEGRAM, bursts=_QUEUE),
            id=workflow,
            task_queue=queue,
            start_signal=RECEIVE_SIGNAL,
            start_signal_args=[Handover(items=(item,), bursts=_QUEUE)],
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )


@dataclass(frozen=True)
class Line:
    """A channel as its platform calls it."""

    channel_id: UUID
    secret: str


class ProductClient:
    """Posts updates as Telegram would, and reads the simulator's ledger for what came back."""

    def __init__(
        self, client: Client, api: httpx.AsyncClient, simulator: httpx.AsyncClient, bot: Line, stopped: Line
    ) -> None:
        self._client = client
        self._api = api
        self._simulator = simulator
        self._bot = bot
        self._stopped = stopped
        self._numbers = itertools.count(1)
        self._seq = 0
        self.refusals = 0

    async def send(self, chat: int, text: str) -> None:
        """One webhook, brought again where it is refused for now, as Telegram does."""
        await self._post(self._bot, chat, text)

    async def send_unanswered(self, chat: int, text: str) -> None:
        """The same to the bot that is stopped."""
        await self._post(self._stopped, chat, text)

    async def answered(self) -> Sequence[Answered]:
        """The messages that the simulator has got since the last call."""
        asked: dict[str, str | int] = {"kind": "outbound", "after": self._seq}
        told = (await self._simulator.get("/_sim/ledger", params=asked)).raise_for_status().json()
        self._seq = told["last_seq"]
        sent = (item for item in told["items"] if item["method"] == "sendMessage")
        return [Answered(str(item["text"]).removeprefix(_ECHO), item["monotonic"]) for item in sent]

    async def history(self, chat: int) -> History:
        """Asked of Temporal."""
        conversation = conversation_id(ChannelId(self._bot.channel_id), str(chat), None)
        return await history_of(self._client, workflow_id(conversation))

    async def _post(self, line: Line, chat: int, text: str) -> None:
        number = next(self._numbers)
        person = {"id": chat, "first_name": "Test", "last_name": "User"}
        message = {
            "message_id": number,
            "date": int(datetime.now(UTC).timestamp()),
            "chat": {**person, "type": "private"},
            "from": {**person, "is_bot": False},
            "text": text,
        }
        update = {"update_id": number, "message": message}
        path, headers = f"/webhooks/telegram/{line.channel_id}", {SECRET_HEADER: line.secret}
        patience = time.monotonic() + _PATIENCE_SECONDS
        while not (taken := await self._is_taken(path, update, headers)) and time.monotonic() < patience:
            self.refusals += 1
            await asyncio.sleep(_PAUSE_SECONDS)
        if not taken:
            raise CommandFailed(f"The API took no message for {_PATIENCE_SECONDS:g} seconds.", "Read its log.")

    async def _is_taken(self, path: str, update: Mapping[str, object], headers: Mapping[str, str]) -> bool:
        try:
            return (await self._api.post(path, json=update, headers=headers)).is_success
        except httpx.TransportError:
            return False


async def history_of(client: Client, workflow: str) -> History:
    """What Temporal says of a workflow's newest run."""
    told = (await client.get_workflow_handle(workflow).describe()).raw_description
    info = told.workflow_execution_info
    busy = bool(told.pending_activities) or told.HasField("pending_workflow_task")
    return History(info.history_length, info.history_size_bytes, is_at_rest=not busy)
