"""Which pages may embed a channel's webchat: those of its `allowed_origins`, by default those of PUBLIC_URL."""

from urllib.parse import urlsplit

from adapters.database.channels import ChannelAccess
from settings import Settings

_PORTS = {"http": 80, "https": 443}
_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


def allowed(settings: Settings, access: ChannelAccess, origin: str | None) -> bool:
    """Whether a request with this Origin header may use the channel; a caller that is no browser sends none."""
    if origin is None:
        return True
    listed = access.channel.settings.get("allowed_origins")
    origins = [str(item) for item in listed] if isinstance(listed, list) else [settings.public_url]
    return "*" in origins or _normal(origin) in {_normal(item) for item in origins}


def _normal(address: str) -> tuple[str, str, int | None]:
    """Scheme, host and port, as RFC 6454 compares origins; this machine is one host by all its names."""
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").lower()
        named = "localhost" if host in _THIS_MACHINE else host
        return parts.scheme.lower(), named, parts.port or _PORTS.get(parts.scheme.lower())
    except ValueError:
        return "", address, None
