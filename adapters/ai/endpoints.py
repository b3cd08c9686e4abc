"""Where models answer: the address of each call, and how an endpoint wants to be told its key."""

from dataclasses import dataclass, field
from urllib.parse import parse_qs, quote, urlsplit, urlunsplit

from pydantic import SecretStr

from domain.bots import Api

OPENAI_ADDRESS = "https://api.openai.com/v1"
AZURE_VERSION = "2024-10-21"
_PATHS: dict[Api, str] = {"chat_completions": "/chat/completions", "responses": "/responses"}
_DEPLOYMENTS = "/openai/deployments/"


@dataclass(frozen=True)
class Key:
    """One of an endpoint's keys; `name` is what its owner calls it."""

    name: str
    secret: SecretStr


@dataclass(frozen=True)
class Endpoint:
    """An address that speaks OpenAI's protocol; without keys it wants none. `remedy` says how to mend a refused key."""

    address: str
    keys: tuple[Key, ...] = ()
    remedy: str = "check OPENAI_API_KEY"
    key_header: str = "Authorization"
    query: dict[str, object] = field(default_factory=dict)
    by_deployment: bool = False
    deployment: str | None = None

    @property
    def host(self) -> str:
        """What logs and metrics may call it: the address without path, user or key."""
        return urlsplit(self.address).netloc.rpartition("@")[2]

    @property
    def identity(self) -> str:
        """What tells it from any other endpoint."""
        return f"{self.address} {self.query} {self.deployment}"

    def path(self, api: Api, model: str) -> str:
        """The path of a call below the address."""
        if self.by_deployment and api == "chat_completions":
            return f"/deployments/{quote(self.deployment or model, safe='')}{_PATHS[api]}"
        return _PATHS[api]


def azure(url: str, keys: tuple[Key, ...], remedy: str) -> Endpoint:
    """Azure OpenAI by the shape of its URL: the resource, its `/openai/v1`, or the target URI of a deployment.

    See https://learn.microsoft.com/azure/ai-foundry/openai/reference and …/api-version-lifecycle: the path `/openai/v1`
    knows neither deployments nor versions, all others name both.
    """
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    if path.endswith("/openai/v1"):
        return Endpoint(_without_query(url), keys, remedy, key_header="api-key")
    before, _, target = path.partition(_DEPLOYMENTS)
    base = urlunsplit((parts.scheme, parts.netloc, f"{before.removesuffix('/openai')}/openai", "", ""))
    version = parse_qs(parts.query).get("api-version", [AZURE_VERSION])[0]
    return Endpoint(
        base,
        keys,
        remedy,
        key_header="api-key",
        query={"api-version": version},
        by_deployment=True,
        deployment=target.partition("/")[0] or None,
    )


def _without_query(url: str) -> str:
    return urlunsplit((*urlsplit(url.rstrip("/"))[:3], "", ""))
