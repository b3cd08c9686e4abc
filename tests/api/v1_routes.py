"""Every route under /v1, from the OpenAPI document, with a request that would be accepted."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import httpx

from tests.api.scene import TOKEN

BODIES: Mapping[tuple[str, str], object] = {
    ("post", "/v1/bots"): {"name": "Ada"},
    ("patch", "/v1/bots/{bot_id}"): {"name": "Eve"},
    ("post", "/v1/bots/{bot_id}/channels"): {"platform": "telegram", "credentials": {"token": TOKEN}},
    ("patch", "/v1/channels/{channel_id}"): {"name": "other", "credentials": {"token": TOKEN + "B"}},
    ("post", "/v1/bots/{bot_id}/conversations"): {"channel_id": "{channel_id}", "recipient": "1", "text": "hi"},
    ("post", "/v1/conversations/{conversation_id}/messages"): {"text": "hi"},
    ("patch", "/v1/conversations/{conversation_id}/messages/{message_id}"): {"text": "hi"},
    **{
        ("post", f"/v1/conversations/{{conversation_id}}/chat/{deed}"): {"message_id": str(UUID(int=1))}
        for deed in ("pin", "unpin")
    },
    **{("post", f"/v1/conversations/{{conversation_id}}/chat/{deed}"): {"member": "7"} for deed in ("ban", "unban")},
    ("post", "/v1/media"): {"a": "file"},
    ("post", "/v1/bots/{bot_id}/documents"): {"title": "Hours", "text": "From 9 to 5."},
    ("post", "/v1/keys"): {"role": "viewer"},
    ("post", "/v1/models"): {"name": "made"},
    ("patch", "/v1/models/{model_id}"): {"model": "other"},
    ("patch", "/v1/conversations/{conversation_id}"): {"metadata": {"a": 1}},
    ("patch", "/v1/contacts/{contact_id}"): {"metadata": {"a": 1}},
    ("post", "/v1/contacts/{contact_id}/facts"): {"text": "Likes tea."},
    ("post", "/v1/completions"): {
        "messages": [{"role": "user", "content": "hi"}],
        "model": {"provider": "demo"},
    },
    ("post", "/v1/prompts/{prompt_name}/run"): {"input": "hi", "model": {"provider": "demo"}},
    ("post", "/v1/prompts"): {"name": "made", "text": "Be brief."},
    ("post", "/v1/prompts/{prompt_name}/versions"): {"text": "Be kind."},
    ("post", "/v1/prompts/{prompt_name}/activate"): {"version": 1},
    ("patch", "/v1/workspace"): {"limits": {"tokens_per_day": 1}},
}


@dataclass(frozen=True)
class Operation:
    """One method of one path."""

    method: str
    path: str
    described: Mapping[str, object]

    async def call(
        self, client: httpx.AsyncClient, ids: Mapping[str, UUID | str], headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """The request with these ids in its path and body."""
        body = BODIES.get((self.method, self.path))
        if isinstance(body, dict) and "channel_id" in body:
            body = {**body, "channel_id": str(ids["channel_id"])}
        return await client.request(self.method, self.path.format(**ids), json=body, headers=headers)


async def operations(api: httpx.AsyncClient) -> list[Operation]:
    """All of them."""
    document = (await api.get("/openapi.json")).json()
    return [
        Operation(method, path, described)
        for path, methods in document["paths"].items()
        if path.startswith("/v1/")
        for method, described in methods.items()
    ]
