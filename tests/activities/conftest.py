"""What the tests of single activities start from."""

import pytest

from settings import Settings
from tests.simulated import Simulated


@pytest.fixture
def pointed(settings: Settings, simulated: Simulated) -> Settings:
    """Settings whose platforms and model provider are the simulator's."""
    return settings.model_copy(
        update={"openai_base_url": simulated.openai_base_url, "telegram_api_url": simulated.telegram_api_url}
    )
