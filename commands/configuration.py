"""What is wrong with the settings, as far as it can be told without asking anybody."""

import re
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from commands.checks import Check, fault, warning
from settings import Settings

_ADDRESS = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[^\s:/\[\]]+):(\d{1,5})")
_GRAPH_VERSION = re.compile(r"v\d+\.\d+")
_TELEGRAM_TOKEN = re.compile(r"\d+:\S+")


def missing(settings: Settings, *names: str) -> list[Check]:
    """A fault for each of these settings that is not set; the names are those of `_MISSING`."""
    return [fault(name.upper(), *_MISSING[name]) for name in names if not getattr(settings, name)]


_MISSING = {
    "database_url": (
        "It is not set, and there is no embedded database outside dev and services.",
        "Set it to a PostgreSQL 16 or newer: postgresql://user:password@host:5432/name.",
    ),
    "temporal_address": (
        "It is not set, and there is no embedded Temporal outside dev and services.",
        "Set it to host:port of a Temporal server, such as 127.0.0.1:7233.",
    ),
    "secret_key": (
        "It is not set, and without it neither credentials nor payloads can be encrypted.",
        "Set it to 32 random bytes or more; make them with: openssl rand -hex 32.",
    ),
}


def certificates(settings: Settings) -> list[Check]:
    """What is wrong with the files and the pair of Temporal's TLS settings."""
    names = ("server_ca_cert_path", "client_cert_path", "client_key_path")
    found = [_unreadable(f"temporal_tls_{name}", getattr(settings, f"temporal_tls_{name}")) for name in names]
    certificate, key = settings.temporal_tls_client_cert_path, settings.temporal_tls_client_key_path
    if certificate and not key:
        found.append(fault("TEMPORAL_TLS_CLIENT_KEY_PATH", "It is not set, but TEMPORAL_TLS_CLIENT_CERT_PATH is.",
                           "Set it to the file of the certificate's key."))  # fmt: skip
    if key and not certificate:
        found.append(fault("TEMPORAL_TLS_CLIENT_CERT_PATH", "It is not set, but TEMPORAL_TLS_CLIENT_KEY_PATH is.",
                           "Set it to the file of the key's certificate."))  # fmt: skip
    return [check for check in found if check]


def contradictions(settings: Settings) -> list[Check]:
    """Every fault and warning that the type of a setting alone does not show."""
    return [check for look in _LOOKS for check in look(settings)]


def _addresses(settings: Settings) -> Iterator[Check]:
    yield from missing(settings, "database_url", "temporal_address", "secret_key")
    address = settings.temporal_address
    found = _ADDRESS.fullmatch(address) if address else None
    if address and (found is None or not 0 < int(found[1]) < 65536):
        remedy = "Write host and port alone, such as 127.0.0.1:7233."
        yield fault("TEMPORAL_ADDRESS", f"{address!r} is no address of the form host:port.", remedy)
    if settings.database_url and not _has_usable_port(settings.database_url):
        yield fault("DATABASE_URL", "Its port is no number from 1 to 65535.", "Correct the port.")


def _has_usable_port(url: str) -> bool:
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def _public_url(settings: Settings) -> Iterator[Check]:
    parts = urlsplit(settings.public_url)
    if parts.scheme == "https":
        return
    if is_loopback(parts.hostname or ""):
        yield warning("PUBLIC_URL", f"{settings.public_url!r} is plain http on this machine: no platform reaches it.")
    else:
        problem = f"{settings.public_url!r} is plain http, and platforms call webhooks over https alone."
        yield fault("PUBLIC_URL", problem, "Put a TLS proxy in front of the API and set its https address.")


def is_loopback(host: str) -> bool:
    """Whether a host's name means this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _model(settings: Settings) -> Iterator[Check]:
    if settings.demo_model:
        yield warning("DEMO_MODEL", "The built-in demo model answers where a bot's model has no key.")
    elif settings.openai_api_key is None and settings.openai_base_url is None:
        problem = "It is not set, and neither is OPENAI_BASE_URL: a bot with an openai model can only apologise."
        yield fault("OPENAI_API_KEY", problem, "Set the key, or OPENAI_BASE_URL of a server that needs none.")


def _tls(settings: Settings) -> Iterator[Check]:
    yield from certificates(settings)
    given = settings.temporal_tls_client_cert_path or settings.temporal_tls_server_ca_cert_path
    if settings.temporal_tls is False and given:
        problem = "It is false, but certificates are set, which turn TLS on."
        yield fault("TEMPORAL_TLS", problem, "Remove it, or remove the TEMPORAL_TLS_…_PATH variables.")


def _programs(settings: Settings) -> Iterator[Check]:
    for name in ("temporal_cli", "chromium"):
        path = getattr(settings, name)
        if path and not Path(path).is_file():
            yield fault(name.upper(), f"{path!r} is no file.", "Set the path of the program, or remove the variable.")


def _forms(settings: Settings) -> Iterator[Check]:
    if not _GRAPH_VERSION.fullmatch(settings.graph_version):
        yield fault("GRAPH_VERSION", f"{settings.graph_version!r} is no version.", "Write it as v25.0.")
    token = settings.telegram_bot_token
    if token and not _TELEGRAM_TOKEN.fullmatch(token.get_secret_value()):
        yield fault("TELEGRAM_BOT_TOKEN", "It has not the form of a bot's token.", "Copy it anew from @BotFather.")


_LOOKS: tuple[Callable[[Settings], Iterator[Check]], ...] = (_addresses, _public_url, _model, _tls, _programs, _forms)


def _unreadable(name: str, path: str | None) -> Check | None:
    if path is None:
        return None
    try:
        with Path(path).open("rb"):
            return None
    except OSError as error:
        problem = f"{path!r} cannot be read: {error.strerror or error}."
        return fault(name.upper(), problem, "Set the path of a file that this user may read, or remove the variable.")
