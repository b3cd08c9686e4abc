"""Budgets of conversations, contacts and workspaces: a call fits into all that it is paid from, whoever else calls."""

import asyncio
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import delete, select

from adapters.database import budget_days, budgets, retention
from adapters.database.budgets import Call, Paid
from adapters.database.engine import Database
from adapters.database.records import Notice
from adapters.database.spending import Budget, Reservation
from adapters.database.tables import Conversation
from domain.bots import DayLimits, Limits
from domain.budgets import Amount, Owner, Verdict, day_of
from domain.prices import Tokens
from settings import Settings
from tests.adapters.database.chat import Chat, open_chat
from tests.conftest import SECRET_KEY

TODAY = date(2026, 1, 1)
FITS = Verdict()


@dataclass(frozen=True)
class Payer:
    """A conversation with a turn that wants answers."""

    chat: Chat
    turn: UUID
    contact_id: UUID

    def call(self, number: int = 1) -> Call:
        """One attempt to have it answered."""
        made = self.chat.channel
        return Call(made.workspace_id, made.bot_id, self.chat.id, self.turn, generation=1, lease=number)

    @property
    def owners(self) -> dict[Owner, UUID]:
        """Whose budgets its calls are paid from."""
        made = self.chat.channel
        return {
            "conversation": self.chat.id,
            "contact": self.contact_id,
            "bot": made.bot_id,
            "workspace": made.workspace_id,
        }

    async def reserve(self, number: int, tokens: int, limits: dict[Owner, int]) -> Verdict:
        """Try to reserve so much."""
        held = {owner: DayLimits(tokens_per_day=limit) for owner, limit in limits.items()}
        own = Limits(
            tokens_per_day=limits.get("bot"),
            per_contact=held.get("contact", DayLimits()),
            per_conversation=held.get("conversation", DayLimits()),
        )
        workspace = held.get("workspace", DayLimits())
        async with self.chat.database.begin() as connection:
            wanted = Amount(tokens=tokens)
            return await budgets.reserve(connection, self.call(number), wanted, own, self.chat.now, workspace)

    async def settle(self, number: int, tokens: int) -> None:
        """Say what a call came to."""
        paid = Paid("gpt", Tokens(input=tokens - 1, output=1), None, 1500, TODAY)
        async with self.chat.database.begin() as connection:
            await budgets.settle(connection, self.call(number), paid)

    async def stands(self, owner: Owner) -> tuple[int, int]:
        """How many tokens are spent, and how many reserved."""
        async with self.chat.database.begin() as connection:
            found = await budget_days.standing(
                connection, self.chat.channel.workspace_id, owner, self.owners[owner], self.chat.now
            )
        return found.spent.tokens, found.reserved.tokens


async def payer(chat: Chat) -> Payer:
    """The chat, once it has a turn."""
    begun = await chat.begin(*await chat.hear("hello"))
    [(contact_id,)] = await chat.rows(select(Conversation.contact_id).where(Conversation.id == chat.id))
    return Payer(chat, UUID(begun.turn_id), UUID(str(contact_id)))


@pytest.fixture
async def payers(shared: Database) -> list[Payer]:
    """Two conversations of one contact, one of another contact of the same bot, and one of another bot."""
    own = Settings(_env_file=None, secret_key=(SecretStr(SECRET_KEY),))
    first, other = await open_chat(own, shared), await open_chat(own, shared)
    second, third = (Chat(shared, first.vault, first.channel, first.access, name=name) for name in "89")
    made = [await payer(chat) for chat in (first, second, third, other)]
    await second.change(contact_id=made[0].contact_id)
    return [made[0], Payer(second, made[1].turn, made[0].contact_id), made[2], made[3]]


@pytest.mark.parametrize(("owner", "sharing"), [("conversation", 1), ("contact", 2), ("bot", 3), ("workspace", 4)])
async def test_a_budget_holds_for_all_calls_of_its_owner_and_no_other(
    payers: list[Payer], owner: Owner, sharing: int
) -> None:
    limits: dict[Owner, int] = {owner: 100}
    assert await payers[0].reserve(1, 60, limits) == FITS
    for number, other in enumerate(payers):
        same = number < sharing
        assert await other.reserve(2, 60, limits) == (Verdict(wait=True) if same else FITS)
    await payers[0].settle(1, 60)
    assert await payers[0].stands(owner) == (60, 0)
    for number, other in enumerate(payers):
        found = await other.reserve(3, 60, limits)
        assert found == (Verdict(exhausted="tokens_per_day", owner=owner) if number < sharing else Verdict(wait=True))
    await forget(payers)


