"""Sends whose answer was lost on every platform: what they end as, and how an operator ends what stays in doubt."""

import httpx
import pytest
from pydantic import JsonValue

from tests.desk import Desk
from tests.matrix.phones import Phone
from tests.matrix.records import until_parts
from tests.matrix.rows import ROWS

pytestmark = pytest.mark.slow
ANSWER = "You said: hello"
IN_DOUBT = [row.name for row in ROWS if row.doubt == "uncertain"]


async def test_a_send_without_an_answer_is_there_once_and_in_doubt_only_where_nobody_can_tell(phone: Phone) -> None:
    place, part = await _sent_without_an_answer(phone)
    is_doubtful = phone.row.doubt == "uncertain"
    assert (part["state"], part["attempts"]) == (phone.row.doubt, phone.row.attempts_in_doubt)
    assert [shown.text for shown in await phone.shown()] == [ANSWER]
    listed = (await place.operator.get("/deliveries", state="uncertain", channel_id=str(phone.channel.id)))["items"]
    assert isinstance(listed, list)
    ours = [item["id"] for item in listed if isinstance(item, dict) and item["conversation_id"] == place.conversation]
    assert ours == ([part["id"]] if is_doubtful else [])
    ended = await _end(phone, part, "write-off")
    assert ended.json().get("code") == (None if is_doubtful else "not_in_doubt")


@pytest.mark.parametrize("phone", IN_DOUBT, indirect=True)
@pytest.mark.parametrize(
    ("verb", "state", "reason", "times"), [("write-off", "failed", "written_off", 1), ("resend", "sent", None, 2)]
)
async def test_an_operator_ends_what_stays_in_doubt(
    phone: Phone, verb: str, state: str, reason: str | None, times: int
) -> None:
    place, part = await _sent_without_an_answer(phone)
    assert (await _end(phone, part, verb)).status_code == 200
    await until_parts(place, state=state, reason=reason)
    assert [shown.text for shown in await phone.shown()] == [ANSWER] * times


async def _end(phone: Phone, part: dict[str, JsonValue], verb: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {phone.operator.key}"}
    return await phone.product.client.post(f"/v1/deliveries/{part['id']}/{verb}", headers=headers)


async def _sent_without_an_answer(phone: Phone) -> tuple[Desk, dict[str, JsonValue]]:
    await phone.goes_wrong(kind="accept_then_reset")
    await phone.say("hello")
    await phone.until_ended(1)
    place = await phone.desk()
    (part,) = await until_parts(place, state=phone.row.doubt)
    return place, part
