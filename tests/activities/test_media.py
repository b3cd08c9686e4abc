"""Files both ways, from end to end, over HTTP against the simulator."""

from base64 import b64encode
from hashlib import sha256

import pytest
from pydantic import JsonValue

from tests.desk import desk, until_delivered
from tests.discord import join_server
from tests.files import JPEG, MP4, OGG, PAGE, PDF, PNG, written
from tests.machine import until
from tests.messenger import messenger
from tests.product import Product
from tests.slack import join_workspace
from tests.whatsapp import whatsapp

CHAT = 7
QUEUE: JsonValue = {"policy": "queue"}


async def opened(product: Product, link: object) -> tuple[bytes, str, str]:
    """What a signed link gives to whoever has no key: bytes, type, disposition."""
    path = str(link).removeprefix(product.settings.public_url)
    answer = await product.client.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    return answer.content, answer.headers["content-type"], answer.headers["content-disposition"]


@pytest.mark.slow
async def test_a_photo_on_telegram_is_answered_and_kept(product: Product) -> None:
    await product.telegram(bursts=QUEUE)
    await product.simulated.say(CHAT, caption="what is this?", photo={"content_base64": written(JPEG)})
    await product.until_states("answered")
    attached = await (await desk(product)).fetched()
    assert (attached["kind"], attached["type"], attached["size_bytes"]) == ("photo", "image/jpeg", len(JPEG))
    assert await opened(product, attached["url"]) == (
        JPEG, "image/jpeg", "inline; filename=\"file\"; filename*=UTF-8''file"
    )  # fmt: skip


@pytest.mark.slow
async def test_a_file_that_a_platform_does_not_hand_out_stops_no_turn(product: Product) -> None:
    await product.telegram(bursts=QUEUE)
    await product.simulated.say(CHAT, document={"file_size": 21 * 1024 * 1024, "file_name": "film.mkv"})
    await product.until_states("answered")
    attached = await (await desk(product)).fetched("failed")
    assert (attached["reason"], attached["url"]) == ("media_too_large", None)


@pytest.mark.slow
async def test_a_file_is_asked_for_again_where_the_platform_is_away(product: Product) -> None:
    await product.telegram(bursts=QUEUE)
    await product.simulated.fault("status", status=502, method="getFile")
    await product.simulated.say(CHAT, voice={"content_base64": written(OGG)})
    attached = await (await desk(product)).fetched()
    assert (attached["kind"], attached["type"]) == ("voice", "audio/ogg")


@pytest.mark.slow
async def test_a_file_on_slack_is_kept_and_a_login_page_is_not(product: Product) -> None:
    workspace = await join_workspace(product, bursts=QUEUE)
    file = await product.simulated.post("/slack/files", name="plan.pdf", mime_type="application/pdf",
                                        content_base64=written(PDF))  # fmt: skip
    await workspace.say("look", files=[file])
    place = await desk(product)
    attached = await place.fetched()
    content, type_, disposition = await opened(product, attached["url"])
    assert (content, type_) == (PDF, "application/pdf")
    assert disposition == "attachment; filename=\"plan.pdf\"; filename*=UTF-8''plan.pdf"
    shared = {"id": file["id"], "mode": "file_access", "file_access": "check_file_info"}
    await workspace.say("and of theirs", files=[shared])

    async def asked_for() -> bool:
        return [item["type"] for item in await place.attachments()] == ["application/pdf"] * 2

    await until(asked_for)
    await workspace.post("/app", missing_scopes=["files:read"])
    await workspace.say("and this", files=[file])

    async def given_up() -> bool:
        return [item["reason"] for item in await place.attachments()] == [None, None, "not_the_file"]

    await until(given_up)


@pytest.mark.slow
async def test_a_voice_on_whatsapp_is_kept(product: Product) -> None:
    bot = await whatsapp(product)
    file = await product.simulated.post("/whatsapp/media", mime_type="audio/ogg", content_base64=written(OGG))
    await product.simulated.post(
        f"/whatsapp/{bot.number}/messages",
        **{"from": "16505551234", "fields": {"type": "audio", "audio": {**file, "voice": True}}},
    )
    attached = await (await desk(product)).fetched()
    assert (attached["kind"], attached["type"]) == ("voice", "audio/ogg")
    assert (await opened(product, attached["url"]))[0] == OGG


