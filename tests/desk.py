"""An operator at one conversation, as tests of files and buttons have one."""

from typing import NamedTuple

import httpx
from pydantic import JsonValue
from sqlalchemy import select

from adapters.database.records import DeliveryRow
from tests.machine import until
from tests.product import Operator, Product


class Desk(NamedTuple):
    """An operator at one conversation."""

    operator: Operator
    conversation: str

    async def messages(self) -> list[dict[str, JsonValue]]:
        """What was said in it."""
        items = (await self.operator.get(f"/conversations/{self.conversation}/messages"))["items"]
        assert isinstance(items, list)
        return [item for item in items if isinstance(item, dict)]

    async def say(self, **what: JsonValue) -> dict[str, JsonValue]:
        """Say something to the contact."""
        return await self.operator.post(f"/conversations/{self.conversation}/messages", **what)

    async def change(self, method: str, message: str, **what: JsonValue) -> httpx.Response:
        """Edit (PATCH) or delete (DELETE) what was said."""
        headers, path = {"Authorization": f"Bearer {self.operator.key}"}, f"/v1/conversations/{self.conversation}"
        return await self.operator.client.request(
            method, f"{path}/messages/{message}", json=what or None, headers=headers
        )

    async def upload(self, content: bytes, name: str) -> str:
        """Bring a file; its id."""
        headers = {"Authorization": f"Bearer {self.operator.key}", "Content-Type": "application/octet-stream"}
        answer = await self.operator.client.post("/v1/media", params={"name": name}, content=content, headers=headers)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def attachments(self) -> list[dict[str, JsonValue]]:
        """The attachments of what the contact said."""
        found: list[dict[str, JsonValue]] = []
        for message in await self.messages():
            listed = message["attachments"] if message["direction"] == "inbound" else []
            assert isinstance(listed, list)
            found += [item for item in listed if isinstance(item, dict)]
        return found

    async def fetched(self, state: str = "stored") -> dict[str, JsonValue]:
        """The contact's one file, once it stands so."""

        async def stands() -> bool:
            return [item["state"] for item in await self.attachments()] == [state]

        await until(stands)
        return (await self.attachments())[0]


async def desk(product: Product) -> Desk:
    """An operator at the only conversation that there is."""
    operator = await product.operator()

    async def begun() -> bool:
        return bool((await operator.get("/conversations"))["items"])

    await until(begun)
    items = (await operator.get("/conversations"))["items"]
    assert isinstance(items, list)
    assert isinstance(items[0], dict)
    return Desk(operator, str(items[0]["id"]))


async def until_delivered(product: Product, *states: str) -> None:
    """Wait until the parts stand so, in order."""

    async def stand() -> bool:
        query = select(DeliveryRow.state).order_by(DeliveryRow.created_at, DeliveryRow.part)
        async with product.database.begin() as connection:
            return list(await connection.scalars(query)) == list(states)

    await until(stand)
