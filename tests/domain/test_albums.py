"""Albums: pictures that were sent as one wait for each other, and are answered as one whatever the bot's policy."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from domain.albums import album_of
from domain.bots import Bot
from domain.bursts import BurstPolicy
from domain.events import EventKind, InboundEvent
from domain.handovers import ConversationState, Handover, Item
from domain.inbox import Inbox
from domain.opening import Candidate, open_turn

START = datetime(2026, 1, 1, tzinfo=UTC)
POLICIES = ("queue", "coalesce", "interrupt", "reject")


def event(number: int) -> str:
    """The id of an event."""
    return str(UUID(int=number << 64))


def heard(policy: str, *albums: str, apart: float = 0.1) -> Inbox:
    """A conversation that has heard messages of these albums, so many seconds apart."""
    bursts = BurstPolicy.model_validate({"policy": policy, "quiet": timedelta(0)})
    inbox = Inbox(ConversationState(bursts=bursts))
    for number, album in enumerate(albums, 1):
        at = START + timedelta(seconds=apart * (number - 1))
        inbox.hear(Handover(items=(Item(id=event(number), received_at=at, album=album),), bursts=bursts), at)
    return inbox


@pytest.mark.parametrize("policy", POLICIES)
def test_an_album_is_waited_for_after_each_of_its_pictures(policy: str) -> None:
    assert heard(policy, "a", "a", "a").due() == START + timedelta(seconds=1.2)


@pytest.mark.parametrize("policy", ["queue", "reject"])
def test_an_album_that_does_not_end_is_answered_all_the_same(policy: str) -> None:
    assert heard(policy, *["a"] * 10, apart=0.9).due() == START + timedelta(seconds=5)


@pytest.mark.parametrize("policy", POLICIES)
def test_what_is_of_no_album_is_due_when_it_comes(policy: str) -> None:
    assert heard(policy, "").due() == START


def test_a_queue_brings_an_album_as_one_and_what_came_between_later() -> None:
    inbox = heard("queue", "a", "", "a", "b")
    assert inbox.to_bring() == (event(1), event(3))
    inbox.settle(inbox.to_bring(), behind=False)
    assert inbox.to_bring() == (event(2),)
    assert inbox.due() == START + timedelta(seconds=0.1)


def test_a_queue_brings_messages_one_by_one() -> None:
    assert heard("queue", "", "").to_bring() == (event(1),)


def test_a_turn_that_takes_one_message_takes_all_of_its_album() -> None:
    waiting = [Candidate(id=name, album=album) for name, album in (("1", "a"), ("2", None), ("3", "a"), ("4", "b"))]
    bot = Bot(name="Ada")
    assert open_turn(bot, waiting, together=False).members == ("1", "3")
    assert open_turn(bot, waiting[1:], together=False).members == ("2",)
    assert open_turn(bot, waiting, together=True).members == ("1", "2", "3", "4")


def test_the_name_of_an_album_is_a_short_text() -> None:
    told = InboundEvent(key="1", kind=EventKind.MESSAGE, details={"media_group_id": "9" * 500})
    assert album_of(told) == "9" * 64
    assert album_of(InboundEvent(key="1", kind=EventKind.MESSAGE, details={"media_group_id": 9})) == ""
