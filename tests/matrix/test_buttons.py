"""Buttons on every platform: offered by an operator, shown in the platform's own way, pressed and answered."""

from tests.matrix.phones import Phone
from tests.matrix.records import last_heard


async def test_a_button_is_offered_pressed_and_answered(phone: Phone) -> None:
    await phone.answered("hello")
    place = await phone.desk()
    await place.say(text="Shall we **call**?", buttons=[{"label": "Yes", "value": "call"}, {"label": "Not now"}])
    offered = (await phone.until_shown(2))[-1]
    assert offered.buttons == (("Yes", "call"), ("Not now", "choice:2"))
    assert [words for words in phone.row.offers if words not in offered.text + offered.marks] == []
    await phone.press(offered, "Yes", "call")
    assert (await phone.until_shown(3))[-1].text == "You said: Yes"
    pressed = await last_heard(place)
    assert (pressed["text"], pressed["metadata"]) == ("Yes", {"button": "call"})
