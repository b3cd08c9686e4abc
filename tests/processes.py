"""The product's processes as tests start and kill them: by the command line, configured by the environment alone."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from settings import Settings

_GRACE_SECONDS = 30.0


def environment(settings: Settings) -> dict[str, str]:
    """The variables that configure a process like these settings."""
    values = {
        "DATABASE_URL": settings.database_url,
        "TEMPORAL_ADDRESS": settings.temporal_address,
        "TASK_QUEUE": settings.task_queue,
        "CACHED_CONVERSATIONS": str(settings.cached_conversations),
        "SECRET_KEY": ",".join(settings.secrets()),
        "ENCRYPT_PAYLOADS": str(settings.encrypt_payloads).lower(),
        "DEMO_MODEL": str(settings.demo_model).lower(),
        "OPENAI_BASE_URL": settings.openai_base_url,
        "PRIVATE_TOOL_HOSTS": ",".join(settings.private_tool_hosts),
        "TELEGRAM_API_URL": settings.telegram_api_url,
        "SLACK_API_URL": settings.slack_api_url,
        "DISCORD_API_URL": settings.discord_api_url,
        "GRAPH_API_URL": settings.graph_api_url,
        "PUBLIC_URL": settings.public_url,
        "LOG_LEVEL": "WARNING",
    }
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {name: value for name, value in values.items() if value is not None}


class ChildProcess:
    """One running command of the product."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def kill(self) -> None:
        """SIGKILL: nothing is finished."""
        self._process.send_signal(signal.SIGKILL)
        await self._process.wait()

    async def stop(self) -> int:
        """SIGTERM: what is in hand is finished; its exit code."""
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(_GRACE_SECONDS):
            return await self._process.wait()

    async def finished(self) -> int:
        """Its exit code, once it ends by itself."""
        async with asyncio.timeout(_GRACE_SECONDS):
            return await self._process.wait()

    def freeze(self) -> None:
        """SIGSTOP: it stands still without knowing."""
        self._process.send_signal(signal.SIGSTOP)

    def wake(self) -> None:
        """SIGCONT."""
        self._process.send_signal(signal.SIGCONT)


@asynccontextmanager
async def command(settings: Settings, *arguments: str, source: Path | None = None) -> AsyncIterator[ChildProcess]:
    """`chat-orchestrator …` in a process of its own; ended with the block, however it stands.

    `source` is where the code of another version is.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cli", *arguments, env=environment(settings), cwd=source
    )
    try:
        yield ChildProcess(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
