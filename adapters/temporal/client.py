"""The Temporal client: address, TLS, converter and codec, the same for front door, worker and replay."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig
from temporalio.service import RetryConfig, TLSConfig

from adapters.faults import CommandFailed
from adapters.temporal.codec import EncryptionCodec
from adapters.vault import Vault
from settings import Settings


def vault(settings: Settings) -> Vault:
    """The keys of payloads."""
    return Vault(settings.secrets(), "temporal payloads")


def data_converter(settings: Settings) -> DataConverter:
    """Pydantic models as JSON; encrypted, failures included, when the installation asks for it."""
    if not settings.encrypt_payloads:
        return pydantic_data_converter
    return replace(
        pydantic_data_converter,
        payload_codec=EncryptionCodec(vault(settings)),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )


def _tls(settings: Settings) -> TLSConfig | bool:
    files = (
        settings.temporal_tls_server_ca_cert_path,
        settings.temporal_tls_client_cert_path,
        settings.temporal_tls_client_key_path,
    )
    if not any(files) and not settings.temporal_tls_server_name:
        return settings.temporal_tls if settings.temporal_tls is not None else settings.temporal_api_key is not None
    ca, certificate, key = (Path(name).read_bytes() if name else None for name in files)
    return TLSConfig(
        server_root_ca_cert=ca,
        client_cert=certificate,
        client_private_key=key,
        domain=settings.temporal_tls_server_name,
    )


def metered(settings: Settings) -> Runtime | None:
    """A runtime that serves the SDK's own metrics on METRICS_PORT, for Prometheus; None where no port is set.

    Raises `CommandFailed` where it cannot listen there.
    """
    if settings.metrics_port is None:
        return None
    address = f"{settings.metrics_host}:{settings.metrics_port}"
    metrics = PrometheusConfig(bind_address=address, durations_as_seconds=True)
    try:
        return Runtime(telemetry=TelemetryConfig(metrics=metrics))
    except ValueError as error:
        raise CommandFailed(
            f"Metrics cannot be served on {address}: {error}.",
            "Choose another METRICS_PORT: each worker of a machine needs its own.",
        ) from error


async def connect(
    settings: Settings, *, lazy: bool = False, impatient: bool = False, runtime: Runtime | None = None
) -> Client:
    """A client of the configured server; `lazy`: connects when first used; `impatient`: does not retry."""
    assert settings.temporal_address is not None
    once = RetryConfig(max_retries=0, max_elapsed_time_millis=int(timedelta(seconds=1).total_seconds() * 1000))
    return await Client.connect(
        settings.temporal_address,
        namespace=settings.temporal_namespace,
        api_key=settings.temporal_api_key.get_secret_value() if settings.temporal_api_key else None,
        tls=_tls(settings),
        data_converter=data_converter(settings),
        lazy=lazy,
        runtime=runtime,
        retry_config=once if impatient else None,
    )
