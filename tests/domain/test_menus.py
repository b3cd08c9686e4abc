"""What a bot may offer: limits that every platform keeps, and entries that can be told from each other."""

import pytest
from pydantic import JsonValue, ValidationError

from domain.bots import Bot
from domain.menus import Offers


@pytest.mark.parametrize(
    ("field", "given", "said"),
    [
        ("ice_breakers", ["1", "2", "3", "4", "5"], "at most 4 items"),
        ("ice_breakers", ["x" * 81], "at most 80 characters"),
        ("ice_breakers", [" "], "should match pattern"),
        ("ice_breakers", ["a", "a"], "two ice breakers are the same"),
        ("persistent_menu", [{"label": str(n)} for n in range(21)], "at most 20 items"),
        ("persistent_menu", [{"label": "x" * 31}], "at most 30 characters"),
        ("persistent_menu", [{"label": "a"}, {"label": "a"}], "the same label"),
        ("persistent_menu", [{"label": "a", "value": "b", "url": "https://a.example"}], "not both"),
        ("persistent_menu", [{"label": "a", "url": "javascript:alert(1)"}], "should match pattern"),
        ("commands", [{"command": "a", "description": "x"}] * 2, "the same name"),
    ],
)
def test_what_no_platform_would_show_is_refused(field: str, given: JsonValue, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Bot.model_validate({"name": "Ada", field: given})


def test_what_a_bot_has_none_of_is_left_as_it_is() -> None:
    assert Bot(name="Ada").offers == Offers()
    assert not Bot(name="Ada").offers.are_any
    assert Bot(name="Ada", ice_breakers=("Hello?",)).offers == Offers(ice_breakers=("Hello?",))
