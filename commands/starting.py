"""What a command starts with: the settings that it needs, and logs where it stays."""

from pathlib import Path

from adapters import logs
from commands.config import read
from commands.services import Options
from commands.stand_ins import ADDRESSES
from domain.platforms import PlatformName
from settings import Settings


def staying() -> Settings:
    """The settings of a process that stays, whose logs begin here."""
    settings = read("database_url", "temporal_address", "secret_key")
    logs.configure(settings.log_level, settings.log_format)
    return settings


def asking(*needed: str) -> Settings:
    """The settings of a command that answers and leaves: its stdout is its answer, so logs go beside it, and few."""
    settings = read(*needed)
    quiet = settings.log_level == "INFO"
    logs.configure("WARNING" if quiet else settings.log_level, "console")
    return settings


def embedding(
    port: int, data_dir: Path, temporal_port: int, temporal_ui_port: int, simulator_port: int | None = None
) -> Options:
    """What `dev` and `services` are told by their command line and by the settings, none of which has to be there."""
    settings = read()
    return Options(
        port=port,
        data_dir=data_dir,
        temporal_port=temporal_port,
        temporal_ui_port=temporal_ui_port,
        simulator_port=simulator_port,
        real_platforms=_real(settings),
        temporal_cli=Path(settings.temporal_cli) if settings.temporal_cli else None,
        temporal_namespace=settings.temporal_namespace,
        database_url=settings.database_url,
        temporal_address=settings.temporal_address,
        temporal_ui_url=settings.temporal_ui_url,
        secret_key=",".join(settings.secrets()) or None,
        # With a key of the user's own payloads are encrypted, and Temporal's pages ask the API to decode them.
        codec_endpoint=f"http://127.0.0.1:{port}/codec" if settings.secret_key else None,
        public_url=settings.public_url if "public_url" in settings.model_fields_set else None,
    )


def _real(settings: Settings) -> frozenset[PlatformName]:
    """The platforms that have an address of the user's choice, or a token."""
    usual = Settings.model_fields
    given = {
        name
        for name, (variable, _) in ADDRESSES.items()
        if getattr(settings, variable.lower()) != usual[variable.lower()].default
    }
    return frozenset(given | ({PlatformName.TELEGRAM} if settings.telegram_bot_token else set()))
