"""Text that may come from anyone."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.text import shortened, storable, unstorable, within_bytes

any_text = st.text(st.characters(exclude_categories=()) | st.sampled_from("\x00\ud83d\ude00\ufeff\ufffe"))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | any_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(any_text, inner, max_size=4),
    max_leaves=10,
)
many = settings(deadline=None, max_examples=200)


@given(any_text)
@example("\ufeffwith a byte order mark")
@example("\ud83d\ude00")
@example("\ud83da\ude00")
@many
def test_any_text_becomes_storable(text: str) -> None:
    kept = storable(text)
    assert "\x00" not in kept
    assert kept.encode("utf-8").decode("utf-8") == kept
    assert storable(kept) == kept


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")))
@many
def test_a_text_that_can_be_stored_is_kept_as_it_is(text: str) -> None:
    assert storable(text) == text
    assert not unstorable(text)


def test_half_a_surrogate_pair_is_replaced_and_a_whole_one_is_joined() -> None:
    assert storable("a\ud83db") == "a\ufffdb"
    assert storable("\ud83d\ude00") == "😀"


@given(json_values)
@many
def test_a_value_is_unstorable_when_any_text_in_it_is(value: object) -> None:
    assert unstorable(value) is any(storable(text) != text for text in texts_of(value))


def texts_of(value: object) -> list[str]:
    """Every text of a JSON value, keys too."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for pair in value.items() for item in pair for text in texts_of(item)]
    return [text for item in value for text in texts_of(item)] if isinstance(value, list) else []


def test_a_value_a_hundred_thousand_deep_can_be_looked_through() -> None:
    value: object = "\x00"
    for _ in range(100_000):
        value = [value]
    assert unstorable(value)
    while isinstance(value, list):
        value = value.pop()


@given(any_text, st.integers(0, 50))
@many
def test_a_shortened_text_is_no_longer_than_asked_for(text: str, most: int) -> None:
    assert len(shortened(text, most)) <= most
    assert len(text) > most or shortened(text, most) == text


def test_a_shortened_text_shows_that_it_is() -> None:
    assert shortened("one two three", 9) == "one two …"


@given(any_text, st.integers(0, 50))
@many
def test_a_text_within_bytes_is_the_longest_beginning_that_fits(text: str, max_bytes: int) -> None:
    kept = within_bytes(text, max_bytes)
    whole = text.encode("utf-8", "replace").decode()
    assert whole.startswith(kept)
    assert len(kept.encode()) <= max_bytes
    assert kept == whole or len(whole[: len(kept) + 1].encode()) > max_bytes


@pytest.mark.parametrize(("max_bytes", "kept"), [(3, ""), (4, "😀"), (7, "😀"), (8, "😀😀")])
def test_no_character_is_cut_in_two(max_bytes: int, kept: str) -> None:
    assert within_bytes("😀😀", max_bytes) == kept
