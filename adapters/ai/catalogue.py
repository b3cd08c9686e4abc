"""Which provider answers for which model, as the settings say."""

from urllib.parse import urlsplit

import httpx2

from adapters.ai.base import Judge, Provider
from adapters.ai.demo import Demo
from adapters.ai.endpoints import OPENAI_ADDRESS, Endpoint, Key
from adapters.ai.openai import OpenAI
from adapters.ai.transport import model_http
from settings import Settings


def connections(settings: Settings) -> httpx2.AsyncClient:
    """The pool of connections to model endpoints; the hosts that the settings name may be at private addresses."""
    own = urlsplit(settings.openai_base_url or OPENAI_ADDRESS).hostname
    return model_http([*([own] if own else []), *settings.private_model_hosts])


def openai_of(settings: Settings, http: httpx2.AsyncClient) -> OpenAI | None:
    """The OpenAI-compatible endpoint; None when neither key nor address is set."""
    if settings.openai_api_key is None and settings.openai_base_url is None:
        return None
    keys = (Key("OPENAI_API_KEY", settings.openai_api_key),) if settings.openai_api_key else ()
    return OpenAI(Endpoint(settings.openai_base_url or OPENAI_ADDRESS, keys), http)


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
