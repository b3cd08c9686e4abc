"""What the tests of single activities start from."""

import pytest
from pydantic import SecretStr

from settings import Settings
from tests.conftest import SECRET_KEY
from tests.simulated import Simulated


@pytest.fixture
def keyless() -> Settings:
    """Settings without a model provider."""
    return Settings(_env_file=None, secret_key=(SecretStr(SECRET_KEY),), openai_api_key=None, openai_base_url=None)


@pytest.fixture
def simulating(keyless: Settings, simulated: Simulated) -> Settings:
    """Settings whose platforms and model provider are the simulator's."""
    return keyless.model_copy(
        update={"openai_base_url": simulated.openai_base_url, "telegram_api_url": simulated.telegram_api_url}
    )
