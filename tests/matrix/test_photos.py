"""Photos on every platform, both ways."""

from tests.files import PNG
from tests.machine import until
from tests.matrix.phones import Phone
from tests.matrix.records import until_parts


async def test_a_photo_of_a_contact_is_kept_and_told_to_the_model(phone: Phone) -> None:
    caption = f"what is this, asks {phone.contact}?"
    await phone.show(PNG, caption)
    await until(lambda: _is_told(phone, caption, "[photo"))
    kept = await (await phone.desk()).fetched()
    assert (kept["kind"], kept["type"], kept["size_bytes"]) == ("photo", "image/png", len(PNG))
    link = str(kept["url"]).removeprefix(phone.product.settings.public_url)
    assert (await phone.product.client.get(link)).content == PNG


async def _is_told(phone: Phone, *words: str) -> bool:
    """Whether the model was asked once with all these words."""
    asked = [str(item["request"]) for item in await phone.product.simulated.asked()]
    return any(all(word in request for word in words) for request in asked)


async def test_a_photo_of_an_operator_arrives_as_it_was_uploaded(phone: Phone) -> None:
    await phone.answered("hello")
    place = await phone.desk()
    media = await place.upload(PNG, "cat.png")
    await place.say(text="Look!", attachments=[{"media_id": media, "caption": "our cat"}])
    await until_parts(place, state="sent")
    await until(lambda: _has_arrived(phone))
    said = (await phone.shown())[1:]
    assert [shown.picture for shown in said if shown.picture] == [PNG]
    words = "\n".join(shown.text for shown in said)
    assert (words.count("Look!"), words.count("our cat")) == (1, 1)


async def _has_arrived(phone: Phone) -> bool:
    return any(shown.picture for shown in await phone.shown())
