"""Buttons out and answers back, from end to end, over HTTP against the simulator."""

import pytest
from pydantic import JsonValue

from tests.desk import desk, until_delivered
from tests.discord import join_server
from tests.messenger import messenger
from tests.product import Product
from tests.whatsapp import whatsapp

CHAT = 7
QUEUE: JsonValue = {"policy": "queue"}
ANSWERED = ("answered", None)


@pytest.mark.slow
async def test_a_greeting_offers_quick_replies_and_a_press_says_its_label(product: Product) -> None:
    replies: JsonValue = [{"label": "Opening hours"}, {"label": "A person", "value": "human"}]
    await product.telegram(bursts=QUEUE, greeting="Welcome!", quick_replies=replies)
    await product.simulated.say(CHAT, "/start")
    await product.until_states("answered")
    (greeting,) = await product.simulated.sent(CHAT)
    assert greeting["payload"]["reply_markup"] == {
        "inline_keyboard": [
            [{"text": "Opening hours", "callback_data": "choice:1"}],
            [{"text": "A person", "callback_data": "human"}],
        ]
    }
    await product.simulated.post("/telegram/" + str(greeting["token"]) + "/callback", chat_id=CHAT, data="human")
    await product.until_states("answered", "answered")
    pressed = (await (await desk(product)).messages())[-2]
    assert (pressed["text"], pressed["metadata"]) == ("A person", {"button": "human"})


@pytest.mark.slow
async def test_more_than_three_buttons_on_whatsapp_are_a_list(product: Product) -> None:
    bot = await whatsapp(product)
    await bot.answered("hello")
    place = await desk(product)
    await place.say(text="Which?", buttons=[{"label": f"Number {number}"} for number in range(10)])
    await until_delivered(product, "sent", "sent")
    sent = [item for item in await product.simulated.ledger("outbound") if item["chat_id"]][-1]
    assert (sent["text"], sent["payload"]["interactive"]["type"]) == ("Which?", "list")


@pytest.mark.slow
async def test_buttons_on_discord_stand_below_the_answer_to_a_command_and_say_their_label(product: Product) -> None:
    replies: JsonValue = [{"label": "Opening hours"}, {"label": "A person", "value": "human"}]
    server = await join_server(product, greeting="Welcome!", quick_replies=replies)
    await server.register()
    await server.post("/commands", command="start")
    await server.until_ended(ANSWERED)
    (greeting,) = await server.sent("original.edit")
    assert greeting["payload"]["components"] == [
        {
            "type": 1,
            "components": [
                {"type": 2, "style": 2, "label": "Opening hours", "custom_id": "choice:1"},
                {"type": 2, "style": 2, "label": "A person", "custom_id": "human"},
            ],
        }
    ]
    await server.post("/buttons", id=greeting["message_id"], custom_id="human")
    await server.until_ended(ANSWERED, ANSWERED)
    pressed = (await (await desk(product)).messages())[-2]
    assert (pressed["text"], pressed["metadata"]) == ("A person", {"button": "human"})


@pytest.mark.slow
async def test_long_labels_become_a_list_whose_numbers_are_answers(product: Product) -> None:
    bot = await whatsapp(product)
    await bot.answered("hello")
    place = await desk(product)
    labels = ["Tell me everything about the opening hours", "Let me speak to a person"]
    await place.say(text="What may it be?", buttons=[{"label": labels[0]}, {"label": labels[1], "value": "human"}])
    await until_delivered(product, "sent", "sent")
    assert (await bot.sent())[-1] == f"What may it be?\n\n1. {labels[0]}\n2. {labels[1]}"
    await bot.say("2")
    await bot.until_states("answered", "answered")
    assert (await bot.sent())[-1] == f"You said: {labels[1]}"
    chosen = (await place.messages())[-2]
    assert (chosen["text"], chosen["metadata"]) == (labels[1], {"button": "human", "wrote": "2"})
    await bot.say("2")
    await bot.until_states("answered", "answered", "answered")
    assert (await bot.sent())[-1] == "You said: 2"


LINKED: list[JsonValue] = [{"label": "Call me"}, {"label": "Our shop", "url": "https://shop.example/"}]


@pytest.mark.slow
async def test_links_beside_answers_are_a_template_on_messenger_whose_answers_are_heard(product: Product) -> None:
    bot = await messenger(product)
    await bot.answered("hello")
    place = await desk(product)
    await place.say(text="What now?", buttons=LINKED)
    await until_delivered(product, "sent", "sent")
    assert (await bot.sent())[-1] == "What now?"
    await bot.happens(postback={"mid": "m_pressed", "title": "Call me", "payload": "choice:1"})
    await bot.until_states("answered", "answered")
    assert (await bot.sent())[-1] == "You said: Call me"


@pytest.mark.slow
async def test_links_are_behind_a_list_where_a_platform_shows_them_not_beside_answers(product: Product) -> None:
    bot = await whatsapp(product)
    await bot.answered("hello")
    place = await desk(product)
    await place.say(text="What now?", buttons=LINKED)
    await until_delivered(product, "sent", "sent")
    assert (await bot.sent())[-1] == "What now?\n\n1. Call me\n\n- Our shop (https://shop.example/)"
    await bot.answered("1")
    assert (await bot.sent())[-1] == "You said: Call me"
    await place.say(text="Look:", buttons=LINKED[1:])
    await until_delivered(product, "sent", "sent", "sent", "sent")
