"""Prices: what a model costs is known or unknown, and never guessed."""

import pytest

from domain.bots import Model
from domain.prices import FREE, LISTED, Price, Tokens, cost, listed


@pytest.mark.parametrize("name", sorted(LISTED))
def test_a_listed_price_is_plausible(name: str) -> None:
    price = LISTED[name]
    assert 0 < price.input < price.output <= 1000
    assert price.cached_input is None or 0 < price.cached_input < price.input


def test_a_dated_snapshot_costs_what_its_model_costs() -> None:
    assert listed("openai", "gpt-4.1-mini-2025-04-14") == LISTED["gpt-4.1-mini"]


@pytest.mark.parametrize("name", ["llama3", "gpt-4.1-mega", "openai/gpt-4.1", "gpt-4.1-", "2025-04-14"])
def test_a_model_that_is_not_listed_has_no_price(name: str) -> None:
    assert listed("openai", name) is None
    assert cost(listed("openai", name), Tokens(input=10, output=10)) is None


def test_the_built_in_model_is_free() -> None:
    assert listed("demo", "gpt-4.1") == FREE
    assert cost(FREE, Tokens(input=10, output=10)) == 0


def test_a_price_of_the_bots_own_goes_before_the_list() -> None:
    own = Price(input=1, output=2)
    assert Model(name="gpt-4.1", price=own).rate == own
    assert Model(name="llama3", price=own).rate == own


@pytest.mark.parametrize(
    ("tokens", "comes_to"),
    [
        (Tokens(input=1_000_000), 2.0),
        (Tokens(output=1_000_000), 8.0),
        (Tokens(input=1_000_000, cached=500_000), 1.25),
        (Tokens(input=1_000_000, cached=9_000_000), 0.5),
        (Tokens(), 0.0),
    ],
)
def test_a_call_costs_what_it_read_wrote_and_found_in_the_cache(tokens: Tokens, comes_to: float) -> None:
    assert cost(Price(input=2, output=8, cached_input=0.5), tokens) == comes_to


def test_without_a_price_of_its_own_what_was_cached_costs_as_the_rest() -> None:
    assert cost(Price(input=2, output=8), Tokens(input=1_000_000, cached=1_000_000)) == 2