@pytest.mark.slow
async def test_other_bytes_than_whatsapp_told_of_are_not_kept(product: Product) -> None:
    bot = await whatsapp(product)
    file = await product.simulated.post("/whatsapp/media", mime_type="image/png", content_base64=written(PNG))
    image = {**file, "sha256": b64encode(sha256(JPEG).digest()).decode()}
    said = {"from": "16505551234", "fields": {"type": "image", "image": image}}
    await product.simulated.post(f"/whatsapp/{bot.number}/messages", **said)
    place = await desk(product)

    async def refused() -> bool:
        return [(item["state"], item["reason"]) for item in await place.attachments()] == [
            ("wanted", "checksum_differs")
        ]

    await until(refused)


@pytest.mark.slow
async def test_a_file_that_is_lost_on_the_way_is_uploaded_once_more(product: Product) -> None:
    bot = await whatsapp(product)
    await bot.answered("hello")
    place = await desk(product)
    name = await place.upload(PNG, "a.png")
    await product.simulated.fault("status", status=400, parameters={"code": 131053}, method="messages")
    await place.say(attachments=[{"media_id": name}])
    await bot.until_ledger(("sent", None, 1), ("sent", None, 2))
    uploads = [item for item in await product.simulated.ledger("call") if item["method"] == "media"]
    assert len(uploads) == 2


@pytest.mark.slow
async def test_an_operator_sends_files_on_telegram(product: Product) -> None:
    await product.telegram(bursts=QUEUE)
    await product.simulated.say(CHAT, "hello")
    await product.until_states("answered")
    place = await desk(product)
    files = {"a.jpg": JPEG, "b.pdf": PDF, "c.ogg": OGG, "d.mp4": MP4, "e.html": PAGE}
    ids = [await place.upload(content, name) for name, content in files.items()]
    wanted: list[JsonValue] = [{"media_id": name} for name in ids]
    wanted[0] = {"media_id": ids[0], "caption": "Our **shop**"}
    wanted[2] = {"media_id": ids[2], "kind": "voice"}
    await place.say(text="Here you are", attachments=wanted)
    await until_delivered(product, *["sent"] * 7)
    sent = [item for item in await product.simulated.ledger("outbound") if str(item["method"]).startswith("send")]
    assert [(item["method"], item["text"]) for item in sent if item["method"] != "sendChatAction"][1:] == [
        ("sendMessage", "Here you are"), ("sendPhoto", "Our shop"), ("sendDocument", None), ("sendVoice", None),
        ("sendVideo", None), ("sendDocument", None),
    ]  # fmt: skip


@pytest.mark.slow
async def test_an_operator_sends_a_file_on_slack_once_even_without_an_answer(product: Product) -> None:
    workspace = await join_workspace(product, bursts=QUEUE)
    await workspace.say("hello")
    place = await desk(product)
    await until_delivered(product, "sent")
    await product.simulated.fault("accept_then_reset", method="files.completeUploadExternal")
    await product.simulated.fault("accept_then_reset", method="chat.postMessage")
    media = await place.upload(PNG, "a|b.png")
    await place.say(attachments=[{"media_id": media, "caption": "a *picture*"}])
    await until_delivered(product, "sent", "sent")
    shared = (await workspace.sent())[1:]
    assert len(shared) == 1
    assert str(shared[0]["text"]).startswith("a _picture_\n<https://simulated.slack.com/files/")


async def test_a_file_that_cannot_go_fails_alone(product: Product) -> None:
    workspace = await join_workspace(product, bursts=QUEUE)
    await workspace.say("hello")
    place = await desk(product)
    await until_delivered(product, "sent")
    await workspace.post("/app", missing_scopes=["files:write"])
    await place.say(text="Look", attachments=[{"media_id": await place.upload(PNG, "cat.png")}])
    await until_delivered(product, "sent", "sent", "failed")
    conversation = await place.operator.get(f"/conversations/{place.conversation}")
    assert conversation["undeliverable"] is None


