"""A bot's settings: the defaults that are promised, and what is refused with a sentence."""

import pytest
from pydantic import JsonValue, ValidationError

from domain.bots import Bot

DEFAULTS: dict[str, JsonValue] = {
    "instructions": "",
    "greeting": None,
    "quick_replies": [],
    "help": None,
    "commands": [],
    "ice_breakers": [],
    "persistent_menu": [],
    "language": None,
    "model": {
        "provider": "openai",
        "name": "gpt-4.1-mini",
        "api": "chat_completions",
        "temperature": 0.7,
        "max_output_tokens": 1024,
        "timeout_seconds": 60,
        "first_token_seconds": 30,
        "stall_seconds": 15,
        "vision": False,
        "price": None,
    },
    "prompt": None,
    "time_zone": "UTC",
    "fallback_models": [],
    "apology": "Sorry, I could not answer that. Please try again.",
    "patience_seconds": 120,
    "bursts": {
        "policy": "coalesce",
        "quiet_seconds": 0.5,
        "longest_seconds": 10.0,
        "max_interrupts": 3,
        "wait_text": "One moment, please.",
    },
    "edits": "ignore_answered",
    "reactions": "ignore",
    "groups": "when_addressed",
    "moderation": {
        "input": True,
        "output": True,
        "provider": "rules",
        "when": "parallel",
        "on_error": "open",
        "refusal": "I can't help with that.",
        "rules": {"words": [], "patterns": [], "links": "allow", "lists": []},
        "categories": {},
    },
    "delivery": {"uncertain": "at_most_once", "streaming": False},
    "context": {"messages": 40, "tokens": 8000, "summary": True, "facts": False},
    "limits": {
        "messages_per_minute": 20,
        "tokens_per_day": None,
        "cost_per_day": None,
        "per_contact": {"tokens_per_day": None, "cost_per_day": None},
        "per_conversation": {"tokens_per_day": None, "cost_per_day": None},
        "when_exhausted": "message",
        "exhausted_text": "I cannot answer any more today. Please write again tomorrow.",
    },
    "cache": {"enabled": False, "hours": 24},
    "understanding": {"sentiment": False, "intents": [], "entities": [], "language": False, "model": None},
    "translation": {"enabled": False, "bot_language": "en"},
    "idle": {"close_after_hours": 24},
    "tools": [],
    "tool_limits": {"calls_per_turn": 8, "result_characters": 8000, "approval_seconds": 3600},
    "allow_private_data_with_effects": [],
    "metadata": {},
}


def test_the_defaults_are_those_that_are_promised() -> None:
    assert Bot(name="Ada").model_dump(mode="json") == {"name": "Ada", **DEFAULTS}


def test_what_was_stored_is_read_back_as_it_was() -> None:
    bot = Bot.model_validate({"name": "Ada", "moderation": {"rules": {"words": ["x"]}}, "metadata": {"a": [1, None]}})
    assert Bot.model_validate_json(bot.model_dump_json()) == bot


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"nmae": "Ada"}, "nmae"),
        ({"bursts": {"polcy": "queue"}}, "bursts.polcy"),
        ({"bursts": {"policy": "sometimes"}}, "bursts.policy"),
        ({"bursts": {"quiet_seconds": -1}}, "bursts.quiet_seconds"),
        ({"model": {"temperature": 2.1}}, "model.temperature"),
        ({"model": {"provider": "unheard of"}}, "model.provider"),
        ({"fallback_models": [{"timeout_seconds": 0}]}, "fallback_models.0.timeout_seconds"),
        ({"moderation": {"provider": "an oracle"}}, "moderation.provider"),
        ({"moderation": {"rules": {"patterns": ["(unclosed"]}}}, "moderation.rules.patterns"),
        ({"moderation": {"rules": {"words": [""]}}}, "moderation.rules.words.0"),
        ({"moderation": {"rules": {"lists": ["everything"]}}}, "moderation.rules.lists.0"),
        ({"patience_seconds": 0}, "patience_seconds"),
        ({"apology": ""}, "apology"),
        ({"idle": {"close_after_hours": 0}}, "idle.close_after_hours"),
        ({"context": {"messages": 0}}, "context.messages"),
        ({"model": {"price": {"input": 1}}}, "model.price.output"),
        ({"model": {"price": {"input": -1, "output": 1}}}, "model.price.input"),
        ({"limits": {"when_exhausted": "shrug"}}, "limits.when_exhausted"),
        ({"limits": {"exhausted_text": ""}}, "limits.exhausted_text"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_its_place(changes: dict[str, JsonValue], place: str) -> None:
    with pytest.raises(ValidationError) as raised:
        Bot.model_validate({"name": "Ada", **changes})
    assert [".".join(map(str, error["loc"])) for error in raised.value.errors()] == [place]


@pytest.mark.parametrize("text", ["a\x00b", "half \ud83d"])
def test_what_cannot_be_stored_is_refused_wherever_it_stands(text: str) -> None:
    places: list[dict[str, JsonValue]] = [
        {"instructions": text},
        {"moderation": {"rules": {"words": [text]}}},
        {"metadata": {"a": [{"b": text}]}},
        {"metadata": {text: 1}},
    ]
    for changes in places:
        with pytest.raises(ValidationError, match=r"cannot be stored|unicode string"):
            Bot.model_validate({"name": "Ada", **changes})


def test_the_settings_cannot_be_changed_in_place() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Bot(name="Ada").name = "Eve"  # type: ignore[misc]  # what the test is about
