"""`chat-orchestrator bots apply`: makes the bots and channels of a workspace what a file says."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from fastapi.exceptions import RequestValidationError
from pydantic import JsonValue, ValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import bots, channel_admin
from adapters.database.channels import credentials_vault
from adapters.database.notifications import channels_changed
from adapters.database.scope import scoped
from adapters.database.tables import BotRow, ChannelRow, Workspace
from adapters.faults import CommandFailed
from adapters.platforms.catalogue import http_client, platforms
from adapters.vault import Vault
from api.v1 import channel_input, model_use, tool_use
from api.v1.patches import merged, patched
from commands.bot_file import BotEntry, BotFile, ChannelEntry, FileFaulty, Place, first_fault, read
from commands.differences import differences
from commands.outside import transaction
from domain.bots import Bot
from domain.platforms import PlatformName
from settings import Settings, environment

_NOT_APPLIED = "Nothing was changed."


class WorkspaceUnknown(CommandFailed):
    """There is no workspace of this name."""


@dataclass(frozen=True)
class Change:
    """What becomes of one bot or channel; `lines` say what differs."""

    subject: str
    verb: str
    lines: tuple[str, ...] = ()


async def apply(settings: Settings, file: Path, workspace: str, *, dry_run: bool) -> int:
    """Applies the file in one transaction and prints what changes; a dry run takes everything back."""
    try:
        described = read(file, environment())
        async with transaction(settings) as connection:
            workspace_id = await _workspace(connection, workspace)
            vault = credentials_vault(settings.secrets())
            application = Application(connection, vault, workspace_id, described, settings.private_tool_hosts)
            changes = await application.run(await _spoken(settings))
            if dry_run:
                await connection.rollback()
    except FileFaulty as error:
        raise CommandFailed(f"{file}: {error.sentence}", _NOT_APPLIED) from error
    except bots.KeyTaken as error:
        raise CommandFailed(f"{file}: {error}.", _NOT_APPLIED) from error
    _print(changes, dry_run=dry_run)
    return 0


class Application:
    """One file on its way into one workspace."""

    def __init__(
        self,
        connection: AsyncConnection,
        vault: Vault,
        workspace_id: UUID,
        file: BotFile,
        private_hosts: Collection[str] = (),
    ) -> None:
        self._connection = connection
        self._vault = vault
        self._workspace_id = workspace_id
        self._file = file
        self._private_hosts = private_hosts
        self._changes: list[Change] = []

    async def run(self, spoken: Collection[PlatformName]) -> list[Change]:
        """Applies every entry; `spoken` are the platforms that a channel can be on."""
        for position, entry in enumerate(self._file.bots):
            place: Place = ("bots", position)
            bot_id = await self._apply_bot(entry, place)
            for number, channel in enumerate(entry.channels):
                channel_place = (*place, "channels", number)
                if channel.platform not in spoken:
                    raise FileFaulty((*channel_place, "platform"), f"{channel.platform.value} is not available yet")
                await self._apply_channel(entry.key, bot_id, channel, channel_place)
        if any(change.verb != "unchanged" for change in self._changes):
            await channels_changed(self._connection)
        return self._changes

    async def _apply_bot(self, entry: BotEntry, place: Place) -> UUID:
        subject = f"bot {entry.key}"
        known = await self._bot_id(entry.key)
        if known is None:
            given = entry.fields
            if "model" not in given:
                default = await model_use.default_model(self._connection, self._workspace_id)
                given = {**given, "model": default.model_dump(mode="json")}
            bot = await self._bot({}, given, place)
            bot_id = await bots.add(self._connection, self._workspace_id, bot, entry.key)
            named = await self._keep_secrets(bot_id, entry, bot, None, place)
            self._changes.append(Change(subject, "created", (*self._differ({}, entry.fields), *named)))
            return bot_id
        row = await bots.one(self._connection, self._workspace_id, known, lock=True)
        assert row is not None
        current = Bot.model_validate(row["settings"]).model_dump(mode="json")
        bot = await self._bot(current, entry.fields, place)
        lines = self._differ(current, bot.model_dump(mode="json"))
        if lines:
            await bots.change(self._connection, self._workspace_id, known, bot, entry.key)
        lines += await self._keep_secrets(known, entry, bot, Bot.model_validate(current), place)
        self._changes.append(Change(subject, "changed" if lines else "unchanged", lines))
        return known

    async def _keep_secrets(
        self, bot_id: UUID, entry: BotEntry, bot: Bot, before: Bot | None, place: Place
    ) -> tuple[str, ...]:
        """Keep the secrets of a bot's tools that the file names; those that it leaves out stay."""
        if not entry.secrets and not bot.tools:
            return ()
        kept = await bots.secrets(self._connection, self._vault, self._workspace_id, bot_id)
        wanted = {**kept, **entry.secrets}
        fault = tool_use.fault_of(bot, self._private_hosts, wanted, entry.secrets, before)
        if fault is not None:
            raise FileFaulty((*place, *fault.field), fault.sentence)
        if wanted == kept:
            return ()
        await bots.keep_secrets(self._connection, self._vault, self._workspace_id, bot_id, wanted)
        return tuple(f"secrets.{name}: set" for name in sorted(wanted) if wanted[name] != kept.get(name))

    async def _apply_channel(self, key: str, bot_id: UUID, entry: ChannelEntry, place: Place) -> None:
        known = await self._channel_id(bot_id, entry)
        lines = await (self._add(bot_id, entry, place) if known is None else self._change(known, entry, place))
        verb = "created" if known is None else "changed" if lines else "unchanged"
        self._changes.append(Change(f"channel {entry.platform.value} {entry.name!r} of {key}", verb, lines))

    async def _add(self, bot_id: UUID, entry: ChannelEntry, place: Place) -> tuple[str, ...]:
        opened, settings = _checked(entry.platform, entry.credentials, _laid_over({}, entry.settings), place)
        await channel_admin.add(
            self._connection, self._vault, self._workspace_id, bot_id, entry.platform, entry.name, opened, settings
        )
        return *self._differ({}, {"settings": settings} if settings else {}), *_named(opened, "set")

    async def _change(self, channel_id: UUID, entry: ChannelEntry, place: Place) -> tuple[str, ...]:
        row = await channel_admin.one(self._connection, self._workspace_id, channel_id, lock=True)
        assert row is not None
        kept = await channel_admin.credentials(self._connection, self._vault, self._workspace_id, channel_id)
        wanted = _laid_over(row["settings"], entry.settings)
        opened, settings = _checked(entry.platform, {**kept, **entry.credentials}, wanted, place)
        replaced = [name for name, value in opened.items() if kept.get(name) != value]
        differing = self._differ({"settings": row["settings"]}, {"settings": settings})
        lines = (*differing, *_named(replaced, "replaced"))
        if lines:
            await channel_admin.change(
                self._connection, self._vault, self._workspace_id, channel_id, entry.name,
                opened if replaced else None, settings,
            )  # fmt: skip
        return lines

    async def _bot(self, current: Mapping[str, JsonValue], patch: Mapping[str, JsonValue], place: Place) -> Bot:
        try:
            bot = Bot.model_validate(patched(Bot, current, patch))
        except ValidationError as error:
            raise first_fault(error, place) from error
        fault = await model_use.fault_of(self._connection, self._workspace_id, bot)
        if fault is not None:
            raise FileFaulty((*place, *fault.field), fault.sentence)
        return bot

    async def _bot_id(self, key: str) -> UUID | None:
        query = select(BotRow.id).where(BotRow.key == key, BotRow.deleted_at.is_(None))
        return await self._connection.scalar(scoped(query, self._workspace_id))

    async def _channel_id(self, bot_id: UUID, entry: ChannelEntry) -> UUID | None:
        query = select(ChannelRow.id).where(
            ChannelRow.bot_id == bot_id,
            ChannelRow.platform == entry.platform,
            ChannelRow.name == entry.name,
            ChannelRow.deleted_at.is_(None),
        )
        ordered = scoped(query, self._workspace_id).order_by(ChannelRow.created_at, ChannelRow.id)
        return await self._connection.scalar(ordered.limit(1))

    def _differ(self, before: JsonValue, after: JsonValue) -> tuple[str, ...]:
        return tuple(differences(before, after, self._file.hidden))


