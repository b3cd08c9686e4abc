"""What the tests of the record start from: a chat of their own, in a database that the tests of a file share."""

import pytest
from pydantic import SecretStr

from adapters.database.engine import Database
from settings import Settings
from tests.adapters.database.chat import Chat, open_chat
from tests.conftest import SECRET_KEY


@pytest.fixture
async def chat(shared: Database) -> Chat:
    """A chat on Telegram of which nothing was heard yet."""
    return await open_chat(Settings(_env_file=None, secret_key=(SecretStr(SECRET_KEY),)), shared)
