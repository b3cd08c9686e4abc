"""Drafts in the front door's memory: put together without a gap, newest attempt first, gone when the turn ends."""

from uuid import UUID

import pytest

from adapters.database.drafts import Piece
from api.drafts import Delta, Drafts, Follower

CONVERSATION, OTHER, TURN = UUID(int=1), UUID(int=2), UUID(int=3)


def hear(drafts: Drafts, text: str, offset: int = 0, conversation: UUID = CONVERSATION, **more: int) -> None:
    """A piece arrives as a note."""
    numbers = {"turn": 1, "generation": 1, "attempt": 1, **more}
    piece = Piece(conversation=conversation, turn_id=TURN, offset=offset, text=text, **numbers)
    drafts.hear(conversation, piece.model_dump(mode="json"))


def text_of(drafts: Drafts) -> str | None:
    """What is being written."""
    draft = drafts.of(CONVERSATION)
    return draft.text if draft else None


def delta(offset: int, text: str, **more: int) -> Delta:
    """What a page is told."""
    return Delta.model_validate({"turn": 1, "generation": 1, "attempt": 1, "offset": offset, "text": text, **more})


def test_pieces_are_put_together() -> None:
    drafts = Drafts()
    hear(drafts, "Hello ")
    hear(drafts, "there", offset=6)
    hear(drafts, "yours", conversation=OTHER)
    assert text_of(drafts) == "Hello there"


def test_a_draft_with_a_gap_is_none() -> None:
    drafts = Drafts()
    hear(drafts, "there", offset=6)
    assert text_of(drafts) is None
    hear(drafts, "Hello ")
    hear(drafts, "you", offset=12)
    assert text_of(drafts) is None


@pytest.mark.parametrize("later", [{"attempt": 2}, {"generation": 2}, {"turn": 2}])
def test_a_later_attempt_begins_anew_and_an_earlier_one_is_heard_no_more(later: dict[str, int]) -> None:
    drafts = Drafts()
    hear(drafts, "Hello ")
    hear(drafts, "Good day", **later)
    hear(drafts, "there", offset=6)
    hear(drafts, "Hello ")
    assert text_of(drafts) == "Good day"


@pytest.mark.parametrize(
    "note", [{"kind": "look", "ended": str(TURN)}, {"kind": "status"}, {"kind": "closed"}], ids=str
)
def test_the_end_of_the_turn_and_a_stop_end_the_draft(note: dict[str, object]) -> None:
    drafts = Drafts()
    hear(drafts, "Hello ")
    drafts.hear(CONVERSATION, note)
    hear(drafts, "there", offset=6)
    assert text_of(drafts) is None


@pytest.mark.parametrize("note", [{"kind": "look"}, {"kind": "look", "ended": str(OTHER)}, {"kind": "typing"}], ids=str)
def test_other_news_end_no_draft(note: dict[str, object]) -> None:
    drafts = Drafts()
    hear(drafts, "Hello ")
    drafts.hear(CONVERSATION, note)
    assert text_of(drafts) == "Hello "


def test_what_is_no_piece_is_refused() -> None:
    with pytest.raises(ValueError, match="turn_id"):
        Drafts().hear(CONVERSATION, {"kind": "delta", "text": "?"})


def test_the_oldest_drafts_are_forgotten_where_all_are_too_long() -> None:
    drafts = Drafts()
    for number in range(1000):
        hear(drafts, "x" * 40_000, conversation=UUID(int=number))
    kept = [number for number in range(1000) if drafts.of(UUID(int=number))]
    assert kept == [*range(900, 1000)]
    for number in kept:
        drafts.hear(UUID(int=number), {"kind": "status"})
    hear(drafts, "x")
    assert text_of(drafts) == "x"


def test_a_page_is_told_what_is_new_and_one_that_comes_later_all_of_it() -> None:
    drafts = Drafts()
    early = Follower(drafts, CONVERSATION)
    hear(drafts, "Hello ")
    assert early.news() == delta(0, "Hello ")
    hear(drafts, "there", offset=6)
    hear(drafts, "!", offset=11)
    assert [early.news(), early.news()] == [delta(6, "there!"), None]
    assert Follower(drafts, CONVERSATION).news() == delta(0, "Hello there!")


def test_a_page_hears_of_a_new_attempt_from_its_beginning() -> None:
    drafts = Drafts()
    page = Follower(drafts, CONVERSATION)
    hear(drafts, "Hello ")
    page.news()
    hear(drafts, "Good day, ", attempt=2)
    assert page.news() == delta(0, "Good day, ", attempt=2)
    hear(drafts, "Once more", attempt=2)
    assert page.news() == delta(0, "Once more", attempt=2)
