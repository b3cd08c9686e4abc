"""Contacts out of reach on every platform: what is said to them fails with its reason, and the chat lives on."""

from pydantic import JsonValue

from tests.desk import Desk
from tests.machine import until
from tests.matrix.phones import Phone
from tests.matrix.records import until_parts


async def test_what_is_said_to_a_contact_out_of_reach_fails_and_the_conversation_lives_on(phone: Phone) -> None:
    await phone.answered("hello")
    place, reason = await phone.desk(), phone.row.blocked
    # Where no contact can be told anything, that is no contact's fault.
    mark = None if reason == "credentials_refused" else reason
    async with phone.unreachable():
        await place.say(text="Are you there?")
        await until_parts(place, state="failed" if reason else "sent", reason=reason)
        await until(lambda: _is_marked(place, mark))
    await place.say(text="And now?")
    await until_parts(place, state="sent")
    assert (await phone.answered("I am back")).text == "You said: I am back"
    assert await _is_marked(place, None)


async def _is_marked(place: Desk, reason: JsonValue) -> bool:
    conversation = await place.operator.get(f"/conversations/{place.conversation}")
    return conversation["undeliverable"] == reason
