"""Templates: what the platform would refuse is known beforehand, and what the contact will read is known too."""

import pytest
from pydantic import ValidationError

from domain.templates import Template, TemplateMessage, TemplateStatus, closed_window, mismatch, written

TEMPLATE = Template(
    name="order", language="en_US", status=TemplateStatus.APPROVED, header="For {{1}}", header_kind="text",
    body="{{2}} of {{1}} is ready.", footer="Bye", buttons=("Later", "Track"), url_buttons=(1,),
)  # fmt: skip
PLAIN = Template(name="plain", language="de", status=TemplateStatus.APPROVED, body="Hallo.")
NAMED = PLAIN.model_copy(update={"body": "Hello {{first_name}}, {{ first_name }}: {{what}}."})


def message(**more: object) -> TemplateMessage:
    """A template as an operator sends it."""
    return TemplateMessage.model_validate({"name": "plain", "language": "de", **more})


def test_what_is_filled_as_the_template_wants_is_what_the_contact_reads() -> None:
    filled = message(parameters=["Ann", "the cake"], header="you", buttons={"1": "abc"})
    assert mismatch(TEMPLATE, filled) is None
    assert written(TEMPLATE, filled) == "For you\n\nthe cake of Ann is ready.\n\nBye"


def test_names_are_filled_by_name() -> None:
    filled = message(parameters={"what": "cake", "first_name": "Ann"})
    assert mismatch(NAMED, filled) is None
    assert written(NAMED, filled) == "Hello Ann, Ann: cake."


def test_a_template_whose_words_are_unknown_is_written_by_its_name() -> None:
    assert written(None, message(parameters=["Ann", "42"])) == "[plain] Ann, 42"
    assert written(None, message()) == "[plain]"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"status": "pending"}, "template_not_approved"),
        ({"status": "rejected"}, "template_not_approved"),
        ({"status": "paused"}, "template_paused"),
        ({"status": "disabled"}, "template_disabled"),
        ({"header_kind": "media"}, "template_unsupported"),
        ({"header": "Dear {{name}}", "header_kind": "text"}, "template_unsupported"),
        ({"header": "Dear {{1}}", "header_kind": "text"}, "template_parameters"),
        ({"body": "{{1}}"}, "template_parameters"),
        ({"body": "{{name}}"}, "template_parameters"),
        ({"buttons": ("Track",), "url_buttons": (0,)}, "template_parameters"),
    ],
)
def test_what_would_be_refused_is_known(changed: dict[str, object], code: str) -> None:
    template = Template.model_validate({**PLAIN.model_dump(), **changed})
    found = mismatch(template, message())
    assert found is not None
    assert found[0] == code


@pytest.mark.parametrize(
    "given", [{"parameters": ["one"]}, {"parameters": {"one": "1"}}, {"header": "x"}, {"buttons": {"0": "x"}}]
)
def test_what_a_template_has_no_place_for_is_refused(given: dict[str, object]) -> None:
    found = mismatch(PLAIN, message(**given))
    assert found is not None
    assert found[0] == "template_parameters"


@pytest.mark.parametrize(
    "given",
    [
        {"name": "Not A Name"},
        {"language": "english"},
        {"parameters": ["two\nlines"]},
        {"parameters": ["a tab\there"]},
        {"parameters": ["five     spaces"]},
        {"parameters": [" "]},
        {"parameters": ["x" * 1025]},
        {"parameters": ["x"] * 101},
        {"parameters": {"Not A Name": "x"}},
        {"buttons": {"10": "x"}},
        {"unheard": "of"},
    ],
)
def test_what_no_platform_takes_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        message(**given)


def test_a_policy_is_what_the_settings_say() -> None:
    policy = closed_window({"closed_window": {"template": "waits", "language": "en_US", "parameters": ["Ann"]}})
    assert policy is not None
    assert policy.message == TemplateMessage(name="waits", language="en_US", parameters=("Ann",))
    for settings in ({}, {"closed_window": None}, {"closed_window": {"template": "waits"}}, {"closed_window": 5}):
        assert closed_window(settings) is None
