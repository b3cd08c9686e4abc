"""Discord's calls, against the simulator over HTTP."""

import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from pydantic import JsonValue, SecretStr

from adapters.errors import CredentialsRefused, Moved, NotPermitted, Unacceptable, Unreachable
from adapters.http import Http
from adapters.platforms.base import Channel, Destination, Payload
from adapters.platforms.discord import Discord
from adapters.platforms.discord.place import snowflake_at
from domain.media import File
from tests.adapters.platforms.discord_payloads import CHANNEL, TOKEN, deaf_discord
from tests.files import PDF, PNG

ROOM = "8000001"
PLACE = Destination(chat=ROOM)
LONG_AGO = timedelta(hours=1)


@pytest.fixture
def discord(http: Http, simulator_url: str) -> Discord:
    return Discord(http, f"{simulator_url}/discord/api/v10")


@pytest.fixture
async def channel(control: httpx.AsyncClient) -> Channel:
    """A channel of a bot that the simulator knows, and a room that it is in."""
    app = (await control.post(f"/discord/{TOKEN}/app", json={})).json()
    (await control.post(f"/discord/channels/{ROOM}", json={"guild": "9000001"})).raise_for_status()
    known = {"bot_token": TOKEN, "public_key": app["public_key"], "application_id": app["id"]}
    credentials = {name: SecretStr(value) for name, value in known.items()}
    return CHANNEL.model_copy(update={"credentials": credentials, "account": {"id": app["id"]}})


def soon() -> float:
    """A deadline far enough away."""
    return time.monotonic() + 15


async def previews_are_off(control: httpx.AsyncClient, chat: str = ROOM) -> list[bool]:
    """Of each message in a channel, whether it shows no previews."""
    told = (await control.get(f"/discord/channels/{chat}")).json()
    return [message["flags"] == 4 for message in told["messages"]]


async def stands(control: httpx.AsyncClient, chat: str = ROOM) -> list[str]:
    """What stands in a channel."""
    told = (await control.get(f"/discord/channels/{chat}")).json()
    return [message["content"] for message in told["messages"]]


async def post(discord: Discord, channel: Channel, text: str, mark: str) -> str:
    """Put one marked part on Discord."""
    (payload,) = discord.render(text, PLACE)
    return (await discord.send(channel, discord.marked(payload, mark), soon())).platform_message_id


async def find(discord: Discord, channel: Channel, text: str, mark: str, ago: timedelta = LONG_AGO) -> str | None:
    payload: Payload = {"channel_id": ROOM, "content": text}
    found = await discord.find(channel, payload, mark, datetime.now(UTC) - ago, soon())
    return found.platform_message_id if found else None


def test_a_part_pings_nobody_and_shows_no_previews() -> None:
    assert deaf_discord().render("Hello **there** @everyone", PLACE) == (
        {
            "channel_id": ROOM,
            "content": "Hello **there** @everyone",
            "allowed_mentions": {"parse": []},
            "flags": 4,
        },
    )


def test_a_nonce_is_short_and_told_apart() -> None:
    (payload,) = deaf_discord().render("hello", PLACE)
    first, second = (deaf_discord().marked(payload, mark) for mark in ("1" * 36, "2" * 36))
    assert first["enforce_nonce"] is True
    assert len(str(first["nonce"])) <= 25
    assert first["nonce"] != second["nonce"]
    assert first == deaf_discord().marked(payload, "1" * 36)


def test_only_the_first_part_refers_to_what_it_answers() -> None:
    there = Destination(chat=ROOM, heard="5", is_group=True)
    first, *others = deaf_discord().render("word " * 1000, there)
    assert first["message_reference"] == {"message_id": "5", "fail_if_not_exists": False}
    assert others
    assert all("message_reference" not in part for part in others)


async def test_the_same_mark_again_is_the_same_message(
    discord: Discord, channel: Channel, control: httpx.AsyncClient
) -> None:
    first = await post(discord, channel, "hello", "mark")
    assert await post(discord, channel, "hello", "mark") == first
    assert await post(discord, channel, "hello", "another") != first
    assert await stands(control) == ["hello", "hello"]


async def test_while_the_nonce_is_known_a_send_is_simply_repeated(discord: Discord, channel: Channel) -> None:
    await post(discord, channel, "hello", "mark")
    assert await find(discord, channel, "hello", "mark", ago=timedelta(seconds=60)) is None


