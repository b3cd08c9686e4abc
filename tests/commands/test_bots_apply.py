"""bots apply: a file becomes bots and channels, again and again the same, or nothing happens and it says why."""

from pathlib import Path

import pytest
from pydantic import JsonValue
from sqlalchemy import select

from adapters.database import bots as bot_rows
from adapters.database import channels, workspaces
from adapters.database.channels import ChannelAccess, credentials_vault
from adapters.database.engine import Database
from adapters.database.tables import BotRow, ChannelRow
from adapters.faults import CommandFailed
from commands.bots import WorkspaceUnknown, apply
from settings import Settings

FILE = """
bots:
  - key: ada
    name: Ada
    instructions: You help customers of ${COMPANY}, and write $${name} for a name.
    model: {temperature: null}
    channels:
      - platform: telegram
        name: main
        credentials: {token: "${TOKEN}"}
        settings: {polling: true}
      - platform: webchat
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file, and the variables that it wants."""
    monkeypatch.setenv("COMPANY", "Canary & Sons")
    monkeypatch.setenv("TOKEN", "123:canary-of-the-token")
    path = tmp_path / "bots.yaml"
    write(path, FILE)
    return path


@pytest.fixture
async def workspace(database: Database) -> str:
    """Where the files are applied."""
    async with database.begin() as connection:
        await workspaces.ensure(connection, "acme")
    return "acme"


def write(path: Path, text: str) -> None:
    path.write_text(text)


async def bots(database: Database) -> dict[str, dict[str, JsonValue]]:
    async with database.begin() as connection:
        rows = await connection.execute(select(BotRow.key, BotRow.settings).order_by(BotRow.created_at))
        return {str(row.key): row.settings for row in rows}


async def accesses(settings: Settings, database: Database) -> dict[str, ChannelAccess]:
    found: dict[str, ChannelAccess] = {}
    async with database.begin() as connection:
        for row in (await connection.execute(select(ChannelRow.id, ChannelRow.name))).all():
            access = await channels.load(connection, credentials_vault(settings.secrets()), row.id)
            assert access is not None
            found[row.name] = access
    return found


async def test_bots_and_channels_are_made(settings: Settings, database: Database, file: Path, workspace: str) -> None:
    assert await apply(settings, file, workspace, dry_run=False) == 0

    bot = (await bots(database))["ada"]
    made = await accesses(settings, database)
    assert bot["instructions"] == "You help customers of Canary & Sons, and write ${name} for a name."
    assert made.keys() == {"main", "webchat"}
    assert made["main"].channel.secret("token") == "123:canary-of-the-token"
    assert made["main"].channel.secret("webhook_secret")
    assert made["main"].channel.settings == {"polling": True}


