"""The simulator's ledger as the judge needs it: what was acknowledged, and what was sent."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tests.chaos.judge import TOGETHER, TOKEN, Heard, Spoken
from tests.simulated import Simulated

Entry = Mapping[str, object]
_PAGE = 10_000


@dataclass
class Reading:
    """What was read, by sequence number; reading again brings what is new and what was still open."""

    webhooks: dict[int, Entry] = field(default_factory=dict)
    sends: dict[int, Entry] = field(default_factory=dict)
    calls: dict[int, Entry] = field(default_factory=dict)

    async def refresh(self, simulated: Simulated) -> None:
        """Bring it up to date."""
        await self._read(simulated, "webhook", self.webhooks, self._first_open())
        await self._read(simulated, "outbound", self.sends, max(self.sends, default=0))
        await self._read(simulated, "call", self.calls, max(self.calls, default=0))

    async def _read(self, simulated: Simulated, kind: str, into: dict[int, Entry], after: int) -> None:
        while True:
            answer = await simulated.client.get("/_sim/ledger", params={"kind": kind, "after": after, "limit": _PAGE})
            answer.raise_for_status()
            items = answer.json()["items"]
            into.update({item["seq"]: item for item in items})
            if len(items) < _PAGE:
                return
            after = items[-1]["seq"]

    def _first_open(self) -> int:
        """Where to read on so that nothing is missed that may still change."""
        pending = [seq for seq, entry in self.webhooks.items() if is_open(entry)]
        return min(pending, default=max(self.webhooks, default=0) + 1) - 1

    @property
    def is_open(self) -> bool:
        """Whether a platform still posts something."""
        return any(is_open(entry) for entry in self.webhooks.values())

    def heard(self, mark: str = "") -> list[Heard]:
        """Messages that were acknowledged, those of one fault where a mark is given."""
        return list(heard_of(entry for entry in self.webhooks.values() if _is_marked(entry, mark)))

    def spoken(self, mark: str = "", chats: Iterable[str] = ()) -> list[Spoken]:
        """Messages that were sent with the tokens of one fault, or into its chats."""
        wanted = set(chats)
        sent = spoken_of(self.sends.values())
        return [
            item for item in sent if not mark or item.chat in wanted or any(t.startswith(mark) for t in item.tokens)
        ]

    def landed_in_doubt(self) -> Counter[str]:
        """By chat, how many sends a platform took without saying so."""
        return Counter(
            str(entry["chat_id"])
            for entry in self.calls.values()
            if entry["method"] == "sendMessage" and _takes_in_silence(entry)
        )


def is_open(entry: Entry) -> bool:
    """Whether the platform has not done with an update."""
    return entry["state"] == "pending"


def heard_of(webhooks: Iterable[Entry]) -> Iterable[Heard]:
    """What was acknowledged of these updates, by the first post or by a repeated one."""
    for entry in webhooks:
        token = TOKEN.search(text_of(entry))
        if token and was_acknowledged(entry):
            accepted = float(str(entry["accepted_monotonic"] or entry["monotonic"]))
            together = TOGETHER in text_of(entry)
            yield Heard(token[0], str(entry["chat_id"]), int(str(entry["update_id"])), accepted, together)


def spoken_of(outbound: Iterable[Entry]) -> list[Spoken]:
    """What was sent into chats, in the order in which the platform took it."""
    sends = sorted(
        (item for item in outbound if item["method"] == "sendMessage"), key=lambda item: int(str(item["seq"]))
    )
    return [Spoken(str(item["chat_id"]), str(item["text"])) for item in sends]


def was_acknowledged(entry: Entry) -> bool:
    """Whether any of its posts got a 2xx."""
    repeated = entry["duplicates"]
    assert isinstance(repeated, list)
    return entry["state"] == "accepted" or any(status and 200 <= status <= 299 for status in repeated)


def text_of(entry: Entry) -> str:
    """What the person said."""
    update = entry["update"]
    message = update.get("message") if isinstance(update, dict) else None
    return str(message.get("text", "")) if isinstance(message, dict) else ""


def _is_marked(entry: Entry, mark: str) -> bool:
    return text_of(entry).startswith(mark)


def _takes_in_silence(entry: Entry) -> bool:
    faults = entry["faults"]
    return isinstance(faults, list) and any(str(fault).startswith("accept_then") for fault in faults)
