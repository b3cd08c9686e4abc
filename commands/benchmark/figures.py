"""Figures: what was measured on both sides, their ratio, and the bar that it is held against."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue


@dataclass(frozen=True)
class Bar:
    """The most, or the least, that the product's own value, or its ratio to the floor's, may be."""

    limit: float
    of: Literal["value", "ratio"] = "value"
    at: Literal["most", "least"] = "most"

    def met_by(self, value: float) -> bool:
        """Whether a value stays on the right side."""
        return value <= self.limit if self.at == "most" else value >= self.limit

    def __str__(self) -> str:
        sign = "≤" if self.at == "most" else "≥"
        return f"{sign} {self.limit:g}{' × floor' if self.of == 'ratio' else ''}"


@dataclass(frozen=True)
class Figure:
    """One line of the result; None is what was not measured."""

    name: str
    meaning: str
    unit: str
    product: float | None
    floor: float | None = None
    bar: Bar | None = None

    @property
    def ratio(self) -> float | None:
        """The product's value in units of the floor's."""
        return self.product / self.floor if self.product is not None and self.floor else None

    @property
    def met(self) -> bool | None:
        """Whether the bar is met; None without one, or without a value."""
        value = self.ratio if self.bar and self.bar.of == "ratio" else self.product
        return self.bar.met_by(value) if self.bar and value is not None else None

    def as_json(self) -> dict[str, JsonValue]:
        """What scripts read."""
        return {
            "meaning": self.meaning,
            "unit": self.unit,
            "product": rounded(self.product),
            "floor": rounded(self.floor),
            "ratio": rounded(self.ratio),
            "bar": str(self.bar) if self.bar else None,
            "met": self.met,
        }


def percentile(samples: Sequence[float], percent: float) -> float | None:
    """The smallest sample that so many percent do not exceed (nearest rank); None of nothing."""
    if not samples:
        return None
    return sorted(samples)[max(0, math.ceil(len(samples) * percent / 100) - 1)]


def milliseconds(seconds: float | None) -> float | None:
    """For reading."""
    return None if seconds is None else seconds * 1000


def rounded(value: float | None) -> float | None:
    """Three digits after the point: more would be noise."""
    return None if value is None else round(value, 3)
