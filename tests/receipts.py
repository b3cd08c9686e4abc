"""What tests see of a bot whose platform tells later what became of a message: its events but receipts, its ledger."""

from dataclasses import dataclass

from sqlalchemy import select

from adapters.database.records import DeliveryRow
from tests.machine import PATIENCE_SECONDS, until
from tests.product import MadeChannel, Product

Part = tuple[str, str | None, int]
"""State, reason and attempts of a delivery."""


@dataclass(frozen=True)
class ReceiptedBot:
    """A bot on a platform with receipts."""

    product: Product
    channel: MadeChannel

    async def states(self) -> list[tuple[str, str | None]]:
        """State and reason of every event but receipts, in order."""
        return [state for state in await self.product.states() if state[1] != "receipt"]

    async def until_states(self, *wanted: str, within_seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until these events stand so."""

        async def stand() -> bool:
            return [state for state, _ in await self.states()] == list(wanted)

        await until(stand, within_seconds)

    async def ledger(self) -> list[Part]:
        """Every part, in order."""
        columns = (DeliveryRow.state, DeliveryRow.reason, DeliveryRow.attempts)
        query = select(*columns).order_by(DeliveryRow.created_at, DeliveryRow.part)
        async with self.product.database.begin() as connection:
            rows = await connection.execute(query.where(DeliveryRow.channel_id == self.channel.id))
            return [(row.state, row.reason, row.attempts) for row in rows]

    async def until_ledger(self, *wanted: Part) -> None:
        """Wait until the parts stand so: a platform has a message before we know of it, and its receipt comes later."""

        async def stands() -> bool:
            return await self.ledger() == list(wanted)

        await until(stands)
