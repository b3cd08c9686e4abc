"""What a bot calls its platform for beside speaking: counted by all processes, and behind what is said."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from adapters.database import asides, paces
from adapters.database.engine import Database
from adapters.database.paces import Place
from adapters.database.records import PaceRow
from domain.paces import Aside
from tests.adapters.database.chat import Chat

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def place(chat: Chat) -> Place:
    """A private chat on Telegram, where a bot may say five things at once."""
    found = paces.place_of(chat.access.channel, "7")
    assert found is not None
    return found


async def permitted(shared: Database, place: Place, aside: Aside, now: datetime = NOW) -> bool:
    """Whether such a call goes now."""
    async with shared.begin() as connection:
        return await asides.permit(connection, place, aside, now) <= now


async def test_typing_leaves_half_of_a_burst_and_deeds_leave_a_message(shared: Database, place: Place) -> None:
    typed = [await permitted(shared, place, Aside.TYPING) for _ in range(4)]
    done = [await permitted(shared, place, Aside.DEED) for _ in range(2)]
    assert (typed, done) == ([True, True, True, False], [True, False])
    async with shared.begin() as connection:
        due_at = await connection.scalar(select(PaceRow.due_at).where(PaceRow.channel_id == place.channel_id))
    assert due_at == NOW + place.pace.bot.tolerance
    assert await permitted(shared, place, Aside.TYPING, NOW + timedelta(seconds=1))


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("aside", Aside)
async def test_nothing_goes_before_the_platform_wants_it(
    shared: Database, place: Place, aside: Aside, whole: bool
) -> None:
    async with shared.begin() as connection:
        await paces.hold(connection, place, NOW + MINUTE, whole=whole)
        at = await asides.permit(connection, place, aside, NOW)
    assert at >= NOW + MINUTE
    elsewhere = Place(place.channel_id, "8", place.pace)
    assert await permitted(shared, elsewhere, aside) is not whole
    assert await permitted(shared, place, aside, NOW + 2 * MINUTE)


@pytest.mark.parametrize("whole", [True, False])
async def test_what_is_held_back_beside_speaking_holds_up_no_message(
    shared: Database, place: Place, whole: bool
) -> None:
    async with shared.begin() as connection:
        await asides.hold(connection, place, NOW + MINUTE, whole=whole)
        await asides.hold(connection, place, NOW, whole=whole)
        rows = set(await connection.scalars(select(PaceRow.chat).where(PaceRow.channel_id == place.channel_id)))
    assert not rows & {place.chat, ""}
    assert not await permitted(shared, place, Aside.DEED)
    assert await permitted(shared, Place(place.channel_id, "8", place.pace), Aside.DEED) is not whole
    assert await permitted(shared, place, Aside.DEED, NOW + MINUTE)
