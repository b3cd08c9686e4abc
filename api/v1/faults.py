"""What is wrong with a bot that somebody wants to save, whether it came by the API or from a file."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """Which field cannot stay as it is, and why not."""

    field: tuple[str, ...]
    sentence: str
    code: str
