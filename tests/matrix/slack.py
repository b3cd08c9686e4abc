"""A person in a Slack workspace, in the direct messages with the app."""

import json
import re
from dataclasses import dataclass, field

from pydantic import JsonValue

from tests.files import written
from tests.machine import until
from tests.matrix.phones import BOT, Line, Phone, Shown
from tests.matrix.rows import SLACK
from tests.product import Operator, Product
from tests.slack import TOKEN, Workspace, join_workspace

_FILE = re.compile(r"/files/U0/(F[0-9]+)/")


@dataclass(frozen=True)
class Slack(Phone):
    """Direct messages with the app; nobody can block it, but a workspace can throw it out."""

    row = SLACK
    workspace: Workspace = field(kw_only=True)

    @property
    def chat(self) -> str:
        return f"D{self.contact[1:]}"

    async def _do(self, what: str, **more: object) -> dict[str, object]:
        return await self.workspace.post(f"/{what}", user=self.contact, **more)

    async def say(self, text: str) -> str:
        return await self._said(text=text)

    async def _said(self, **what: object) -> str:
        """Events are posted side by side, so that each is waited for before the next thing is said."""
        said = await self._do("messages", **what)

        async def told() -> bool:
            calls = [item for item in await self.product.simulated.ledger("webhook") if item["chat_id"] == self.chat]
            return bool(calls) and all(item["state"] == "accepted" for item in calls)

        await until(told)
        return str(said["ts"])

    async def show(self, photo: bytes, caption: str) -> None:
        file = await self.product.simulated.post("/slack/files", content_base64=written(photo))
        await self._said(text=caption, files=[file])

    async def edit(self, message_id: str, text: str) -> bool:
        await self._do("edit", ts=message_id, text=text)
        return True

    async def press(self, message: Shown, label: str, value: str) -> None:
        await self._do("actions", ts=message.id, label=label, value=value)

    async def shown(self) -> list[Shown]:
        payloads = {item["message_id"]: item["payload"] for item in await self.outbound()}
        messages = await self.standing(f"/slack/channels/{self.chat}")
        return [await self._seen(item, payloads.get(item["ts"])) for item in messages if "bot_id" in item]

    async def _seen(self, message: dict[str, JsonValue], payload: object) -> Shown:
        text, blocks = str(message["text"]), payload.get("blocks") if isinstance(payload, dict) else None
        file = _FILE.search(text)
        return Shown(
            str(message["ts"]),
            text,
            tuple((item["text"]["text"], item["value"]) for item in blocks[-1]["elements"]) if blocks else (),
            await self.file(file[1]) if file else None,
            json.dumps(blocks) if blocks else text,
        )

    async def block(self) -> None:
        """The app is uninstalled, which nobody but the owner of a workspace can do."""
        await self.product.simulated.post("/slack/settings", refused_tokens=[TOKEN])

    async def unblock(self) -> None:
        await self.product.simulated.post("/slack/settings", refused_tokens=[])


async def slack(product: Product, operator: Operator) -> Line:
    """A bot in a Slack workspace."""
    workspace = await join_workspace(product, **BOT)
    return lambda number: Slack(product, operator, workspace.channel, f"U{number:06d}", workspace=workspace)
