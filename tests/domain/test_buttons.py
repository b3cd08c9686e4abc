"""Buttons: bounded, told apart, and as a list answered by number."""

import pytest
from pydantic import TypeAdapter, ValidationError

from domain.buttons import Button, Buttons, chosen, data_of, numbered

OFFERED = (Button(label="Yes"), Button(label="No", value="later"))


def test_a_button_carries_its_value_or_its_number() -> None:
    assert data_of(OFFERED) == ("choice:1", "later")


def test_a_list_stands_below_the_text() -> None:
    assert numbered("Well?\n", OFFERED) == "Well?\n\n1. Yes\n2. No"


LINKED = (Button(label="Our [shop]", url="https://shop.example/a"), *OFFERED)


def test_links_stand_behind_the_answers_and_have_no_number() -> None:
    assert numbered("Well?", LINKED) == ("Well?\n\n1. Yes\n2. No\n\n- [Our \\[shop\\]](<https://shop.example/a>)")
    assert numbered("Look:", LINKED[:1]) == "Look:\n\n- [Our \\[shop\\]](<https://shop.example/a>)"
    assert chosen("1", LINKED) == OFFERED[0]
    assert chosen("3", LINKED) is None


@pytest.mark.parametrize(
    ("text", "label"),
    [("1", "Yes"), (" 2. ", "No"), ("#2", "No"), ("2)", "No"), ("0", None), ("3", None), ("2 please", None),
     ("12", None), ("", None), ("no", None), ("²", None)],
)  # fmt: skip
def test_a_number_is_an_answer(text: str, label: str | None) -> None:
    found = chosen(text, OFFERED)
    assert (found.label if found else None) == label


@pytest.mark.parametrize(
    "buttons",
    [
        [{"label": ""}],
        [{"label": "  "}],
        [{"label": "a\nb"}],
        [{"label": "x" * 81}],
        [{"label": "x", "value": "ä" * 33}],
        [{"label": "x", "value": ""}],
        [{"label": "x"}, {"label": "x"}],
        [{"label": "x", "value": "choice:2"}, {"label": "y"}],
        [{"label": "x", "url": "javascript:alert(1)"}],
        [{"label": "x", "url": "https:// example.com"}],
        [{"label": "x", "url": "https://example.com/" + "a" * 500}],
        [{"label": "x", "url": "https://example.com", "value": "v"}],
        [{"label": str(number)} for number in range(11)],
    ],
)
def test_buttons_that_no_platform_could_show_or_tell_apart_are_refused(buttons: list[object]) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Buttons).validate_python(buttons)
