"""Files of a workspace: uploaded, said, and downloaded by a key or by a link that is signed and soon over."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from adapters.database.channels import keys_vault
from adapters.database.engine import Database
from api.media import disposition
from api.media_links import Links
from domain.media import MAX_MEDIA_BYTES
from settings import Settings
from tests.api.scene import Scene, set_scene
from tests.files import PAGE, PDF, PNG

OCTETS = {"Content-Type": "application/octet-stream"}


@pytest.fixture
async def scene(api: httpx.AsyncClient, database: Database, settings: Settings) -> Scene:
    """A bot with a Telegram channel."""
    return await set_scene(api, database, settings)


@pytest.fixture
async def nobody(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody without a key."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api") as client:
        yield client


async def upload(api: httpx.AsyncClient, content: bytes = PNG, name: str = "cat.png") -> dict[str, str]:
    """A file of the workspace."""
    answer = await api.post("/v1/media", params={"name": name}, content=content, headers=OCTETS)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def local(url: str) -> str:
    """The path and query of a link."""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


async def test_an_upload_is_what_its_bytes_say(api: httpx.AsyncClient) -> None:
    found = await upload(api, PDF, "picture.png")
    assert (found["type"], found["name"], found["size_bytes"]) == ("application/pdf", "picture.png", len(PDF))
    again = (await api.get(f"/v1/media/{found['id']}")).content
    assert again == PDF


async def test_a_link_opens_one_file_for_who_has_no_key(api: httpx.AsyncClient, nobody: httpx.AsyncClient) -> None:
    found, other = await upload(api), await upload(api)
    opened = await nobody.get(local(found["url"]))
    assert (opened.status_code, opened.content) == (200, PNG)
    assert opened.headers["content-security-policy"] == "default-src 'none'; sandbox"
    asked = {name: value[0] for name, value in parse_qs(urlsplit(found["url"]).query).items()}
    later = {**asked, "expires": str(int(asked["expires"]) + 1)}
    changed = {**asked, "signature": asked["signature"][:-1] + "x"}
    wrong = [
        (found["id"], later),
        (found["id"], changed),
        (other["id"], asked),
        (found["id"], {**asked, "expires": "-1"}),
    ]
    for media, query in wrong:
        refused = await nobody.get(f"/v1/media/{media}", params=query)
        assert (refused.status_code, refused.json()["code"]) == (403, "link_expired")
    assert (await nobody.get(f"/v1/media/{found['id']}")).status_code == 401


def test_a_link_is_over_after_an_hour_and_a_quarter(settings: Settings) -> None:
    made, media = datetime(2026, 1, 1, tzinfo=UTC), uuid4()
    vault = keys_vault(settings.secrets())
    url = Links(vault, "https://chat.example.com", lambda: made).to(media)
    asked = parse_qs(urlsplit(url).query)
    for minutes, opens in ((0, True), (59, True), (76, False)):
        links = Links(vault, "", lambda minutes=minutes: made + timedelta(minutes=minutes))
        assert links.opens(media, asked["expires"][0], asked["signature"][0]) is opens


async def test_a_page_is_offered_as_a_download(api: httpx.AsyncClient) -> None:
    found = await upload(api, PAGE, "cat.png")
    answer = await api.get(f"/v1/media/{found['id']}")
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (None, "inline; filename=\"file\"; filename*=UTF-8''file"),
        ("a.png", "inline; filename=\"a.png\"; filename*=UTF-8''a.png"),
        ('x"\r\nSet-Cookie: a=b.png', "inline; filename=\"x___Set_Cookie__a_b.png\"; "
         "filename*=UTF-8''x%22%0D%0ASet-Cookie%3A%20a%3Db.png"),
        ("Grüße.tar.gz", "inline; filename=\"Gr__e_tar.gz\"; filename*=UTF-8''Gr%C3%BC%C3%9Fe.tar.gz"),
        ("../../etc/passwd", "inline; filename=\"______etc_passwd\"; filename*=UTF-8''..%2F..%2Fetc%2Fpasswd"),
    ],
)  # fmt: skip
def test_a_name_cannot_break_out_of_its_header(name: str | None, told: str) -> None:
    assert disposition(name, inline=True) == told


async def test_files_are_bounded(api: httpx.AsyncClient) -> None:
    too_large = await api.post("/v1/media", content=bytes(MAX_MEDIA_BYTES + 1), headers=OCTETS)
    empty = await api.post("/v1/media", content=b"", headers=OCTETS)
    assert (too_large.status_code, empty.status_code) == (413, 422)
    assert (await upload(api, bytes(3 * 1024 * 1024)))["type"] == "application/octet-stream"
    elsewhere = await api.post("/v1/bots", content=bytes(3 * 1024 * 1024), headers=OCTETS)
    assert elsewhere.status_code == 413


async def test_nothing_is_read_of_who_has_no_key(api: httpx.AsyncClient, nobody: httpx.AsyncClient) -> None:
    read: list[int] = []

    async def body() -> AsyncIterator[bytes]:
        read.append(len(PNG))
        yield PNG

    assert (await nobody.post("/v1/media", content=body(), headers=OCTETS)).status_code == 401
    assert read == []
    assert (await api.post("/v1/media", content=body(), headers=OCTETS)).status_code == 201
    assert read == [len(PNG)]


async def test_another_workspace_cannot_say_a_file(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, scene: Scene
) -> None:
    await scene.hear("help")
    theirs = await upload(stranger)
    path = f"/v1/conversations/{scene.conversation()}/messages"
    for media in (theirs["id"], str(UUID(int=7))):
        refused = await api.post(path, json={"attachments": [{"media_id": media}]})
        assert (refused.status_code, refused.json()["code"]) == (422, "unknown_media")
    assert (await api.get(f"/v1/media/{theirs['id']}")).status_code == 404


@pytest.mark.parametrize(
    "url",
    ["http://169.254.169.254/latest/meta-data", "https://127.0.0.1/", "https://localhost/", "https://[::1]/",
     "https://0x7f.1/", "https://2130706433/", "file:///etc/passwd"],
)  # fmt: skip
async def test_a_private_address_is_not_fetched(api: httpx.AsyncClient, scene: Scene, url: str) -> None:
    await scene.hear("help")
    path = f"/v1/conversations/{scene.conversation()}/messages"
    refused = await api.post(path, json={"attachments": [{"url": url}]})
    assert refused.status_code == 422
    assert len((await api.get(path)).json()["items"]) == 1


@pytest.mark.parametrize(
    "said",
    [
        {"attachments": [{}]},
        {"attachments": [{"media_id": str(UUID(int=1)), "url": "https://example.com/a"}]},
        {"attachments": [{"media_id": str(UUID(int=1)), "kind": "sticker"}]},
        {"attachments": [{"media_id": str(UUID(int=1))}] * 11},
        {"buttons": [{"label": "Yes"}]},
        {"text": "Well?", "buttons": [{"label": "Yes"}, {"label": "Yes"}]},
        {},
    ],
)
async def test_what_makes_no_sense_is_refused(api: httpx.AsyncClient, scene: Scene, said: object) -> None:
    await scene.hear("help")
    refused = await api.post(f"/v1/conversations/{scene.conversation()}/messages", json=said)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid")