async def test_the_same_file_again_changes_nothing(
    settings: Settings, database: Database, file: Path, workspace: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await apply(settings, file, workspace, dry_run=False)
    before = await bots(database), await accesses(settings, database)
    capsys.readouterr()
    await apply(settings, file, workspace, dry_run=False)

    assert (await bots(database), await accesses(settings, database)) == before
    assert [line.rsplit(" ", 1)[1] for line in capsys.readouterr().out.splitlines()] == ["unchanged"] * 3


async def test_what_the_file_does_not_name_is_left_alone(
    settings: Settings, database: Database, file: Path, workspace: str
) -> None:
    await apply(settings, file, workspace, dry_run=False)
    write(file, "bots: [{key: ada, greeting: Hello, model: {name: other}}, {key: bob, name: Bob}]")
    before = await accesses(settings, database)
    await apply(settings, file, workspace, dry_run=False)

    after = await bots(database)
    model = after["ada"]["model"]
    assert isinstance(model, dict)
    assert after.keys() == {"ada", "bob"}
    assert (after["ada"]["greeting"], model["name"], model["temperature"]) == ("Hello", "other", None)
    assert str(after["ada"]["instructions"]).startswith("You help")
    assert (await accesses(settings, database))["main"].channel == before["main"].channel


WITH_TOOL = """
bots:
  - key: ada
    name: Ada
    secrets: {shop: "${TOKEN}"}
    tools:
      - kind: http
        name: find
        description: Finds.
        url: https://shop.example.com/items
        hosts: [shop.example.com]
        secret_headers: {Authorization: shop}
"""


async def test_the_secrets_of_tools_are_kept_and_never_told(
    settings: Settings, database: Database, file: Path, workspace: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write(file, WITH_TOOL)
    await apply(settings, file, workspace, dry_run=False)
    async with database.begin() as connection:
        row = (await connection.execute(select(BotRow.id, BotRow.workspace_id))).one()
        vault = credentials_vault(settings.secrets())
        kept = await bot_rows.secrets(connection, vault, row.workspace_id, row.id)
    assert kept == {"shop": "123:canary-of-the-token"}
    first = capsys.readouterr().out
    await apply(settings, file, workspace, dry_run=False)
    assert "secrets.shop: set" in first
    assert capsys.readouterr().out == "bot ada: unchanged\n"
    assert "canary" not in first


async def test_a_tool_without_its_secret_is_named(settings: Settings, file: Path, workspace: str) -> None:
    write(file, WITH_TOOL.replace('shop: "${TOKEN}"', ""))
    with pytest.raises(CommandFailed, match=r"bots\[0\]\.tools\[0\]\.secret_headers: the bot has no secret 'shop'"):
        await apply(settings, file, workspace, dry_run=False)


async def test_one_credential_is_replaced_and_the_others_stay(
    settings: Settings,
    database: Database,
    file: Path,
    workspace: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    await apply(settings, file, workspace, dry_run=False)
    secret = (await accesses(settings, database))["main"].channel.secret("webhook_secret")
    monkeypatch.setenv("TOKEN", "123:another-canary")
    capsys.readouterr()
    await apply(settings, file, workspace, dry_run=False)

    channel = (await accesses(settings, database))["main"].channel
    said = capsys.readouterr().out
    assert (channel.secret("token"), channel.secret("webhook_secret")) == ("123:another-canary", secret)
    assert "credentials.token: replaced" in said
    assert "canary" not in said


async def test_a_dry_run_shows_the_difference_without_secrets_and_changes_nothing(
    settings: Settings, database: Database, file: Path, workspace: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await apply(settings, file, workspace, dry_run=True)

    said = capsys.readouterr().out
    assert await bots(database) == {}
    assert "bot ada: would be created" in said
    assert 'name: "Ada"' in said
    assert "canary" not in said.lower()


async def test_a_dry_run_over_what_is_there_shows_before_and_after(
    settings: Settings, file: Path, workspace: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await apply(settings, file, workspace, dry_run=False)
    write(file, FILE.replace("name: Ada", "name: Eve"))
    capsys.readouterr()
    await apply(settings, file, workspace, dry_run=True)

    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["bot ada: would be changed", '  name: "Ada" → "Eve"']


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("bots: 3", "bots", "list"),
        ("- key: a", "bots", "list"),
        ("bots: []\nmore: 1", "more", "no such field"),
        ("bots: [{name: x}]", "bots[0].key", "text"),
        ("bots: [{key: a}]", "bots[0].name", "required"),
        ("bots: [{key: a, name: x}, {key: a, name: y}]", "bots[1]", "same key"),
        ("bots: [{key: a, name: x, greting: y}]", "bots[0].greting", "no such field"),
        ("bots: [{key: a, name: x, model: {temperature: 9}}]", "bots[0].model.temperature", "less than"),
        ("bots: [{key: a, name: x, fallback_models: [{apis: z}]}]", "bots[0].fallback_models[0].apis", "such field"),
        ("bots: [{key: a, name: x, instructions: '{{ contact.nme }}'}]", "bots[0].instructions", "line 1: 'contact'"),
        ("bots: [{key: a, name: '${NOT_SET}'}]", "bots[0].name", "NOT_SET is not set"),
        ("bots: [{key: a, name: '${not-a-name}'}]", "bots[0].name", "$${"),
        ("bots: [{key: a, name: x, metadata: {day: 2026-01-01}}]", "bots[0].metadata.day", "quotes"),
        ("bots: [{key: a, name: x, metadata: {1: y}}]", "bots[0].metadata.1", "quotes"),
        ('bots: [{key: a, name: "x\\0"}]', "bots[0].name", "NUL"),
        ("bots: [{key: a, name: x, channels: [{platform: fax}]}]", "bots[0].channels[0].platform", "'telegram'"),
        (
            "bots: [{key: a, name: x, channels: [{platform: telegram}]}]",
            "bots[0].channels[0].credentials.token",
            "missing",
        ),
        (
            "bots: [{key: a, name: x, channels: [{platform: webchat, credentials: {key: y}}]}]",
            "bots[0].channels[0].credentials.key",
            "no such credential",
        ),
        (
            "bots: [{key: a, name: x, channels: [{platform: webchat}, {platform: webchat}]}]",
            "bots[0].channels[1]",
            "same platform and name",
        ),
        ("bots: [", "the file", "no YAML"),
    ],
)  # fmt: skip
async def test_a_fault_names_file_place_and_reason(
    settings: Settings, workspace: str, tmp_path: Path, text: str, place: str, reason: str
) -> None:
    path = tmp_path / "faulty.yaml"
    write(path, text)
    with pytest.raises(CommandFailed) as refused:
        await apply(settings, path, workspace, dry_run=False)

    assert refused.value.sentence.startswith(f"{path}: {place}: ")
    assert reason in refused.value.sentence
    assert "\n" not in str(refused.value)


async def test_a_fault_in_the_last_bot_leaves_the_first_unmade(
    settings: Settings, database: Database, workspace: str, tmp_path: Path
) -> None:
    path = tmp_path / "faulty.yaml"
    write(path, "bots: [{key: first, name: First}, {key: last, name: Last, channels: [{platform: telegram}]}]")
    with pytest.raises(CommandFailed):
        await apply(settings, path, workspace, dry_run=False)

    assert await bots(database) == {}


async def test_an_unknown_workspace_is_refused(settings: Settings, file: Path) -> None:
    with pytest.raises(WorkspaceUnknown, match="'nowhere'"):
        await apply(settings, file, "nowhere", dry_run=False)


async def test_the_bots_of_another_workspace_are_never_touched(
    settings: Settings, database: Database, file: Path, workspace: str
) -> None:
    async with database.begin() as connection:
        await workspaces.ensure(connection, "other")
    await apply(settings, file, workspace, dry_run=False)
    write(file, FILE.replace("name: Ada", "name: Eve"))
    await apply(settings, file, "other", dry_run=False)

    async with database.begin() as connection:
        names = await connection.scalars(select(BotRow.name).where(BotRow.key == "ada"))
        assert sorted(names) == ["Ada", "Eve"]
