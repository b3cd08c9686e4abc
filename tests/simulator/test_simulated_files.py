"""Files and buttons at the stand-ins: what they take, what they refuse, and what they give back."""

import httpx
import pytest

from simulator.wire import JSON, Object
from tests.files import MP3, PAGE, PDF, PNG, written
from tests.simulator.harness import TOKEN, Bot, Control

BOT = f"/telegram/bot{TOKEN}"
SLACK_TOKEN = "xoxb-1-2-" + "a" * 24
SLACK = {"Authorization": f"Bearer {SLACK_TOKEN}"}
NUMBER = "106540352242922"
GRAPH = {"Authorization": "Bearer EAAtoken"}
IMAGE: Object = {"messaging_product": "whatsapp", "to": "16505551234"}


@pytest.mark.parametrize(
    ("method", "content", "caption", "status"),
    [
        ("sendPhoto", PNG, "x" * 1024, 200),
        ("sendPhoto", PNG, "x" * 1025, 400),
        ("sendPhoto", PDF, "", 400),
        ("sendPhoto", PNG + bytes(10 * 1024 * 1024), "", 400),
        ("sendPhoto", b"", "", 400),
        ("sendAudio", MP3, "", 200),
        ("sendVoice", PNG, "", 400),
        ("sendDocument", PAGE, "", 200),
    ],
)
async def test_telegram_takes_each_kind_for_what_it_is(
    client: httpx.AsyncClient, method: str, content: bytes, caption: str, status: int
) -> None:
    fields = {"chat_id": "7", "caption": caption}
    answer = await client.post(f"{BOT}/{method}", data=fields, files={method[4:].lower(): ("a.bin", content)})
    assert answer.status_code == status, answer.text


async def test_telegram_gives_back_what_was_sent(client: httpx.AsyncClient, bot: Bot) -> None:
    sent = await client.post(f"{BOT}/sendDocument", data={"chat_id": "7"}, files={"document": ("plan.pdf", PDF)})
    document = sent.json()["result"]["document"]
    found = await bot.message("getFile", file_id=document["file_id"])
    assert document["file_name"] == "plan.pdf"
    assert (await client.get(f"/telegram/file/bot{TOKEN}/{found['file_path']}")).content == PDF


async def begin(client: httpx.AsyncClient, length: int) -> dict[str, str]:
    """Ask Slack for a place."""
    asked = {"filename": "cat.png", "length": str(length)}
    answer = await client.get("/slack/api/files.getUploadURLExternal", params=asked, headers=SLACK)
    return dict(answer.json())


async def complete(client: httpx.AsyncClient, file: str) -> dict[str, JSON]:
    """Tell Slack that a file is whole."""
    whole = {"files": [{"id": file, "title": "cat"}]}
    return dict((await client.post("/slack/api/files.completeUploadExternal", json=whole, headers=SLACK)).json())


async def test_slack_takes_a_file_in_three_steps(client: httpx.AsyncClient) -> None:
    place = await begin(client, len(PNG))
    assert (await complete(client, place["file_id"]))["error"] == "file_upload_incomplete"
    assert (await client.post(place["upload_url"], content=PNG)).text == f"OK - {len(PNG)}"
    done = await complete(client, place["file_id"])
    files = done["files"]
    assert isinstance(files, list)
    assert isinstance(files[0], dict)
    said = {"channel": "C1", "text": f"<{files[0]['permalink']}|cat>"}
    posted = (await client.post("/slack/api/chat.postMessage", json=said, headers=SLACK)).json()
    assert posted["message"]["files"][0]["id"] == place["file_id"]
    short = await begin(client, 5)
    await client.post(short["upload_url"], content=PNG)
    assert (await complete(client, short["file_id"]))["error"] == "file_update_failed"


