"""getMe, setMyName, getFile, setMyCommands, deleteMyCommands, getMyCommands, answerCallbackQuery."""

import re

from simulator.telegram.call import Call
from simulator.telegram.formatting import units
from simulator.telegram.refusals import bad_request
from simulator.wire import JSON, Object

MAX_COMMANDS = 100
MAX_NAME_CHARACTERS = 64
MAX_DESCRIPTION_CHARACTERS = 256
MAX_CALLBACK_TEXT_UNITS = 200
COMMAND = re.compile(r"[a-z0-9_]{1,32}")


async def get_me(call: Call) -> JSON:
    """Who the bot is."""
    abilities: Object = {
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
    }
    return {**call.bot.user(), **abilities}


async def set_my_name(call: Call) -> JSON:
    """What the bot is called in every language; an empty name takes it back."""
    name = call.arguments.text("name")
    if len(name) > MAX_NAME_CHARACTERS:
        raise bad_request("BOT_TITLE_INVALID")
    call.bot.name = name or None
    return True


async def get_file(call: Call) -> JSON:
    """Where a file can be downloaded."""
    return call.state.files.describe(call.arguments.text("file_id"))


async def set_my_commands(call: Call) -> JSON:
    """The menu of commands, per scope and language."""
    commands = call.arguments.decoded("commands", "commands")
    if not isinstance(commands, list) or len(commands) > MAX_COMMANDS:
        raise bad_request("can't parse commands: expected an Array" if commands is None else "too much commands")
    for command in commands:
        _check_command(command)
    call.bot.commands[_scope(call)] = commands
    return True


async def get_my_commands(call: Call) -> JSON:
    """What setMyCommands set."""
    return call.bot.commands.get(_scope(call), [])


async def delete_my_commands(call: Call) -> JSON:
    """Forget the menu of a scope and language."""
    call.bot.commands.pop(_scope(call), None)
    return True


async def answer_callback_query(call: Call) -> JSON:
    """End the spinner on a pressed button."""
    if units(call.arguments.text("text")) > MAX_CALLBACK_TEXT_UNITS:
        raise bad_request("MESSAGE_TOO_LONG")
    if call.arguments.text("callback_query_id") not in call.bot.callbacks:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    return True


def _check_command(command: JSON) -> None:
    if not isinstance(command, dict):
        raise bad_request("can't parse BotCommand: expected an Object")
    if not COMMAND.fullmatch(str(command.get("command", "")).removeprefix("/")):
        raise bad_request("BOT_COMMAND_INVALID")
    if not 1 <= len(str(command.get("description", ""))) <= MAX_DESCRIPTION_CHARACTERS:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")


def _scope(call: Call) -> str:
    return f"{call.arguments.text('scope')}/{call.arguments.text('language_code')}"
