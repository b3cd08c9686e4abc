"""Files in turns: the model reads documents and sees images where it can, and hears of what could not be read."""

from pydantic import JsonValue

from tests.adapters.media.test_reading import pdf
from tests.files import PNG, written
from tests.product import Product

CHAT = 7
QUEUE: JsonValue = {"policy": "queue"}


async def asked(product: Product) -> object:
    """What the model was told last, as the message that it answers."""
    request = (await product.simulated.asked())[-1]["request"]
    assert isinstance(request, dict)
    return request["messages"][-1]["content"]


async def send(product: Product, name: str, content: bytes) -> None:
    """Somebody sends a document."""
    document = {"content_base64": written(content), "file_name": name}
    await product.simulated.say(CHAT, caption="what is this?", document=document)


async def test_a_document_is_read_and_an_unreadable_one_is_named(product: Product) -> None:
    await product.telegram(bursts=QUEUE)
    await send(product, "bill.pdf", pdf("Pay 7 euros"))
    await product.until_states("answered")
    told = str(await asked(product))
    assert told.startswith("what is this?\n[document: bill.pdf]\nThe file 'bill.pdf' says this")
    assert told.endswith("<document>\nPay 7 euros\n</document>")
    await send(product, "data.bin", b"\x00\x01\x02")
    await product.until_states("answered", "answered")
    assert str(await asked(product)).endswith("(the file 'data.bin' could not be read: unreadable_type)")


async def test_a_turn_waits_for_no_picture_that_its_model_is_not_shown(product: Product) -> None:
    """The picture is still on its way when the answer is there."""
    await product.telegram(bursts=QUEUE)
    await product.simulated.fault("hang", method="getFile", seconds=60)
    await product.simulated.say(CHAT, caption="what is this?", photo={"content_base64": written(PNG)})
    await product.until_states("answered")
    assert await asked(product) == "what is this?\n[photo]"


async def test_an_image_is_shown_to_a_model_that_sees_alone(product: Product) -> None:
    await product.telegram(
        bursts=QUEUE, model={"name": "gpt-4.1"}, fallback_models=[{"name": "gpt-4.1-mini", "vision": True}]
    )
    await product.simulated.fault("status", status=500, method="chat/completions")
    await product.simulated.say(CHAT, caption="what is this?", photo={"content_base64": written(PNG)})
    await product.until_states("answered")
    requests = [item["request"] for item in await product.simulated.asked()]
    contents = [request["messages"][-1]["content"] for request in requests if isinstance(request, dict)]
    assert contents[-1] == [
        {"type": "text", "text": "what is this?\n[photo]"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{written(PNG)}"}},
    ]
    assert all(content == "what is this?\n[photo]" for content in contents[:-1])
