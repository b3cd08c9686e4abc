"""The simulator as tests steer and read it, over HTTP."""

from dataclasses import dataclass

import httpx

BOT_ID = 123456
TOKEN = f"{BOT_ID}:" + "A" * 35


@dataclass(frozen=True)
class Simulated:
    """A running simulator: where it stands in, and what it is told and asked."""

    url: str
    client: httpx.AsyncClient

    @property
    def telegram_api_url(self) -> str:
        """TELEGRAM_API_URL."""
        return f"{self.url}/telegram"

    @property
    def slack_api_url(self) -> str:
        """SLACK_API_URL."""
        return f"{self.url}/slack/api"

    @property
    def graph_api_url(self) -> str:
        """GRAPH_API_URL."""
        return f"{self.url}/graph"

    @property
    def discord_api_url(self) -> str:
        """DISCORD_API_URL."""
        return f"{self.url}/discord/api/v10"

    @property
    def tools_url(self) -> str:
        """A service for tools."""
        return f"{self.url}/tools"

    async def called(self) -> list[dict[str, object]]:
        """The calls that the service for tools took."""
        return [item for item in await self.ledger("call") if item["platform"] == "tools"]

    @property
    def openai_base_url(self) -> str:
        """OPENAI_BASE_URL."""
        return f"{self.url}/openai/v1"

    async def post(self, path: str, **body: object) -> dict[str, object]:
        """Tell it something."""
        answer = await self.client.post(f"/_sim{path}", json=body)
        answer.raise_for_status()
        return dict(answer.json()) if answer.content else {}

    async def answer(self, text: str | None = None, **more: object) -> None:
        """What the model says from here on, whatever it is asked."""
        await self.post("/openai/answers", default={"text": text, **more} if text is not None else more, rules=[])

    async def answers(self, *rules: dict[str, object]) -> None:
        """What the model says to whatever contains a text."""
        await self.post("/openai/answers", rules=list(rules))

    async def fault(self, kind: str, **more: object) -> None:
        """Let something go wrong."""
        await self.post("/faults", kind=kind, **more)

    async def say(self, chat_id: int, text: str | None = None, **more: object) -> dict[str, object]:
        """Somebody writes to the Telegram bot."""
        said = {"text": text} if text is not None else {}
        return await self.post(f"/telegram/{TOKEN}/messages", chat_id=chat_id, **said, **more)

    async def ledger(self, kind: str) -> list[dict[str, object]]:
        """What it accepted of one kind."""
        answer = await self.client.get("/_sim/ledger", params={"kind": kind})
        answer.raise_for_status()
        return list(answer.json()["items"])

    async def sent(self, chat_id: int | None = None) -> list[dict[str, object]]:
        """The messages that the Telegram bot sent, to one chat or to all."""
        sends = [item for item in await self.ledger("outbound") if item["method"] == "sendMessage"]
        return [item for item in sends if chat_id is None or item["chat_id"] == str(chat_id)]

    async def asked(self) -> list[dict[str, object]]:
        """The requests that the model got."""
        return [item for item in await self.ledger("model") if item["method"] == "chat/completions"]
