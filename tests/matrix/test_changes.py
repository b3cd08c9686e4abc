"""Edits and deletions on every platform: those of the contact are heard, those of an operator are made or refused."""

from tests.desk import Desk
from tests.machine import until
from tests.matrix.phones import Phone
from tests.matrix.records import until_heard, until_parts


async def test_an_edit_of_a_message_that_waits_changes_what_is_answered(phone: Phone) -> None:
    await phone.answered("hello")
    place = await phone.desk()
    await place.operator.post(f"/conversations/{place.conversation}/pause")
    name = await phone.say("old words")
    await until_heard(place, text="old words", state="held")
    is_edited = await phone.edit(name, "new words")
    words = "new words" if is_edited else "old words"
    await until_heard(place, text=words, state="held")
    await place.operator.post(f"/conversations/{place.conversation}/resume", answer_held=True)
    assert (await phone.until_shown(2))[-1].text == f"You said: {words}"
    assert is_edited == phone.row.is_edited_by_contacts


async def test_an_edit_of_an_answered_message_is_kept_and_not_answered(phone: Phone) -> None:
    name = await phone.say("old words")
    await phone.until_ended(1)
    place = await phone.desk()
    words = "new words" if await phone.edit(name, "new words") else "old words"
    await until_heard(place, text=words)
    await phone.answered("hello")
    assert [shown.text for shown in await phone.shown()] == ["You said: old words", "You said: hello"]


async def test_what_an_operator_said_is_edited_and_deleted_where_it_stands(phone: Phone) -> None:
    place, message = await _said(phone, "We open at ten.")
    if not phone.row.is_changed:
        for method, what in (("PATCH", {"text": "We open at nine."}), ("DELETE", {})):
            refused = await place.change(method, message, **what)
            assert (refused.status_code, refused.json()["code"]) == (422, "unsupported_by_platform")
        assert [item["change"] for item in await place.messages()] == [None] * 3
        assert (await phone.shown())[-1].text == "We open at ten."
        return
    assert (await place.change("PATCH", message, text="We open at nine.")).status_code == 202
    await _until_changed(place, text="We open at nine.")
    assert (await phone.shown())[-1].text == "We open at nine."
    assert (await place.change("DELETE", message)).status_code == 202
    await _until_changed(place, kind="delete")
    assert [shown.text for shown in await phone.shown()] == ["You said: hello"]
    assert (await place.change("DELETE", message)).json()["change"]["state"] == "done"
    assert (await place.change("PATCH", message, text="too late")).json()["code"] == "message_deleted"


async def _said(phone: Phone, text: str) -> tuple[Desk, str]:
    await phone.answered("hello")
    place = await phone.desk()
    message = str((await place.say(text=text))["id"])
    await until_parts(place, state="sent")
    return place, message


async def _until_changed(place: Desk, kind: str = "edit", text: str | None = None) -> None:
    """Wait until the change of what was said last is made, and stands in the record."""

    async def changed() -> bool:
        said = (await place.messages())[-1]
        change = said["change"]
        assert isinstance(change, dict)
        return (change["kind"], change["state"]) == (kind, "done") and text in (None, said["text"])

    await until(changed)
