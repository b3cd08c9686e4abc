"""Payloads in which anything may stand anywhere."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)) | st.just(2**63),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A loaded machine is no counterexample."""


def spoiled(draw: st.DrawFn, value: object) -> object:
    """A recorded value in which some things are replaced by anything."""
    if draw(st.integers(0, 7)) == 0:
        return draw(ANYTHING)
    if isinstance(value, dict):
        return {name: spoiled(draw, inner) for name, inner in value.items()}
    return [spoiled(draw, inner) for inner in value] if isinstance(value, list) else value
