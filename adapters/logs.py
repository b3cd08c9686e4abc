"""Logs: structured, one line an event, with the correlation id of its cause; never a secret or a contact's text."""

import logging
import sys
from typing import Literal

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

FORBIDDEN = frozenset(
    {"text", "body", "html", "token", "secret", "password", "authorization", "api_key", "credentials", "instructions"}
)
_LOUD = ("httpx", "httpx2", "httpcore", "httpcore2", "openai", "uvicorn.access", "sqlalchemy.engine", "alembic")


def configure(level: str = "INFO", form: Literal["json", "console"] = "json") -> None:
    """Send all logs, our own and the libraries', to standard error in one form."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        without_forbidden,
        structlog.processors.format_exc_info,
    ]
    renderer: Processor = structlog.processors.JSONRenderer() if form == "json" else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in _LOUD:
        logging.getLogger(name).setLevel(logging.WARNING)


def without_forbidden(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace the values of fields that could hold a secret or what a contact said."""
    for name in FORBIDDEN & event.keys():
        event[name] = "[removed]"
    return event
