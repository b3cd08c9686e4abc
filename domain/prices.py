"""What models cost: the providers' list prices, a bot's own ones, and what a call comes to. An unknown price is none.

List prices in US dollars for a million tokens, standard tier, as of June 2026: https://platform.openai.com/docs/pricing
"""

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from domain.models import Frozen, Strict

PerMillion = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
_MILLION = 1_000_000
_DATED = re.compile(r"-\d{4}-\d{2}-\d{2}$")


class Price(Strict):
    """What a million tokens cost, in whatever currency the bot's limits are in; the list is in US dollars.

    `cached_input` is for the part of a prompt that the provider had in its cache; without it, that costs as the rest.
    """

    input: PerMillion
    output: PerMillion
    cached_input: PerMillion | None = None


class Tokens(Frozen):
    """What a call read and wrote; `cached` is the part of `input` that the provider had in its cache."""

    input: int = 0
    output: int = 0
    cached: int = 0

    @property
    def total(self) -> int:
        """What counts against a budget of tokens."""
        return self.input + self.output


def _price(input_tokens: float, cached_tokens: float, output_tokens: float) -> Price:
    return Price(input=input_tokens, cached_input=cached_tokens, output=output_tokens)


LISTED: Mapping[str, Price] = {
    "gpt-3.5-turbo": Price(input=0.5, output=1.5),
    "gpt-4-turbo": Price(input=10, output=30),
    "gpt-4o": _price(2.5, 1.25, 10),
    "gpt-4o-mini": _price(0.15, 0.075, 0.6),
    "gpt-4.1": _price(2, 0.5, 8),
    "gpt-4.1-mini": _price(0.4, 0.1, 1.6),
    "gpt-4.1-nano": _price(0.1, 0.025, 0.4),
    "gpt-5": _price(1.25, 0.125, 10),
    "gpt-5-mini": _price(0.25, 0.025, 2),
    "gpt-5-nano": _price(0.05, 0.005, 0.4),
    "gpt-5.1": _price(1.25, 0.125, 10),
    "o1": _price(15, 7.5, 60),
    "o3": _price(2, 0.5, 8),
    "o3-mini": _price(1.1, 0.55, 4.4),
    "o4-mini": _price(1.1, 0.275, 4.4),
}
"""By the model's name; a dated snapshot (`gpt-4.1-2025-04-14`) costs what its model costs."""

FREE = Price(input=0, output=0)


def listed(provider: str, name: str) -> Price | None:
    """The list price of a model; None where the list has none. The built-in model costs nothing."""
    return FREE if provider == "demo" else LISTED.get(name) or LISTED.get(_DATED.sub("", name))


def cost(price: Price | None, tokens: Tokens) -> float | None:
    """What so many tokens cost; None where the price is not known."""
    if price is None:
        return None
    cached = min(tokens.cached, tokens.input)
    cached_price = price.input if price.cached_input is None else price.cached_input
    spent = (tokens.input - cached) * price.input + cached * cached_price + tokens.output * price.output
    return spent / _MILLION
