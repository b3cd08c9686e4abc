"""Forms on the whole way: opened, filled in and answered, by calls and by the gateway."""

from sqlalchemy import select

from adapters.database.records import Message
from tests.discord import Server, join_server, listening
from tests.machine import until
from tests.product import Product

OPENED, ANSWERED = ("ignored", "opens_form"), ("answered", None)
FORM = {"title": "Your order", "fields": [{"name": "what", "label": "What would you like?"}]}
WORDS = "You said: Your order What would you like?: Two teas"


async def fill(server: Server, opened_by: object, **answers: str) -> None:
    """Somebody fills a form in as soon as it is shown."""

    async def is_sent() -> bool:
        client, path = server.product.simulated.client, f"/_sim/discord/{server.token}/forms"
        return (await client.post(path, json={"id": opened_by, "answers": answers})).is_success

    await until(is_sent)


async def test_a_button_opens_a_form_whose_answers_are_answered(product: Product) -> None:
    server = await join_server(product)
    await server.set_up(forms={"order": FORM})
    await server.register()
    opened = await server.post("/buttons", id="1", label="Order", custom_id="form:order")
    await fill(server, opened["id"], what="Two teas")
    await server.until_ended(OPENED, ANSWERED)
    assert [" ".join(said.split()) for said in await server.stands(str(opened["channel_id"]))] == [WORDS]
    async with product.database.begin() as connection:
        kept = list(await connection.scalars(select(Message.metadata_).where(Message.direction == "inbound")))
    assert kept == [{"form": {"name": "order", "answers": {"what": "Two teas"}}}]


async def test_a_command_opens_a_form_by_the_gateway(product: Product) -> None:
    server = await join_server(product)
    await server.set_up(forms={"order": FORM})
    async with listening(server):
        opened = await server.post("/commands", command="order")
        await fill(server, opened["id"], what="Two teas")
        await server.until_ended(OPENED, ANSWERED)
    assert [" ".join(said.split()) for said in await server.stands(str(opened["channel_id"]))] == [WORDS]
