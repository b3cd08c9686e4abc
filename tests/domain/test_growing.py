"""Growing answers: which bots show them, how much of the text, and what of a platform's rate they leave alone."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import JsonValue

from domain.bots import Bot
from domain.deliveries import SEND_DEADLINE
from domain.growing import EDIT_DEADLINE, EDIT_LEASE, may_grow, whole_words
from domain.paces import KEPT_OF_CHAT, Meter, Rate, pace_of
from domain.platforms import PlatformName

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
STREAMING: dict[str, JsonValue] = {"delivery": {"streaming": True}}
TOOL: dict[str, JsonValue] = {"kind": "knowledge"}


def bot(**more: JsonValue) -> Bot:
    """A bot that shows its answers as they grow."""
    return Bot.model_validate({"name": "Ada", **STREAMING, **more})


def test_an_answer_grows_where_its_bot_wants_it() -> None:
    assert may_grow(bot(), verdict_due=False)
    assert not may_grow(bot(delivery={}), verdict_due=False)


@pytest.mark.parametrize(
    "more",
    [
        {"moderation": {"provider": "openai"}},
        {"moderation": {"rules": {"words": ["wolf"]}}},
        {"tools": [TOOL]},
    ],
    ids=["a judge", "own words", "tools"],
)
def test_an_answer_that_can_still_be_refused_or_change_its_mind_comes_whole(more: dict[str, JsonValue]) -> None:
    assert not may_grow(bot(**more), verdict_due=False)


def test_nothing_is_seen_while_a_verdict_on_the_question_is_due() -> None:
    assert not may_grow(bot(), verdict_due=True)


@pytest.mark.parametrize(
    ("said", "seen"),
    [
        ("Hello the", "Hello"),
        ("Hello there. ", "Hello there."),
        ("See https://exam", "See"),
        ("See [the page](https://exam", "See [the"),
        ("https://exam", ""),
        ("こんにちは。お元気", "こんにちは。お元気"),
        ("", ""),
    ],
)
def test_the_last_word_is_seen_once_it_is_whole(said: str, seen: str) -> None:
    assert whole_words(said) == seen


@pytest.mark.parametrize(
    ("ahead", "kept", "spare"),
    [(0, 1, True), (1, 1, True), (2, 1, False), (0, 2, True), (1, 2, False), (0, 3, False)],
)
def test_what_is_spare_leaves_the_rest_of_a_burst_alone(ahead: int, kept: int, spare: bool) -> None:
    rate = Rate(every=SECOND, burst=3)
    assert rate.has_spare(kept, NOW + ahead * SECOND, NOW, NOW) is spare


def test_nothing_is_spare_while_somebody_waits() -> None:
    assert not Rate(every=SECOND, burst=3).has_spare(1, NOW, NOW + SECOND, NOW)


@pytest.mark.parametrize("platform", [PlatformName.TELEGRAM, PlatformName.SLACK, PlatformName.DISCORD])
@pytest.mark.parametrize("chat", ["7", "-100"])
def test_a_whole_answer_can_go_right_behind_every_edit(platform: PlatformName, chat: str) -> None:
    pace = pace_of(platform, chat, {})
    assert pace is not None
    of_edits = pace.apart.get(Meter.CHANGES, pace.bot)
    for rate, kept in ((pace.chat, KEPT_OF_CHAT), (pace.bot, pace.bot.kept), (of_edits, of_edits.kept)):
        due_at, now, edits = NOW, NOW, 0
        for _ in range(200):
            now += SECOND / 10
            if rate.has_spare(kept, due_at, NOW, now):
                due_at, edits = max(due_at, now) + rate.every, edits + 1
            assert due_at - rate.tolerance <= now
        assert edits > 1


def test_an_edit_is_over_before_its_lease_is_and_sooner_than_a_send() -> None:
    assert EDIT_DEADLINE < EDIT_LEASE
    assert EDIT_DEADLINE < SEND_DEADLINE
