"""The settings of one process: the only reader of the environment."""

import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

MIN_SECRET_BYTES = 32


class Settings(BaseSettings):
    """Every variable of `.env.example`; `.env` in the working directory is honoured, the environment wins."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    database_url: str | None = None
    database_pool_size: Annotated[int, Field(ge=1, le=1000)] = 20
    temporal_address: str | None = None
    temporal_namespace: str = "default"
    temporal_api_key: SecretStr | None = None
    temporal_tls: bool | None = None
    temporal_tls_server_ca_cert_path: str | None = None
    temporal_tls_client_cert_path: str | None = None
    temporal_tls_client_key_path: str | None = None
    temporal_tls_server_name: str | None = None
    temporal_ui_url: str | None = None
    temporal_cli: str | None = None
    task_queue: Annotated[str, Field(min_length=1, max_length=200)] = "chat-orchestrator"
    cached_conversations: Annotated[int, Field(ge=1, le=1_000_000)] = 2000
    encrypt_payloads: bool = True
    openai_api_key: SecretStr | None = None
    openai_base_url: str | None = None
    private_model_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    private_tool_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    demo_model: bool = False
    retention_days: Annotated[int, Field(ge=8, le=36_500)] = 30
    notice_retention_days: Annotated[int, Field(ge=1, le=36_500)] = 90
    media_store_url: str = ".media"
    secret_key: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    public_url: str = "http://127.0.0.1:8000"
    telegram_bot_token: SecretStr | None = None
    telegram_api_url: str = "https://api.telegram.org"
    slack_api_url: str = "https://slack.com/api"
    discord_api_url: str = "https://discord.com/api/v10"
    graph_api_url: str = "https://graph.facebook.com"
    graph_version: str = "v25.0"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["json", "console"] = "json"
    metrics_host: str = "127.0.0.1"
    metrics_port: Annotated[int, Field(ge=0, le=65535)] | None = None
    chromium: str | None = None

    @field_validator("secret_key", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(key.strip() for key in value.split(",") if key.strip()) if isinstance(value, str) else value

    @field_validator("private_model_hosts", "private_tool_hosts", mode="before")
    @classmethod
    def _hosts(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(host.strip().lower() for host in value.split(",") if host.strip())

    @field_validator("private_model_hosts", "private_tool_hosts")
    @classmethod
    def _hosts_alone(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        for host in hosts:
            if urlsplit(f"//[{host}]" if host.count(":") > 1 else f"//{host}").hostname != host:
                raise ValueError(f"{host!r} is no host; write it without scheme, port and path")
        return hosts

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if any(len(key.get_secret_value().encode()) < MIN_SECRET_BYTES for key in keys):
            raise ValueError(f"each key needs {MIN_SECRET_BYTES} bytes or more; make one with: openssl rand -hex 32")
        return keys

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @field_validator(
        "openai_base_url", "public_url", "telegram_api_url", "slack_api_url", "discord_api_url", "graph_api_url",
        "temporal_ui_url",
    )  # fmt: skip
    @classmethod
    def _web_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{value!r} is no address of the form https://host[:port][/path]")
        return value.rstrip("/")

    @field_validator("media_store_url")
    @classmethod
    def _store(cls, value: str) -> str:
        scheme = urlsplit(value).scheme
        if scheme not in ("", "file", "s3", "gs", "az"):
            raise ValueError(f"{value!r} is no directory, file:///…, s3://bucket/prefix, gs://… or az://…")
        return value

    @field_validator("database_url")
    @classmethod
    def _postgres(cls, value: str | None) -> str | None:
        if value is not None and urlsplit(value).scheme not in ("postgresql", "postgres", "postgresql+psycopg"):
            raise ValueError("it must be of the form postgresql://user:password@host:port/name")
        return value

    def secrets(self) -> tuple[str, ...]:
        """The keys of SECRET_KEY in the clear, newest first."""
        return tuple(key.get_secret_value() for key in self.secret_key)


def environment() -> Mapping[str, str]:
    """All variables of this process, for `${…}` in a file that the user names."""
    return MappingProxyType(os.environ)