async def test_later_it_is_found_in_the_history_by_its_words(
    discord: Discord, channel: Channel, control: httpx.AsyncClient
) -> None:
    for number in range(120):
        await control.post(f"/discord/{TOKEN}/messages", json={"text": f"chatter {number}", "channel": ROOM})
    name = await post(discord, channel, "a **bold**  word", "mark")
    assert await find(discord, channel, "a **bold** word", "mark") == name
    assert await find(discord, channel, "something else", "mark") is None


async def test_the_words_of_somebody_else_are_no_proof(
    discord: Discord, channel: Channel, control: httpx.AsyncClient
) -> None:
    await control.post(f"/discord/{TOKEN}/messages", json={"text": "hello", "channel": ROOM})
    assert await find(discord, channel, "hello", "mark") is None


async def test_a_file_is_found_in_the_history_by_its_size_and_words(discord: Discord, channel: Channel) -> None:
    def rendered(content: bytes, caption: str = "") -> Payload:
        known = File(
            id="f1", kind="photo", type="image/png", name="мой cat.png", size_bytes=len(content), caption=caption
        )
        (payload,) = discord.render_file(known, PLACE)
        return payload

    async def found(payload: Payload) -> str | None:
        receipt = await discord.find(channel, payload, "mark", datetime.now(UTC) - LONG_AGO, soon())
        return receipt.platform_message_id if receipt else None

    await post(discord, channel, "cat", "other")
    sent = await discord.send_file(channel, discord.marked(rendered(PNG, "cat"), "mark"), PNG, soon())
    assert await found(rendered(PNG, "cat")) == sent.platform_message_id
    assert await found(rendered(PNG)) is await found(rendered(PDF, "cat")) is None
    assert await found(discord.render("cat", PLACE)[0]) not in (None, sent.platform_message_id)


async def test_a_file_that_is_too_large_for_discord_is_refused(discord: Discord, channel: Channel) -> None:
    content = bytes(10 * 1024 * 1024 + 1)
    film = File(id="f1", kind="video", type="video/mp4", name="film.mp4", size_bytes=len(content))
    with pytest.raises(Unacceptable, match="40005"):
        await discord.send_file(channel, *discord.render_file(film, PLACE), content, soon())


async def test_a_hidden_history_is_no_proof(discord: Discord, channel: Channel, control: httpx.AsyncClient) -> None:
    await post(discord, channel, "hello", "mark")
    await control.post(f"/discord/channels/{ROOM}", json={"hides_history": True})
    with pytest.raises(NotPermitted):
        await find(discord, channel, "hello", "mark")


async def test_an_archived_thread_is_opened_again(
    discord: Discord, channel: Channel, control: httpx.AsyncClient
) -> None:
    await control.post(f"/discord/channels/{ROOM}", json={"refusal": 50083})
    await post(discord, channel, "hello", "mark")
    assert await stands(control) == ["hello"]


async def test_a_refused_reference_is_left_out(discord: Discord, channel: Channel, control: httpx.AsyncClient) -> None:
    payload: Payload = {"channel_id": ROOM, "content": "hello", "message_reference": {"message_id": "5"}}
    await discord.send(channel, payload, soon())
    assert await stands(control) == ["hello"]


async def test_a_persons_id_moves_to_the_conversation_with_the_person(discord: Discord, channel: Channel) -> None:
    (payload,) = discord.render("hello", Destination(chat="7000001"))
    with pytest.raises(Moved) as moved:
        await discord.send(channel, payload, soon())
    receipt = await discord.send(channel, discord.readdressed(payload, moved.value.chat), soon())
    assert receipt.platform_message_id


async def asked(control: httpx.AsyncClient) -> dict[str, str]:
    """Somebody asks by the slash command, by the gateway; how it is to be answered."""
    told = (await control.post(f"/discord/{TOKEN}/commands", json={"text": "hi", "channel": ROOM})).json()
    return {"interaction": told["id"], "token": told["token"]}


async def test_an_interaction_is_answered_where_the_bot_is_thinking(
    discord: Discord, channel: Channel, control: httpx.AsyncClient
) -> None:
    by = await asked(control)
    told: dict[str, JsonValue] = {"id": by["interaction"], "token": by["token"], "type": 2}
    await discord.answer(channel, told)
    await discord.answer(channel, told)
    (payload,) = discord.render("hello", PLACE.model_copy(update={"answer_by": (by,)}))
    assert await discord.find(channel, payload, "mark", datetime.now(UTC), soon()) is None
    receipt = await discord.send(channel, payload, soon())
    assert await discord.find(channel, payload, "mark", datetime.now(UTC) - LONG_AGO, soon()) == receipt
    assert await stands(control) == ["hello"]
    assert await previews_are_off(control) == [True]


