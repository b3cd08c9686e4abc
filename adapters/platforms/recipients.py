"""Recipients: whom a bot is to speak to first, as platforms write their ids."""

import re

from adapters.errors import Unacceptable


def demand(given: str, form: re.Pattern[str], wanted: str) -> str:
    """The id, where it has the platform's form; else raises `Unacceptable` with what is wanted."""
    if form.fullmatch(given) is None:
        raise Unacceptable(f"give {wanted}")
    return given
