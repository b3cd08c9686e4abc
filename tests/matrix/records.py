"""What an operator reads of a conversation: the last thing that the contact said, and what became of what was sent."""

from pydantic import JsonValue

from tests.desk import Desk
from tests.machine import until

Item = dict[str, JsonValue]


async def last_heard(place: Desk) -> Item:
    """The newest message of the contact."""
    return [item for item in await place.messages() if item["direction"] == "inbound"][-1]


async def until_heard(place: Desk, **wanted: JsonValue) -> Item:
    """The newest message of the contact, once it stands so."""

    async def stands() -> bool:
        return wanted.items() <= (await last_heard(place)).items()

    await until(stands)
    return await last_heard(place)


async def parts(place: Desk) -> list[Item]:
    """The parts of what was said last to the contact."""
    said = [item for item in await place.messages() if item["direction"] == "outbound"]
    deliveries = said[-1]["deliveries"] if said else []
    assert isinstance(deliveries, list)
    return [item for item in deliveries if isinstance(item, dict)]


async def until_parts(place: Desk, **wanted: JsonValue) -> list[Item]:
    """The parts of what was said last to the contact, once all of them stand so."""

    async def stand() -> bool:
        found = await parts(place)
        return bool(found) and all(wanted.items() <= part.items() for part in found)

    await until(stand)
    return await parts(place)
