"""Discord by the gateway: what is said there is heard once, whatever becomes of the connection or of us."""

import pytest

from tests.discord import ROOM, TOKEN, Server, join_server, listening
from tests.machine import until
from tests.processes import command
from tests.product import Product

ANSWERED = ("answered", None)
NOT_ADDRESSED = ("ignored", "not_addressed")


@pytest.mark.slow
async def test_a_direct_message_is_answered(product: Product) -> None:
    server = await join_server(product)
    async with listening(server):
        await server.say("hello")
        await server.until_ended(ANSWERED)

    (sent,) = await server.sent()
    assert sent["text"] == "You said: hello"
    assert "message_reference" not in dict(sent["payload"])


@pytest.mark.slow
async def test_in_a_server_it_answers_who_calls_it_or_replies_to_it(product: Product) -> None:
    server = await join_server(product)
    await product.simulated.answer("Half past nine.")
    async with listening(server):
        await server.say("not for you", channel=ROOM)
        called = await server.say("<@me> how late?", channel=ROOM)
        await server.until_ended(NOT_ADDRESSED, ANSWERED)
        first = (await server.sent())[0]
        await server.say("and now?", channel=ROOM, reply_to=first["message_id"])
        await server.until_ended(NOT_ADDRESSED, ANSWERED, ANSWERED)

    assert await server.texts() == ["Half past nine."] * 2
    reference = {"message_id": called, "fail_if_not_exists": False}
    assert dict(first["payload"])["message_reference"] == reference


@pytest.mark.slow
async def test_edits_deletions_and_reactions_are_heard(product: Product) -> None:
    server = await join_server(product, bursts={"policy": "coalesce", "quiet_seconds": 1.5})
    async with listening(server):
        said = await server.say("old words")
        await server.post("/edit", id=said, text="new words")
        await server.until_ended(ANSWERED, ("ignored", "applied"))
        await server.post("/reactions", id=said)
        await server.post("/delete", id=said)
        await server.until_ended(ANSWERED, ("ignored", "applied"), ("ignored", "reaction"), ("ignored", "applied"))

    assert await server.texts() == ["You said: new words"]


@pytest.mark.slow
async def test_a_server_that_is_left_and_a_channel_that_is_deleted_cannot_be_reached(product: Product) -> None:
    server, other = await join_server(product), "8000002"
    async with listening(server):
        await server.say("directly")
        await server.say("<@me> hello", channel=ROOM)
        await server.say("<@me> hello", channel=other, guild="9000002")
        await server.until_ended(*[ANSWERED] * 3)
        await server.until_unreachable()
        await server.post("/guilds/9000001", joined=False)
        await server.until_unreachable(ROOM)
        await server.post("/guilds/9000001", joined=True)
        await server.until_unreachable()
        await product.simulated.client.delete(f"/_sim/discord/channels/{other}")
        await server.until_unreachable(other)
    await server.post("/guilds/9000001", joined=False)
    await server.post("/gateway", do="forget")
    async with listening(server):
        await server.until_unreachable(ROOM, other)


@pytest.mark.slow
@pytest.mark.parametrize("do", ["close", "reconnect", "invalidate"])
async def test_what_is_said_while_a_connection_breaks_is_heard(product: Product, do: str) -> None:
    server = await join_server(product)
    async with listening(server):
        await server.say("one")
        await server.until_ended(ANSWERED)
        await server.post("/gateway", do=do)
        await server.say("two")
        await server.say("three", channel=ROOM)
        await server.until_ended(ANSWERED, ANSWERED, NOT_ADDRESSED)

    assert await server.texts() == ["You said: one", "You said: two"]


@pytest.mark.slow
async def test_a_gateway_that_is_killed_goes_on_with_its_session(product: Product) -> None:
    server = await join_server(product)
    said = await heard_and_killed(server)
    await server.post("/delete", id=said)
    await server.say("two")
    async with listening(server):
        await server.until_ended(ANSWERED, NOT_ADDRESSED, ("ignored", "applied"), ANSWERED)

    assert await server.texts() == ["You said: one", "You said: two"]
    assert await server.calls("messages") == [], "the session told it, nobody had to look"


@pytest.mark.slow
async def test_a_gateway_whose_session_is_forgotten_loses_nothing(product: Product) -> None:
    server = await join_server(product)
    await heard_and_killed(server)
    await server.post("/gateway", do="forget")
    for number in range(120):
        await server.say(f"chatter {number}", channel=ROOM)
    await server.say("<@me> two", channel=ROOM)
    await server.say("three")
    async with listening(server):
        await server.until_ended(*[ANSWERED] * 3, *[NOT_ADDRESSED] * 121)

    assert sorted(map(str, await server.texts())) == ["You said: Test User: two", "You said: one", "You said: three"]


async def heard_and_killed(server: Server) -> str:
    """A gateway hears one message in each place and is killed; the id of the one that it answers."""
    async with command(server.product.settings, "gateway") as gateway:
        await server.until_connected()
        said = await server.say("one")
        await server.say("at first", channel=ROOM)
        await server.until_ended(ANSWERED, NOT_ADDRESSED)
        await gateway.kill()
    return said


@pytest.mark.slow
async def test_what_was_said_before_somebody_unknown_wrote_again_is_found(product: Product) -> None:
    server = await join_server(product)
    async with listening(server):
        await server.say("one")
        await server.until_ended(ANSWERED)
    await server.post("/gateway", do="forget")
    await server.say("a stranger", user="7000002")
    async with listening(server):
        await server.say("once more", user="7000002")
        await server.until_ended(*[ANSWERED] * 3)

    assert await server.texts() == ["You said: one", "You said: a stranger", "You said: once more"]


@pytest.mark.slow
async def test_without_an_endpoint_the_gateway_brings_commands(product: Product) -> None:
    server = await join_server(product)
    async with listening(server):
        chat = await server.ask("how late?")
        await server.until_ended(ANSWERED)

    assert await server.stands(chat) == ["You said: how late?"]


@pytest.mark.slow
async def test_a_bot_that_may_not_read_hears_those_who_call_it(product: Product) -> None:
    server = await join_server(product)
    await server.post("/app", flags=0)
    async with listening(server):
        await server.say("not for you", channel=ROOM)
        await server.say("<@me> hello", channel=ROOM)
        await server.until_ended(("ignored", "empty"), ANSWERED)


@pytest.mark.slow
async def test_a_refused_token_waits_until_it_is_corrected(product: Product) -> None:
    server = await join_server(product)
    await product.simulated.post("/discord/settings", refused_tokens=[TOKEN])
    async with command(product.settings, "gateway") as gateway:
        await until(lambda: _was_refused(server), 30)
        assert await gateway.stop() == 0


async def _was_refused(server: Server) -> bool:
    return any(call["status"] == 401 for call in await server.calls("user"))
