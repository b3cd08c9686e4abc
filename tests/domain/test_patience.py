"""A bot's patience is shared among its models."""

import pytest

from domain.bots import Model
from domain.patience import shared

MODEL = Model(timeout_seconds=60)


@pytest.mark.parametrize(
    ("left_seconds", "models_left", "timeout_seconds"),
    [(120, 1, 60), (120, 2, 60), (30, 1, 30), (30, 3, 10), (0, 2, 0.1), (-5, 1, 0.1)],
)
def test_a_model_gets_its_own_time_but_no_more_than_its_share(
    left_seconds: float, models_left: int, timeout_seconds: float
) -> None:
    assert shared(MODEL, left_seconds, models_left).timeout_seconds == timeout_seconds
