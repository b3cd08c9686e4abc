"""Answers to interactions: acknowledged, written where the bot was thinking, and taken away."""

from simulator.discord.call import Call, Done, said
from simulator.discord.content import components_of, flags_of, words_of
from simulator.discord.refusals import Refused
from simulator.discord.state import Interaction
from simulator.wire import Object


async def respond(call: Call) -> Done:
    """Acknowledge an interaction that the gateway told of."""
    found = next((item for item in call.state.interactions.values() if item.token == call.names[1]), None)
    if found is None or found.id != call.names[0]:
        raise Refused(10062)
    call.state.respond(found, call.body)
    return Done()


async def original(call: Call) -> Done:
    """The answer to an interaction as it stands."""
    return Done(_original(call.interaction))


async def edit_original(call: Call) -> Done:
    """Answer an interaction."""
    interaction, content = call.interaction, words_of(call.body)
    before = _original(interaction)
    message: Object = {**before, "content": content, "components": components_of(call.body)}
    message["flags"] = flags_of(call.body)
    interaction.channel.keep(message)
    return Done(message, said(message))


async def delete_original(call: Call) -> Done:
    """Take the answer to an interaction away."""
    interaction = call.interaction
    del interaction.channel.messages[str(_original(interaction)["id"])]
    return Done()


def _original(interaction: Interaction) -> Object:
    message = interaction.channel.messages.get(interaction.original or "")
    if message is None:
        raise Refused(10008)
    return message
