"""A number's conversational components: commands, ice breakers, and what a tap on them sends.

https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/conversational-components
"""

import re

from simulator.whatsapp.refusals import refused
from simulator.whatsapp.state import Number
from simulator.wire import JSON, Object

KNOWN = ("enable_welcome_message", "commands", "prompts")
MAX_COMMANDS, MAX_PROMPTS = 30, 4
MAX_NAME, MAX_DESCRIPTION, MAX_PROMPT = 32, 256, 80
_EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf\ufe0f]")


def change(number: Number, asked: Object) -> Object:
    """Set what is given; the rest stays, and an empty list takes away."""
    if not asked or not set(asked) <= set(KNOWN):
        raise refused(100)
    for command in _listed(asked, "commands", MAX_COMMANDS):
        content = command if isinstance(command, dict) else {}
        _check(content.get("command_name"), MAX_NAME)
        _check(content.get("command_description"), MAX_DESCRIPTION)
    for prompt in _listed(asked, "prompts", MAX_PROMPTS):
        _check(prompt, MAX_PROMPT)
    number.automation.update(asked)
    return {"success": True}


def tapped(number: Number, label: str) -> bool:
    """Whether something with this label is shown, an ice breaker or `/` and a command: its tap says just that."""
    return label in labels(number)


def labels(number: Number) -> list[JSON]:
    """What a number shows that can be tapped: its ice breakers, then its commands."""
    commands = [item for item in _items(number.automation, "commands") if isinstance(item, dict)]
    return [*_items(number.automation, "prompts"), *(f"/{item.get('command_name')}" for item in commands)]


def _items(automation: Object, name: str) -> list[JSON]:
    found = automation.get(name)
    return found if isinstance(found, list) else []


def _listed(asked: Object, name: str, most: int) -> list[JSON]:
    found = asked.get(name, [])
    if not isinstance(found, list) or len(found) > most:
        raise refused(100, f"Param {name} must be an array of at most {most} items.")
    return found


def _check(said: JSON, most: int) -> None:
    if not isinstance(said, str) or not 1 <= len(said) <= most or _EMOJI.search(said):
        raise refused(100, f"A text has to have 1 to {most} characters and no emoji.")
