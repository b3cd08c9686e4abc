"""The outside: platforms and models that refuse, break, hang, or take something without saying so."""

from collections.abc import Mapping

from tests.chaos.load import Person
from tests.chaos.scene import Scene

_SEND = {"platform": "telegram", "method": "sendMessage"}
_ASK = {"platform": "openai", "method": "chat/completions"}
_HANG_SECONDS = 30


async def accept_in_silence(scene: Scene) -> None:
    """R-15: a send is taken, and then nothing, or a reset: whether it worked cannot be known."""
    async for strike, person in scene.strikes():
        await _meet(scene, person, {**_SEND, "kind": strike.way, "seconds": _HANG_SECONDS})


async def slow_down(scene: Scene) -> None:
    """R-13: 429, with the time to wait in the body and as a header in one of its forms, or without."""
    async for strike, person in scene.strikes():
        wait = None if strike.way == "missing" else 1 + strike.choice % 4
        form = {"retry_after": wait, "retry_after_form": strike.way} if wait else {}
        await _meet(scene, person, {**_SEND, "kind": "status", "status": 429, **form})


async def refuse(scene: Scene) -> None:
    """R-14: a platform that answers 5xx, several times in a row, or resets the connection."""
    async for strike, person in scene.strikes():
        if strike.way == "reset":
            await _meet(scene, person, {**_SEND, "kind": "reset_before_accept"})
        else:
            fault = {**_SEND, "kind": "status", "status": int(strike.way)}
            await _meet(scene, person, fault, times=1 + strike.choice % 3)


async def break_the_model(scene: Scene) -> None:
    """R-17: a model that hangs, stalls, ends, or is cut off in the middle of its answer."""
    async for strike, person in scene.strikes():
        await _meet(scene, person, {**_ASK, "kind": strike.way})


async def refuse_from_the_model(scene: Scene) -> None:
    """R-18: a model that is overloaded, broken, or answers nonsense."""
    async for strike, person in scene.strikes():
        if strike.way == "nonsense":
            await _meet(scene, person, {**_ASK, "kind": "invalid_json"})
        else:
            again = {"retry_after": 1} if strike.way == "429" else {}
            await _meet(scene, person, {**_ASK, "kind": "status", "status": int(strike.way), **again})


async def _meet(scene: Scene, person: Person, fault: Mapping[str, object], times: int = 1) -> None:
    """Let a fault meet the answer to what somebody says now, and no other."""
    text = scene.load.text(person)
    await scene.arm({**fault, "contains": text, "count": times})
    await scene.load.say(person, text)