async def test_a_call_that_one_budget_forbids_holds_nothing_of_the_others(payers: list[Payer]) -> None:
    asked = payers[0]
    found = await asked.reserve(1, 60, {"contact": 50, "bot": 100, "workspace": 1000})
    assert found == Verdict(exhausted="tokens_per_day", owner="contact")
    assert [await asked.stands(owner) for owner in asked.owners] == [(0, 0)] * 4


async def test_an_operator_hears_of_a_workspaces_spent_day_and_not_of_a_contacts(payers: list[Payer]) -> None:
    for limits in ({"contact": 50}, {"conversation": 50}, {"workspace": 50}, {"workspace": 50}):
        await payers[0].reserve(1, 60, limits)  # type: ignore[arg-type]  # names of owners
    details = select(Notice.details["workspace_id"].as_string(), Notice.details["limit"].as_string())
    told = await payers[0].chat.rows(details.where(Notice.kind == budget_days.NOTICE))
    assert told == [(str(payers[0].chat.channel.workspace_id), "tokens_per_day")]
    await forget(payers)


async def test_days_that_no_call_is_counted_for_any_more_are_removed(payers: list[Payer]) -> None:
    asked = payers[0]
    await asked.reserve(1, 60, {"conversation": 100, "contact": 100})
    left = select(Budget.owner).where(Budget.owner_id.in_((asked.chat.id, asked.contact_id)))
    for days, owners in ((2, 2), (3, 0)):
        async with asked.chat.database.begin() as connection:
            await retention.prune_budgets(connection, day_of(asked.chat.now + timedelta(days=days)))
        assert len(await asked.chat.rows(left)) == owners
    assert await asked.stands("contact") == (0, 0)


OWNERS: tuple[Owner, ...] = ("conversation", "contact", "bot", "workspace")
LIMITS = st.dictionaries(st.sampled_from(OWNERS), st.integers(20, 150), min_size=1)
CALLS = st.lists(st.tuples(st.integers(0, 3), st.integers(2, 60), st.integers(0, 100)), min_size=2, max_size=12)


@pytest.mark.slow
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(limits=LIMITS, calls=CALLS)
async def test_no_schedule_of_calls_at_once_spends_more_than_any_of_its_payers_has(
    payers: list[Payer], limits: dict[Owner, int], calls: list[tuple[int, int, int]]
) -> None:
    await forget(payers)

    async def buy(number: int, who: int, most: int, percent: int) -> int:
        while True:
            verdict = await payers[who].reserve(number, most, limits)
            if verdict.exhausted:
                return 0
            if not verdict.wait:
                break
            await asyncio.sleep(0)
        came_to = max(most * percent // 100, 1)
        await payers[who].settle(number, came_to)
        return came_to

    bought = await asyncio.gather(*(buy(number, *one) for number, one in enumerate(calls, start=1)))
    spent: dict[tuple[Owner, UUID], int] = {}
    for (who, _, _), came_to in zip(calls, bought, strict=True):
        for owner, owner_id in payers[who].owners.items():
            spent[owner, owner_id] = spent.get((owner, owner_id), 0) + came_to
    assert all(amount <= limits.get(owner, amount) for (owner, _), amount in spent.items())
    for (who, most, _), came_to in zip(calls, bought, strict=True):
        owners = payers[who].owners.items()
        assert came_to or any(spent[owner, owner_id] + most > limits.get(owner, 10**6) for owner, owner_id in owners)
    for who, owner in ((who, owner) for who in {call[0] for call in calls} for owner in limits):
        assert await payers[who].stands(owner) == (spent[owner, payers[who].owners[owner]], 0)


async def forget(payers: list[Payer]) -> None:
    """Begin the day anew."""
    async with payers[0].chat.database.begin() as connection:
        for table in (Reservation, Budget, Notice):
            await connection.execute(delete(table))