def _checked(
    platform: PlatformName, given: dict[str, str], wanted: Mapping[str, JsonValue], place: Place
) -> tuple[dict[str, str], dict[str, JsonValue]]:
    """The credentials and settings that a channel has from now on, as the API would take them."""
    try:
        return channel_input.credentials(platform, given), channel_input.settings(platform, wanted)
    except RequestValidationError as error:
        found = error.errors()[0]
        raise FileFaulty((*place, *found["loc"][1:]), found["msg"]) from error


def _laid_over(current: JsonValue, patch: dict[str, JsonValue]) -> dict[str, JsonValue]:
    result = merged(current, patch)
    assert isinstance(result, dict)
    return result


def _named(credentials: Collection[str], verb: str) -> tuple[str, ...]:
    return tuple(f"credentials.{name}: {verb}" for name in sorted(credentials))


async def _workspace(connection: AsyncConnection, name: str) -> UUID:
    query = select(Workspace.id).where(Workspace.name == name, Workspace.deleted_at.is_(None))
    found = await connection.scalar(query)
    if found is None:
        remedy = f"Make it with: chat-orchestrator keys create --workspace {name} --role admin."
        raise WorkspaceUnknown(f"There is no workspace {name!r}.", remedy)
    return found


async def _spoken(settings: Settings) -> Collection[PlatformName]:
    http = http_client()
    try:
        return platforms(settings, http).keys()
    finally:
        await http.close()


def _print(changes: list[Change], *, dry_run: bool) -> None:
    for change in changes:
        print(f"{change.subject}: {'would be ' if dry_run and change.verb != 'unchanged' else ''}{change.verb}")
        for line in change.lines:
            print(f"  {line}")
