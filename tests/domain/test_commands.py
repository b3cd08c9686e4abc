"""Commands that a bot answers by itself."""

import pytest

from domain.bots import Bot
from domain.commands import fixed_text, reply_to_command
from domain.turns import ReplyKind

GREETER = Bot.model_validate(
    {"name": "Ada", "greeting": "Hello.", "apology": "Sorry.", "moderation": {"refusal": "I won't."}}
)


def test_start_gets_the_greeting() -> None:
    assert reply_to_command("start", GREETER) is ReplyKind.GREETING
    assert fixed_text(ReplyKind.GREETING, GREETER) == "Hello."


def test_start_goes_to_the_model_where_there_is_no_greeting() -> None:
    assert reply_to_command("start", Bot(name="Ada")) is None


def test_help_gets_the_bots_help() -> None:
    assert reply_to_command("help", GREETER) is ReplyKind.HELP
    assert fixed_text(ReplyKind.HELP, GREETER) == "I am Ada. Write me a message, and I will answer."
    assert fixed_text(ReplyKind.HELP, GREETER.model_copy(update={"help": "Ask."})) == "Ask."


@pytest.mark.parametrize("command", [None, "", "dance", "Start", "helpme"])
def test_anything_else_goes_to_the_model(command: str | None) -> None:
    assert reply_to_command(command, GREETER) is None


def test_every_reply_but_an_answer_has_its_text_from_the_settings() -> None:
    texts = {kind: fixed_text(kind, GREETER) for kind in ReplyKind}
    assert texts.pop(ReplyKind.ANSWER) is None
    assert all(texts.values())
