"""Which provider answers for which model, as the settings say."""

from adapters.ai.base import Judge, Provider
from adapters.ai.demo import Demo
from adapters.ai.openai import OpenAI
from settings import Settings


def openai_of(settings: Settings) -> OpenAI | None:
    """The OpenAI-compatible endpoint; None when neither key nor address is set."""
    if settings.openai_api_key is None and settings.openai_base_url is None:
        return None
    key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else None
    return OpenAI(key, settings.openai_base_url)


def providers(settings: Settings, configured: OpenAI | None) -> dict[str, Provider]:
    """The providers by the name that a bot's model gives; the demo model stands in for a missing key in `dev` alone."""
    demo = Demo()
    found: dict[str, Provider] = {"demo": demo}
    if configured is not None:
        found["openai"] = configured
    elif settings.demo_model:
        found["openai"] = demo
    return found


def judges(configured: OpenAI | None) -> dict[str, Judge]:
    """The moderation providers by the name that a bot's settings give."""
    return {"openai": configured} if configured is not None else {}
