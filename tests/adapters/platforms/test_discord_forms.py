"""Forms on Discord: shown for a press or a command of theirs, and read once they are filled in."""

import json
from datetime import UTC, datetime

import pytest
from pydantic import JsonValue

from adapters.platforms.base import Channel
from domain.events import EventKind, InboundEvent
from domain.forms import fault_of
from tests.adapters.platforms.discord_payloads import CHANNEL, deaf_discord, interaction, signed

FORM: dict[str, JsonValue] = {
    "title": "Your order",
    "fields": [
        {"name": "what", "label": "What would you like?", "placeholder": "Tea"},
        {"name": "notes", "label": "Anything else?", "long": True, "required": False},
    ],
}
WITH_FORMS = CHANNEL.model_copy(update={"settings": {"forms": {"order": FORM}}})
PRESS: dict[str, JsonValue] = {
    "type": 3,
    "data": {"component_type": 2, "custom_id": "form:order"},
    "message": {"id": "5"},
}
COMMAND: dict[str, JsonValue] = {"data": {"name": "order", "type": 1}}


def told(channel: Channel, **more: JsonValue) -> tuple[InboundEvent, dict[str, JsonValue]]:
    """What an interaction is heard as, and what Discord is answered."""
    request = signed(json.dumps(interaction(**more)).encode())
    (event,) = deaf_discord().receive(channel, request, datetime(2026, 1, 1, tzinfo=UTC))
    reply = deaf_discord().taken(channel, request)
    assert reply is not None
    answer: dict[str, JsonValue] = json.loads(reply.body)
    return event, answer


def filled(*components: JsonValue, name: str = "form:order") -> tuple[InboundEvent, dict[str, JsonValue]]:
    """What a form with these components is heard as."""
    return told(WITH_FORMS, type=5, data={"custom_id": name, "components": list(components)}, message={"id": "5"})


def labelled(name: str, value: str) -> JsonValue:
    """A field as Discord tells it."""
    return {"type": 18, "id": 1, "component": {"type": 4, "id": 2, "custom_id": name, "value": value}}


@pytest.mark.parametrize("opening", [PRESS, COMMAND])
def test_a_form_is_shown_for_its_button_and_its_command(opening: dict[str, JsonValue]) -> None:
    event, answer = told(WITH_FORMS, **opening)
    assert event.ignored == "opens_form"
    line = {"type": 4, "custom_id": "what", "style": 1, "required": True, "max_length": 200, "placeholder": "Tea"}
    text = {"type": 4, "custom_id": "notes", "style": 2, "required": False, "max_length": 2000}
    assert answer == {
        "type": 9,
        "data": {
            "custom_id": "form:order",
            "title": "Your order",
            "components": [
                {"type": 18, "label": "What would you like?", "component": line},
                {"type": 18, "label": "Anything else?", "component": text},
            ],
        },
    }


@pytest.mark.parametrize("settings", [{}, {"forms": {"order": {"title": ""}}}, {"forms": "none"}])
def test_where_there_is_no_such_form_a_button_is_a_button(settings: dict[str, JsonValue]) -> None:
    event, answer = told(CHANNEL.model_copy(update={"settings": settings}), **PRESS)
    assert (event.kind, event.ignored, answer) == (EventKind.BUTTON, None, {"type": 6})


def test_a_form_that_was_filled_in_is_a_message_that_is_answered_later() -> None:
    event, answer = filled(labelled("what", "Two teas"), labelled("notes", ""))
    assert answer == {"type": 5}
    assert (event.kind, event.ignored, event.reply_to) == (EventKind.MESSAGE, None, "5")
    assert event.text == "Your order\nWhat would you like?: Two teas"
    assert event.details == {
        "guild": "290926798626357999",
        "answer_by": {"interaction": "786008729715212338", "token": "A_UNIQUE_TOKEN"},
        "form": {"name": "order", "answers": {"what": "Two teas", "notes": ""}},
    }


def test_a_form_of_somebody_elses_making_is_read_by_its_names() -> None:
    row: JsonValue = {"type": 1, "components": [{"type": 4, "custom_id": "city", "value": "Rome\x00"}]}
    chosen: JsonValue = {"type": 18, "component": {"type": 3, "custom_id": "days", "values": ["mon", "tue", 5]}}
    event, _ = filled(row, chosen, 7, {"type": 18, "component": []}, name="survey")
    assert event.text == "survey\ncity: Rome\ndays: mon, tue"


def test_a_hostile_form_is_read_as_far_as_it_goes() -> None:
    deep: JsonValue = labelled("deep", "x")
    for _ in range(40):
        deep = {"components": [deep]}
    many = [labelled(f"field {number}", "y" * 3000) for number in range(60)]
    event, _ = filled(deep, *many)
    form = event.details["form"]
    assert isinstance(form, dict)
    answers = form["answers"]
    assert isinstance(answers, dict)
    assert len(answers) == 25
    assert all(isinstance(answer, str) and len(answer) <= 1000 for answer in answers.values())


@pytest.mark.parametrize(
    ("forms", "place"),
    [
        ({"order": {**FORM, "title": "x" * 46}}, "order.title"),
        ({"order": {**FORM, "fields": []}}, "order.fields"),
        ({"order": {"title": "x", "fields": [{"name": "a", "label": "A"}] * 2}}, "order.fields"),
        ({"Not a name": FORM}, "Not a name"),
        ([], "all of it"),
    ],
)
def test_a_form_that_discord_could_not_show_is_refused_by_its_place(forms: JsonValue, place: str) -> None:
    assert fault_of({"order": FORM}) is None
    assert place in str(fault_of(forms))