async def test_one_answer_for_several_leaves_none_of_them_thinking(
    discord: Discord, channel: Channel, control: httpx.AsyncClient
) -> None:
    by = tuple([await asked(control) for _ in range(3)])
    for one in by:
        await discord.answer(channel, {"id": one["interaction"], "token": one["token"], "type": 2})
    (payload,) = discord.render("hello", PLACE.model_copy(update={"answer_by": by}))
    assert payload["interaction"] == by[0]
    await discord.send(channel, discord.marked(payload, "mark"), soon())
    for other in by[1:]:
        await discord.withdraw(channel, other, soon())
    assert await stands(control) == ["hello"]


async def test_what_shows_nothing_any_more_is_as_good_as_withdrawn(
    discord: Discord, channel: Channel, control: httpx.AsyncClient
) -> None:
    long_ago = {"interaction": str(snowflake_at(datetime.now(UTC) - LONG_AGO)), "token": "t"}
    await discord.withdraw(channel, long_ago, soon())
    over = await asked(control)
    await control.post(f"/discord/{TOKEN}/expire")
    await discord.withdraw(channel, over, soon())


async def test_what_is_not_acknowledged_yet_cannot_be_withdrawn_yet(
    discord: Discord, channel: Channel, control: httpx.AsyncClient
) -> None:
    by = await asked(control)
    with pytest.raises(Unreachable):
        await discord.withdraw(channel, by, soon())


async def test_an_interaction_that_is_not_acknowledged_yet_is_waited_for(
    discord: Discord, channel: Channel, control: httpx.AsyncClient
) -> None:
    (payload,) = discord.render("hello", PLACE.model_copy(update={"answer_by": (await asked(control),)}))
    with pytest.raises(Unreachable):
        await discord.send(channel, payload, soon())


async def test_an_answer_that_was_written_before_it_was_too_late_is_found(
    discord: Discord, channel: Channel, control: httpx.AsyncClient
) -> None:
    by = await asked(control)
    await discord.answer(channel, {"id": by["interaction"], "token": by["token"], "type": 2})
    (payload,) = discord.render("hello", PLACE.model_copy(update={"answer_by": (by,)}))
    receipt = await discord.send(channel, payload, soon())
    await control.post(f"/discord/{TOKEN}/expire")
    assert await discord.find(channel, payload, "mark", datetime.now(UTC) - LONG_AGO, soon()) == receipt


async def test_a_check_says_who_the_bot_is_and_whether_it_may_read(
    discord: Discord, channel: Channel, control: httpx.AsyncClient
) -> None:
    account = await discord.check(channel)
    assert (account.id, account.name, account.details["reads"]) == (channel.secret("application_id"), "ada", True)
    await control.post(f"/discord/{TOKEN}/app", json={"flags": 0})
    assert (await discord.check(channel)).details["reads"] is False


@pytest.mark.parametrize("name", ["public_key", "application_id"])
async def test_credentials_of_another_app_are_refused(discord: Discord, channel: Channel, name: str) -> None:
    credentials = {**channel.credentials, name: SecretStr("5")}
    with pytest.raises(CredentialsRefused, match=name):
        await discord.check(channel.model_copy(update={"credentials": credentials}))


async def test_typing_is_shown(discord: Discord, channel: Channel, control: httpx.AsyncClient) -> None:
    await discord.show_typing(channel, PLACE)
    (done,) = (await control.get("/ledger", params={"kind": "outbound"})).json()["items"]
    assert (done["method"], done["chat_id"]) == ("typing", ROOM)


async def test_what_was_said_behind_a_snowflake_comes_oldest_first(
    discord: Discord, channel: Channel, control: httpx.AsyncClient
) -> None:
    since = snowflake_at(datetime.now(UTC) - LONG_AGO)
    for number in range(205):
        await control.post(f"/discord/{TOKEN}/messages", json={"text": str(number), "channel": ROOM})
    found = [message["content"] async for message in discord.history.after(channel, ROOM, since)]
    assert found == [str(number) for number in range(205)]