@pytest.mark.slow
@pytest.mark.parametrize(("policy", "state", "times"), [("at_most_once", "uncertain", 1), ("at_least_once", "sent", 2)])
async def test_a_photo_in_doubt_is_sent_as_the_bot_says(product: Product, policy: str, state: str, times: int) -> None:
    await product.telegram(bursts=QUEUE, delivery={"uncertain": policy})
    await product.simulated.say(CHAT, "hello")
    await product.until_states("answered")
    place = await desk(product)
    media = await place.upload(JPEG, "a.jpg")
    await product.simulated.fault("accept_then_reset", method="sendPhoto")
    await place.say(attachments=[{"media_id": media}])
    await until_delivered(product, "sent", state)
    sent = [item for item in await product.simulated.ledger("outbound") if item["method"] == "sendPhoto"]
    assert len(sent) == times


@pytest.mark.slow
async def test_an_operator_sends_files_on_whatsapp(product: Product) -> None:
    bot = await whatsapp(product)
    await bot.answered("hello")
    place = await desk(product)
    await product.simulated.fault("accept_then_reset", method="media")
    picture, voice, page = [await place.upload(*file) for file in ((PNG, "a.png"), (OGG, "b.ogg"), (PAGE, "c.html"))]
    attachments: list[JsonValue] = [
        {"media_id": picture, "caption": "a **picture**"},
        {"media_id": voice, "kind": "voice", "caption": "listen"},
        {"media_id": page},
    ]
    await place.say(attachments=attachments)
    await until_delivered(product, "sent", "sent", "sent", "sent", "failed")
    kinds = [item["payload"]["type"] for item in await product.simulated.ledger("outbound") if item["chat_id"]]
    assert kinds == ["text", "image", "audio", "text"]
    assert (await bot.sent())[1:] == ["a *picture*", "None", "listen"]


@pytest.mark.slow
async def test_an_operator_sends_files_on_messenger_once_even_without_an_answer(product: Product) -> None:
    bot = await messenger(product)
    await bot.answered("hello")
    place = await desk(product)
    picture, page = await place.upload(PNG, "a.png"), await place.upload(PAGE, "c.html")
    await product.simulated.fault("accept_then_reset", method="messages")
    await place.say(attachments=[{"media_id": picture, "caption": "a **picture**"}, {"media_id": page}])
    await until_delivered(product, "sent", "sent", "sent", "sent")
    sent = (await bot.sends())[1:]
    payloads = [item["payload"] for item in sent]
    assert all(
        set(fields) == {"recipient", "messaging_type", "message"} for fields in payloads if isinstance(fields, dict)
    )
    assert [(item["text"], item["file"]) for item in sent] == [
        (None, {"name": "a.png", "type": "image/png", "size_bytes": len(PNG)}),
        ("a picture", None),
        (None, {"name": "c.html", "type": "text/html", "size_bytes": len(PAGE)}),
    ]


@pytest.mark.slow
async def test_an_operator_sends_a_file_on_discord_once_even_without_an_answer(product: Product) -> None:
    server = await join_server(product)
    await server.register()
    chat = await server.ask("hello")
    await server.until_ended(("answered", None))
    place = await desk(product)
    media = await place.upload(PNG, "a.png")
    await product.simulated.fault("accept_then_reset", method="messages.create")
    await place.say(attachments=[{"media_id": media, "caption": "a **picture**"}])
    await until_delivered(product, "sent", "sent")
    (sent,) = await server.sent()
    assert (sent["text"], sent["file"]) == (
        "a **picture**",
        {"name": "a.png", "type": "image/png", "size_bytes": len(PNG)},
    )
    assert isinstance(sent["payload"], dict)
    assert sent["payload"].keys() == {
        "content", "allowed_mentions", "flags", "nonce", "enforce_nonce", "attachments"
    }  # fmt: skip
    assert await server.stands(chat) == ["You said: hello", "a **picture**"]


async def test_a_visitor_sees_files_and_buttons(product: Product) -> None:
    visitor = await product.visitor(bursts=QUEUE)
    await visitor.say("hello")
    await visitor.heard(1)
    place = await desk(product)
    media = await place.upload(PNG, "cat.png")
    await place.say(text="This one?", attachments=[{"media_id": media}], buttons=[{"label": "Yes"}, {"label": "No"}])
    said = (await visitor.heard(2))[1]
    assert said["text"] == "This one?"
    assert [item["label"] for item in said["buttons"]] == ["Yes", "No"]
    (attached,) = said["attachments"]
    assert (await opened(product, attached["url"]))[:2] == (PNG, "image/png")
