"""Names and pictures of contacts, over HTTP against the simulator: what is shown of them, and what is not."""

import httpx
import pytest
from pydantic import SecretStr

from adapters.errors import CredentialsRefused, NotPermitted, RecipientGone, Unacceptable
from adapters.http import Http
from adapters.platforms.base import Channel, profiling
from adapters.platforms.discord import Discord
from adapters.platforms.discord.people import read_profile
from adapters.platforms.messenger import Messenger
from adapters.platforms.slack import Slack
from adapters.platforms.whatsapp import WhatsApp
from domain.ids import ChannelId
from domain.platforms import PlatformName
from domain.profiles import Profile
from tests.adapters.platforms import discord_payloads
from tests.messenger import CONTACT, PAGE, credentials
from tests.slack import TOKEN

OURS = ChannelId("0b1d9a34-6d1c-4d53-8f3e-1a8f0f6f7b11")  # type: ignore[arg-type]  # read into a UUID
PERSON = "U0000TEST"
AVATARS = "https://cdn.discordapp.com/avatars"
PICTURE = "https://a.example/ann.jpg?psid=1&hash=AbC"


def channel(platform: PlatformName, secrets: dict[str, str]) -> Channel:
    """A channel with these credentials."""
    hidden = {name: SecretStr(value) for name, value in secrets.items()}
    return Channel.model_validate({"id": OURS, "platform": platform, "credentials": hidden})


MESSENGER = channel(PlatformName.MESSENGER, credentials())
SLACK = channel(PlatformName.SLACK, {"bot_token": TOKEN})


@pytest.fixture
async def messenger(http: Http, control: httpx.AsyncClient, simulator_url: str) -> Messenger:
    made = {"access_token": credentials()["page_access_token"], "app_id": "517299288", "app_secret": "secret"}
    (await control.post(f"/messenger/pages/{PAGE}", json=made)).raise_for_status()
    (await control.post(f"/messenger/{PAGE}/messages", json={"from": CONTACT, "text": "hi"})).raise_for_status()
    return Messenger(http, f"{simulator_url}/graph", "v25.0")


async def call(control: httpx.AsyncClient, **names: str) -> None:
    """How the contact is called."""
    (await control.post(f"/messenger/people/{CONTACT}", json=names)).raise_for_status()


async def test_messenger_tells_name_and_picture(messenger: Messenger, control: httpx.AsyncClient) -> None:
    await call(control, first_name="Ann", last_name="Example", profile_pic=PICTURE)
    assert await messenger.profile(MESSENGER, CONTACT) == Profile(name="Ann Example", picture_url=PICTURE)


async def test_a_name_is_one_line_that_turns_nothing(messenger: Messenger, control: httpx.AsyncClient) -> None:
    await call(control, first_name="An\u202en\x07\n\u2066", last_name="Ex\u200bample " + "x" * 500, profile_pic=PICTURE)
    found = await messenger.profile(MESSENGER, CONTACT)
    assert found.name is not None
    assert found.name.startswith("Ann Example xxx")
    assert len(found.name) <= 200


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "http://a.example/x", "https://a b", "https://" + "a" * 2000, "https://a\u202e", ""],
)
async def test_what_is_no_address_of_a_picture_is_left_out(
    messenger: Messenger, control: httpx.AsyncClient, address: str
) -> None:
    await call(control, first_name="Ann", last_name="", profile_pic=address)
    assert await messenger.profile(MESSENGER, CONTACT) == Profile(name="Ann")


async def test_without_the_permission_messenger_tells_nothing(messenger: Messenger, control: httpx.AsyncClient) -> None:
    (await control.post("/messenger/settings", json={"may_profile": False})).raise_for_status()
    with pytest.raises(Unacceptable):
        await messenger.profile(MESSENGER, CONTACT)


async def test_slack_tells_name_and_picture(http: Http, control: httpx.AsyncClient, simulator_url: str) -> None:
    (await control.post(f"/slack/users/{PERSON}", json={"name": "Ann \u202eExample"})).raise_for_status()
    found = await Slack(http, f"{simulator_url}/slack/api").profile(SLACK, PERSON)
    assert found == Profile(name="Ann Example", picture_url=f"https://avatars.slack-edge.com/{PERSON}_192.png")


async def test_without_the_scope_slack_tells_nothing(
    http: Http, control: httpx.AsyncClient, simulator_url: str
) -> None:
    (await control.post(f"/slack/{TOKEN}/app", json={"missing_scopes": ["users:read"]})).raise_for_status()
    slack = Slack(http, f"{simulator_url}/slack/api")
    with pytest.raises(NotPermitted, match="users:read"):
        await slack.profile(SLACK, PERSON)
    with pytest.raises(CredentialsRefused):
        await slack.profile(channel(PlatformName.SLACK, {}), PERSON)


@pytest.mark.parametrize(
    ("avatar", "address"),
    [
        ("a_1269e74af4df7417b13759eae50c83dc", f"{AVATARS}/7000001/a_1269e74af4df7417b13759eae50c83dc.png?size=256"),
        ("../../evil", None),
        (None, None),
    ],
)
async def test_discord_tells_name_and_picture(
    http: Http, control: httpx.AsyncClient, simulator_url: str, avatar: str | None, address: str | None
) -> None:
    said = {"text": "hi", "user": "7000001", "name": "Ann \u202eExample", "avatar": avatar}
    (await control.post(f"/discord/{discord_payloads.TOKEN}/messages", json=said)).raise_for_status()
    discord = Discord(http, f"{simulator_url}/discord/api/v10")
    assert await discord.profile(discord_payloads.CHANNEL, "7000001") == Profile(
        name="Ann Example", picture_url=address
    )


async def test_nobody_on_discord_has_no_profile(http: Http, simulator_url: str) -> None:
    with pytest.raises(RecipientGone):
        await Discord(http, f"{simulator_url}/discord/api/v10").profile(discord_payloads.CHANNEL, "5")


@pytest.mark.parametrize(
    "user", [{}, {"id": "x", "avatar": "abc"}, {"id": "1", "avatar": 5}, {"id": "1", "avatar": []}]
)
def test_what_names_nobody_on_discord_is_no_profile(user: dict[str, object]) -> None:
    assert read_profile(user) == Profile()


def test_who_sends_names_with_messages_is_not_asked(http: Http) -> None:
    assert profiling(WhatsApp(http, "http://127.0.0.1:9", "v25.0")) is None
    assert profiling(None) is None