async def test_slack_hands_files_to_who_may_read_them(client: httpx.AsyncClient, control: Control) -> None:
    file = await control.post("/slack/files", name="cat.png", content_base64=written(PNG))
    url = str(file["url_private_download"])
    assert (await client.get(url, headers=SLACK)).content == PNG
    stranger = await client.get(url, follow_redirects=True)
    assert (stranger.status_code, stranger.text[:15]) == (200, "<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("element", "error"),
    [({}, None), ({"text": {"text": "x" * 76}}, "invalid_blocks"), ({"value": "x" * 2001}, "invalid_blocks"),
     ({"action_id": ""}, "invalid_blocks"), ({"text": {}}, "invalid_blocks")],
)  # fmt: skip
async def test_slack_looks_at_buttons(client: httpx.AsyncClient, element: Object, error: str | None) -> None:
    button = {
        "type": "button",
        "action_id": "a",
        "text": {"type": "plain_text", "text": "Yes"},
        "value": "1",
        **element,
    }
    said = {"channel": "C1", "text": "Well?", "blocks": [{"type": "actions", "elements": [button]}]}
    answer = (await client.post("/slack/api/chat.postMessage", json=said, headers=SLACK)).json()
    assert answer.get("error") == error


async def upload(client: httpx.AsyncClient, type_: str, content: bytes) -> httpx.Response:
    """Bring a file to WhatsApp."""
    fields = {"messaging_product": "whatsapp", "type": type_}
    url = f"/graph/v25.0/{NUMBER}/media"
    return await client.post(url, data=fields, files={"file": ("a.bin", content, type_)}, headers=GRAPH)


async def test_whatsapp_takes_files_of_known_types_and_sizes(client: httpx.AsyncClient, control: Control) -> None:
    await control.post(f"/whatsapp/numbers/{NUMBER}", access_token="EAAtoken", app_secret="s")
    media = (await upload(client, "image/png", PNG)).json()["id"]
    assert (await upload(client, "text/html", PAGE)).status_code == 400
    assert (await upload(client, "image/png", bytes(5 * 1024 * 1024 + 1))).status_code == 400

    async def sent(kind: str, **content: JSON) -> int:
        message = {**IMAGE, "type": kind, kind: {"id": media, **content}}
        return (await client.post(f"/graph/v25.0/{NUMBER}/messages", json=message, headers=GRAPH)).status_code

    assert [await sent("image", caption="x" * 1024), await sent("image", caption="x" * 1025)] == [200, 400]
    assert [await sent("audio"), await sent("image", id="0")] == [400, 400]


async def test_whatsapp_hands_files_to_who_has_a_token(client: httpx.AsyncClient, control: Control) -> None:
    await control.post(f"/whatsapp/numbers/{NUMBER}", access_token="EAAtoken", app_secret="s")
    media = (await control.post("/whatsapp/media", content_base64=written(PNG)))["id"]
    described = (await client.get(f"/graph/v25.0/{media}", headers=GRAPH)).json()
    assert (described["mime_type"], described["file_size"]) == ("image/png", str(len(PNG)))
    assert (await client.get(described["url"], headers=GRAPH)).content == PNG
    assert (
        (await client.get(described["url"])).status_code
        == (await client.get(f"/graph/v25.0/{media}")).status_code
        == 401
    )


def replies(*titles: str) -> Object:
    """Reply buttons."""
    buttons: list[JSON] = [{"type": "reply", "reply": {"id": title, "title": title}} for title in titles]
    return {"type": "button", "body": {"text": "Well?"}, "action": {"buttons": buttons}}


def rows(*titles: str) -> Object:
    """A list."""
    listed: list[JSON] = [{"id": title, "title": title} for title in titles]
    return {"type": "list", "body": {"text": "Well?"}, "action": {"button": "Choose", "sections": [{"rows": listed}]}}


@pytest.mark.parametrize(
    ("interactive", "status"),
    [
        (replies("a", "b", "x" * 20), 200),
        (replies("a", "b", "c", "d"), 400),
        (replies("x" * 21), 400),
        (replies("a", "a"), 400),
        (replies(), 400),
        ({**replies("a"), "body": {"text": "x" * 1025}}, 400),
        (rows(*"abcdefghij"), 200),
        (rows(*"abcdefghijk"), 400),
        (rows("x" * 25), 400),
    ],
)
async def test_whatsapp_looks_at_buttons_and_lists(
    client: httpx.AsyncClient, control: Control, interactive: Object, status: int
) -> None:
    await control.post(f"/whatsapp/numbers/{NUMBER}", access_token="EAAtoken", app_secret="s")
    message = {**IMAGE, "type": "interactive", "interactive": interactive}
    answer = await client.post(f"/graph/v25.0/{NUMBER}/messages", json=message, headers=GRAPH)
    assert answer.status_code == status, answer.text
