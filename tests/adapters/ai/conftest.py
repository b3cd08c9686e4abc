"""What the tests of the model provider start from."""

from collections.abc import AsyncIterator

import pytest

from adapters.ai.openai import OpenAI
from tests.adapters.ai.endpoint import KEY
from tests.simulated import Simulated


@pytest.fixture
async def openai(simulated: Simulated) -> AsyncIterator[OpenAI]:
    """The adapter, pointed at the simulator."""
    adapter = OpenAI(KEY, simulated.openai_base_url)
    yield adapter
    await adapter.close()
