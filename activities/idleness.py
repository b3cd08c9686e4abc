"""Idleness: conversations that nobody continues are closed; the next message reopens them with their memory."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from temporalio import activity

from activities.failures import as_failures
from adapters.database import idle, voice
from adapters.database.engine import Database
from adapters.temporal.handover import Handing
from domain.conversations import Control

_MOST = 500


class Idleness:
    """Closes what is idle, a bounded number at a time."""

    def __init__(self, database: Database, handing: Handing, now: Callable[[], datetime]) -> None:
        self._database = database
        self._handing = handing
        self._now = now

    @activity.defn(name="close_idle")
    async def close_idle(self) -> int:
        """Close conversations past their bot's idle time; how many there were."""
        with as_failures():
            async with self._database.begin() as connection:
                found = await idle.find(connection, self._now(), _MOST)
            for conversation in found:
                activity.heartbeat()
                if await self._close(conversation.id, conversation.workspace_id):
                    await self._handing.hand_over(conversation.id)
            return len(found)

    async def _close(self, conversation_id: UUID, workspace_id: UUID) -> bool:
        """Close a conversation unless somebody spoke since it was found: that message would end unanswered."""
        now = self._now()
        async with self._database.begin() as connection:
            if not await idle.is_still(connection, conversation_id, now):
                return False
            return await voice.control(connection, conversation_id, workspace_id, Control.CLOSE, now=now)
