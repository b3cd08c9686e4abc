"""What summaries cost: held to the budgets of all who pay, and no reason for a notice."""

from datetime import UTC, datetime

from pydantic import JsonValue
from sqlalchemy import select, update

from adapters.database import budget_days, summaries
from adapters.database.engine import Database
from adapters.database.records import Notice, Usage
from adapters.database.spending import Budget, Reservation
from adapters.database.tables import Workspace
from settings import Settings
from tests.activities.memory import remembering
from tests.simulated import Simulated


async def test_a_model_that_fails_is_asked_later_and_a_spent_budget_asks_nobody(
    simulating: Settings, database: Database, simulated: Simulated
) -> None:
    await simulated.fault("status", status=500)
    async with remembering(simulating, database) as memory:
        await memory.talk("one", "two", "three")
        await memory.run()
        assert (await memory.kept(), await memory.due()) == ([], [(1,)])
        await memory.chat.settings(limits={"tokens_per_day": 10})
        async with database.begin() as connection:
            await summaries.done(connection, summaries.Due(memory.chat.id, 1))
        await memory.run()
        assert (await memory.due(), len(await simulated.asked())) == ([(1,)], 1)
        async with database.begin() as connection:
            spent = await budget_days.standing(
                connection, memory.chat.access.workspace_id, "bot", memory.chat.channel.bot_id, datetime.now(UTC)
            )
        assert (spent.spent.tokens, spent.reserved.tokens) == (0, 0)


async def test_a_spent_workspace_asks_nobody_and_tells_nobody(
    simulating: Settings, database: Database, simulated: Simulated
) -> None:
    async with remembering(simulating, database) as memory:
        await memory.talk("one", "two", "three")
        async with database.begin() as connection:
            await connection.execute(update(Workspace).values(settings={"limits": {"tokens_per_day": 10}}))
        await memory.run()
        assert (await memory.due(), await simulated.asked()) == ([(1,)], [])
        assert await memory.chat.rows(select(Notice.id)) == []


async def test_a_workspace_and_its_contact_pay_for_a_summary(simulating: Settings, database: Database) -> None:
    limits: JsonValue = {"per_contact": {"tokens_per_day": 100_000}}
    async with remembering(simulating, database, limits=limits) as memory:
        await memory.talk("one", "two", "three")
        async with database.begin() as connection:
            await connection.execute(update(Workspace).values(settings={"limits": {"tokens_per_day": 100_000}}))
        await memory.run()
        ((tokens,),) = await memory.chat.rows(select(Usage.input_tokens + Usage.output_tokens))
        spent = await memory.chat.rows(select(Budget.owner, Budget.tokens).order_by(Budget.owner))
        assert spent == [("contact", tokens), ("workspace", tokens)]
        assert await memory.chat.rows(select(Usage.purpose)) == [("summary",)]
        assert await memory.chat.rows(select(Reservation.lease)) == []
