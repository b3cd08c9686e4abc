"""How a bot's patience is shared: no model may use up what the ones behind it need."""

from domain.bots import Model

SHORTEST_SECONDS = 0.1
"""Less is no time in which a model could answer."""


def shared(model: Model, left_seconds: float, models_left: int) -> Model:
    """The model with its time held to an equal share of what is left for it and those behind it."""
    share = max(left_seconds / models_left, SHORTEST_SECONDS)
    return model.model_copy(update={"timeout_seconds": min(model.timeout_seconds, share)})
