"""Opening a turn: who is answered together, who stands alone, and who needs no model."""

import pytest

from domain.bots import Bot
from domain.opening import Candidate, Opening, open_turn
from domain.turns import ReplyKind

PLAIN = Bot(name="Ada")
STRICT = Bot.model_validate(
    {"name": "Ada", "greeting": "Hello.", "moderation": {"rules": {"words": ["forbidden"], "lists": ["abuse"]}}}
)


def said(*texts: str) -> list[Candidate]:
    """Messages in order, each with its place as its id; a slash begins a command."""
    return [
        Candidate(id=str(place), text=text, command=text[1:] if text.startswith("/") else None)
        for place, text in enumerate(texts, 1)
    ]


def test_messages_are_answered_together() -> None:
    assert open_turn(PLAIN, said("one", "two", "three"), together=True) == Opening(members=("1", "2", "3"))


def test_messages_are_answered_one_by_one() -> None:
    assert open_turn(PLAIN, said("one", "two"), together=False) == Opening(members=("1",))


def test_where_nothing_waits_no_turn_is_opened() -> None:
    assert open_turn(PLAIN, [], together=True) == Opening()


def test_a_command_stands_alone() -> None:
    assert open_turn(STRICT, said("/start", "two"), together=True) == Opening(members=("1",), reply=ReplyKind.GREETING)


def test_a_command_ends_what_is_answered_together_and_waits_for_the_next_turn() -> None:
    assert open_turn(STRICT, said("one", "two", "/help", "four"), together=True) == Opening(members=("1", "2"))


def test_an_unknown_command_goes_to_the_model_with_the_others() -> None:
    assert open_turn(PLAIN, said("/start", "/dance", "three"), together=True).members == ("1", "2", "3")


def test_a_refused_message_stands_alone_with_its_reason_and_verdict() -> None:
    opening = open_turn(STRICT, said("a Forbidden thing", "two"), together=True)
    assert (opening.members, opening.reply, opening.reason) == (("1",), ReplyKind.REFUSAL, "moderation:words")
    assert opening.verdict is not None
    assert opening.verdict.categories == ("words",)


def test_a_refused_message_does_not_take_those_before_it_along() -> None:
    assert open_turn(STRICT, said("one", "forbidden"), together=True) == Opening(members=("1",))


@pytest.mark.parametrize("moderation", [{"input": False}, {"provider": "none"}, {"provider": "openai"}])
def test_the_rules_judge_only_where_the_bot_wants_them(moderation: dict[str, object]) -> None:
    bot = Bot.model_validate({"name": "Ada", "moderation": {"rules": {"words": ["forbidden"]}, **moderation}})
    assert open_turn(bot, said("forbidden"), together=True) == Opening(members=("1",))
