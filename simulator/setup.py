"""What a simulator is told at its start, so that one that was started again knows the same bots as before."""

from collections.abc import Sequence
from pathlib import Path

import httpx
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from simulator.wire import Object


class SetUp(BaseModel):
    """One request to the simulator itself, such as `/_sim/whatsapp/numbers/106540352242922`."""

    model_config = ConfigDict(extra="forbid")

    path: str = Field(pattern=r"^/[^/]")
    body: Object = Field(default_factory=dict)


class SetUpMissing(Exception):
    """What should be set up cannot be read, or is refused."""


_LIST = TypeAdapter(tuple[SetUp, ...])


def read_setup(path: Path) -> Sequence[SetUp]:
    """The requests of a file; raises `SetUpMissing`."""
    try:
        return _LIST.validate_json(path.read_bytes())
    except OSError as error:
        raise SetUpMissing(f"cannot read {str(path)!r}: {error.strerror}; name a file with --setup") from error
    except ValidationError as error:
        raise SetUpMissing(f"{str(path)!r} is no JSON list of {{path, body}}; correct it") from error


async def set_up(base_url: str, asked: Sequence[SetUp]) -> None:
    """Do what is asked, one after the other; raises `SetUpMissing` at the first that is refused."""
    if not asked:
        return
    async with httpx.AsyncClient(base_url=base_url, trust_env=False, timeout=10) as client:
        for request in asked:
            answer = await client.post(request.path, json=request.body)
            if not answer.is_success:
                place = request.path.split("/")[1:3]
                raise SetUpMissing(f"the setup for /{'/'.join(place)}/… is refused with {answer.status_code}")
