"""Presses that come without the label: what our message showed says it."""

from sqlalchemy import select, update

from adapters.database.engine import Database
from adapters.database.records import DeliveryRow, Message
from domain.events import EventKind
from settings import Settings
from tests.adapters.database.chat import open_chat
from tests.adapters.database.test_aliases import told


async def test_a_press_without_a_label_is_heard_as_the_label_that_was_shown(
    settings: Settings, database: Database
) -> None:
    chat = await open_chat(settings, database)
    begun = await chat.begin(*await chat.hear("hello"))
    await chat.send(begun)
    shown = [{"label": "Yes"}, {"label": "No", "value": "no"}]
    async with database.begin() as connection:
        await connection.execute(update(DeliveryRow).values(platform_message_id="101"))
        await connection.execute(update(Message).where(Message.direction == "outbound").values(buttons=shown))
    pressed = [("choice:1", "101"), ("no", "101"), ("choice:3", "101"), ("choice:1", "102"), ("choice:1", None)]
    for data, name in pressed:
        press = chat.event(data, kind=EventKind.BUTTON, details={"data": data})
        await told(chat, press.model_copy(update={"reply_to": name}))
    heard = select(Message.text, Message.metadata_["button"].as_string()).where(Message.direction == "inbound")
    expected = [("Yes", "choice:1"), ("No", "no"), *[(data, data) for data, _ in pressed[2:]]]
    assert (await chat.rows(heard.order_by(Message.seq)))[1:] == expected
