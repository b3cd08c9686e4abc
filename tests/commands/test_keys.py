"""keys: made once and shown once, listed without their secret, revoked at once."""

import json

import pytest

from adapters.database import keys
from adapters.database.channels import keys_vault
from adapters.database.engine import Database
from adapters.database.tables import Role
from commands.keys import KeyUnknown, create, revoke, show
from settings import Settings
from tests.commands.commandline import chat_orchestrator
from tests.processes import environment


async def listed(settings: Settings, capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    capsys.readouterr()
    assert await show(settings, as_json=True) == 0
    return list(json.loads(capsys.readouterr().out)["items"])


@pytest.mark.slow
async def test_the_secret_stands_alone_on_stdout_and_works(settings: Settings, database: Database) -> None:
    done = await chat_orchestrator(
        "keys", "create", "--workspace", "acme", "--role", "operator", environment=environment(settings)
    )
    secret = done.out.strip()
    async with database.begin() as connection:
        holder = await keys.find(connection, keys_vault(settings.secrets()), secret)

    assert done.code == 0
    assert done.out == f"{secret}\n"
    assert holder is not None
    assert holder.role == "operator"


async def test_a_listed_key_has_the_promised_fields_and_no_secret(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    await create(settings, "acme", Role.VIEWER, "dashboard")
    secret = capsys.readouterr().out.strip()
    (found,) = await listed(settings, capsys)

    assert found.keys() == {"id", "name", "workspace", "role", "last4", "created_at", "last_used_at"}
    assert (found["name"], found["workspace"], found["role"]) == ("dashboard", "acme", "viewer")
    assert found["last4"] == secret[-4:]
    assert str(found["created_at"]).endswith("Z")
    assert secret not in json.dumps(found)


async def test_the_table_shows_brackets_as_they_are(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    await create(settings, "acme", Role.VIEWER, "[bold]name")
    await show(settings, as_json=False)

    assert "[bold]name" in capsys.readouterr().out


async def test_a_revoked_key_is_out_of_force(
    settings: Settings, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    await create(settings, "acme", Role.ADMIN, "")
    secret = capsys.readouterr().out.strip()
    (found,) = await listed(settings, capsys)
    await revoke(settings, str(found["id"]))

    async with database.begin() as connection:
        assert await keys.find(connection, keys_vault(settings.secrets()), secret) is None
    assert await listed(settings, capsys) == []


@pytest.mark.parametrize("key_id", ["nonsense", "00000000-0000-0000-0000-000000000000"])
async def test_revoking_an_unknown_key_is_refused(settings: Settings, key_id: str) -> None:
    with pytest.raises(KeyUnknown):
        await revoke(settings, key_id)
