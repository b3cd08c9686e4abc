"""The front door: APIs that die around the acknowledgement, and events that come again, changed, or out of order."""

import asyncio
import json
from datetime import UTC, datetime
from http import HTTPStatus

from tests.chaos.load import Person
from tests.chaos.plan import Strike
from tests.chaos.scene import Scene
from tests.chaos.world import QUEUE_TOKEN, WEBHOOK_SECRET

_REQUEST_SECONDS = 0.03
_APART_SECONDS = 0.0125
_TIMES = 5
_BURST = 50


async def kill_around_the_acknowledgement(scene: Scene) -> None:
    """R-04: SIGKILL as a webhook comes in, before its 2xx leaves, or right after; started again on the same port."""
    async for strike, person in scene.strikes():
        met = await _meet(scene, strike, person)
        await scene.world.apis[met].kill()
        await scene.world.restart_api(met)


async def _meet(scene: Scene, strike: Strike, person: Person) -> int:
    """Have an API struck down at the next webhook; which one it was."""
    met: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def strike_down(api: int) -> None:
        scene.world.apis[api].strike_down()
        met.set_result(api)

    async def spring(api: int) -> bool:
        later = strike.moment * _REQUEST_SECONDS if strike.way == "request" else 0.0
        if strike.way == "before the answer":
            strike_down(api)
        else:
            # Only once what came has been passed on.
            asyncio.get_running_loop().call_later(later, strike_down, api)
        return strike.way != "before the answer"

    scene.world.front.set_trap("request" if strike.way == "request" else "answer", spring)
    await scene.load.say(person)
    return await asyncio.wait_for(met, 120)


async def repeat(scene: Scene) -> None:
    """R-09: each event up to five times, milliseconds apart, to two APIs side by side."""
    for again in range(1, _TIMES):
        fault = {"kind": "duplicate_webhook", "copies": again, "seconds": _APART_SECONDS, "probability": 1.0}
        await scene.arm({**fault, "contains": f"again{again}"})
    people = scene.load.people
    async for strike, _ in scene.strikes():
        again = strike.choice % _TIMES
        person = people[strike.choice % len(people)]
        await scene.load.say(person, scene.load.text(person, f"again{again}" if again else ""))


async def overtake(scene: Scene) -> None:
    """R-11: an update waits until the next one of its chat has gone before it."""
    async for _, person in scene.strikes():
        text = scene.load.text(person)
        await scene.arm({"kind": "reorder_webhook", "contains": text, "count": 1})
        await scene.load.say(person, text)
        await scene.load.say(person)


async def burst_of_a_newcomer(scene: Scene) -> None:
    """R-12: fifty first messages of somebody new, all at once."""
    async for strike, _ in scene.strikes():
        person = scene.load.newcomer()
        texts = [scene.load.text(person) for _ in range(_BURST)]
        posted = [_update(person, text, 1_000_000_000 + strike.choice * 100 + n) for n, text in enumerate(texts)]
        answers = await asyncio.gather(*(_post(scene, json.dumps(update).encode()) for update in posted))
        taken = [text for text, status in zip(texts, answers, strict=True) if status == HTTPStatus.OK]
        scene.load.note_accepted(person, taken)


async def encode_again(scene: Scene) -> None:
    """R-10: the same update once more, in other bytes: spaces, the order of its fields, headers in capitals."""
    async for strike, person in scene.strikes():
        text = await scene.load.say(person)
        update = await scene.acknowledged(text)
        fields = dict(reversed(update.items()))
        body = json.dumps(fields, indent=strike.choice % 4, ensure_ascii=True).encode()
        assert await _post(scene, body, shouted=True) == HTTPStatus.OK


async def _post(scene: Scene, body: bytes, *, shouted: bool = False) -> int:
    """Post an update as the platform would; the status."""
    name = "X-Telegram-Bot-Api-Secret-Token"
    headers = {name.upper() if shouted else name: WEBHOOK_SECRET, "Content-Type": "application/json"}
    path = f"/webhooks/telegram/{scene.world.channels[QUEUE_TOKEN]}"
    answer = await scene.world.client.post(path, content=body, headers=headers)
    return answer.status_code


def _update(person: Person, text: str, number: int) -> dict[str, object]:
    chat = {"id": person.chat, "type": "private", "first_name": "Newcomer"}
    sender = {"id": person.chat, "is_bot": False, "first_name": "Newcomer"}
    message = {
        "message_id": number % 100_000,
        "date": int(datetime.now(UTC).timestamp()),
        "chat": chat,
        "from": sender,
        "text": text,
    }
    return {"update_id": number, "message": message}
