"""What the tests of the model provider start from."""

from collections.abc import AsyncIterator

import pytest

from adapters.ai.openai import OpenAI
from tests.adapters.ai.endpoint import speaking_to
from tests.simulated import Simulated


@pytest.fixture
async def openai(simulated: Simulated) -> AsyncIterator[OpenAI]:
    """The adapter, pointed at the simulator."""
    async with speaking_to(simulated.openai_base_url) as adapter:
        yield adapter
