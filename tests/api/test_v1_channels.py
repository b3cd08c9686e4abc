"""Channels over HTTP: credentials go in and never come out."""

from dataclasses import replace
from uuid import UUID, uuid4

import httpx
from sqlalchemy import select, update

from adapters.database import channels
from adapters.database.channels import credentials_vault
from adapters.database.engine import Database
from adapters.database.tables import ChannelRow
from adapters.platforms.catalogue import http_client, platforms
from api.app import create_app
from domain.platforms import CREDENTIALS
from settings import Settings
from tests.api.scene import TOKEN
from tests.product import make_key

NEW = {"platform": "telegram", "name": "@ada", "credentials": {"token": TOKEN, "webhook_secret": "s3cret_-A-and-more"}}


async def bot_of(api: httpx.AsyncClient) -> str:
    """A bot to connect."""
    return str((await api.post("/v1/bots", json={"name": "Ada"})).json()["id"])


async def connect(api: httpx.AsyncClient, **channel: object) -> httpx.Response:
    """A channel of a new bot."""
    return await api.post(f"/v1/bots/{await bot_of(api)}/channels", json={**NEW, **channel})


async def secrets_of(database: Database, settings: Settings, channel_id: str) -> dict[str, str]:
    """The credentials as an adapter gets them."""
    async with database.begin() as connection:
        access = await channels.load(connection, credentials_vault(settings.secrets()), UUID(channel_id))
    assert access is not None
    return {name: value.get_secret_value() for name, value in access.channel.credentials.items()}


async def test_credentials_are_shown_by_name_and_last_four_characters(api: httpx.AsyncClient) -> None:
    made = await connect(api)
    assert made.status_code == 201
    assert made.json()["credentials"] == {"token": {"last4": TOKEN[-4:]}, "webhook_secret": {"last4": "more"}}
    for answer in (made, await api.get(f"/v1/channels/{made.json()['id']}"), await api.get("/v1/channels")):
        assert not any(secret in answer.text for secret in NEW["credentials"].values())  # type: ignore[attr-defined]  # a dict


async def test_credentials_lie_sealed_in_the_database(api: httpx.AsyncClient, database: Database) -> None:
    made = await connect(api)
    async with database.begin() as connection:
        row = (await connection.execute(select(ChannelRow).where(ChannelRow.id == UUID(made.json()["id"])))).one()
    assert TOKEN.encode() not in row.credentials
    assert TOKEN not in str(row)


async def test_a_telegram_channel_gets_a_webhook_secret(
    api: httpx.AsyncClient, database: Database, settings: Settings
) -> None:
    made = (await connect(api, credentials={"token": TOKEN})).json()
    secrets = await secrets_of(database, settings, made["id"])
    assert secrets["webhook_secret"][-4:] == made["credentials"]["webhook_secret"]["last4"]
    assert len(secrets["webhook_secret"]) >= 32


async def test_a_channel_names_its_webhook(api: httpx.AsyncClient, settings: Settings) -> None:
    made = (await connect(api)).json()
    assert made["webhook_url"] == f"{settings.public_url}/webhooks/telegram/{made['id']}"
    assert (made["chat_url"], made["widget"]) == (None, None)


async def test_a_webchat_names_its_page_and_its_widget(api: httpx.AsyncClient, settings: Settings) -> None:
    made = (await connect(api, platform="webchat", credentials={}, settings={"allowed_origins": ["*"]})).json()
    assert (made["webhook_url"], made["chat_url"]) == (None, f"{settings.public_url}/chat/{made['id']}")
    assert made["id"] in made["widget"]
    assert f"{settings.public_url}/webchat/widget.js" in made["widget"]


DISCORD = {"bot_token": "x", "public_key": "y", "application_id": "z"}
SLACK = {"bot_token": "xoxb-1-2-aaaaaaaaaaaaaaaaaaaaaaaa", "signing_secret": "a" * 32}
WRONG: list[tuple[dict[str, object], list[str]]] = [
    ({"credentials": {}}, ["credentials.token"]),
    ({"credentials": {"tokn": "x", "token": TOKEN}}, ["credentials.tokn"]),
    ({"credentials": {"token": ""}}, ["credentials.token"]),
    ({"credentials": {"token": "with\nnewline"}}, ["credentials.token"]),
    ({"credentials": {"token": 7}}, ["credentials.token"]),
    ({"credentials": {"token": TOKEN, "webhook_secret": "no spaces"}}, ["credentials.webhook_secret"]),
    ({"platform": "webchat", "credentials": {"token": "x"}}, ["credentials.token"]),
    ({"platform": "irc"}, ["platform"]),
    ({"settings": {"polling": "yes"}}, ["settings.polling"]),
    ({"settings": {"messages_per_second": 0}}, ["settings.messages_per_second"]),
    ({"settings": {"chat_messages_per_second": "1"}}, ["settings.chat_messages_per_second"]),
    ({"platform": "webchat", "credentials": {}, "settings": {"allowed_origins": ["a"]}},
     ["settings.allowed_origins"]),
    ({"platform": "webchat", "credentials": {}, "settings": {"allowed_origins": ["https://a.example/path"]}},
     ["settings.allowed_origins"]),
    ({"platform": "discord", "credentials": DISCORD, "settings": {"shards": 0}}, ["settings.shards"]),
    ({"platform": "discord", "credentials": DISCORD, "settings": {"forms": {"order": {}}}}, ["settings.forms"]),
    ({"platform": "slack", "credentials": SLACK, "settings": {"threads": "never"}}, ["settings.threads"]),
    ({"surprise": 1}, ["surprise"]),
]  # fmt: skip


async def test_what_is_wrong_with_a_channel_is_named(api: httpx.AsyncClient) -> None:
    for channel, fields in WRONG:
        answer = await connect(api, **channel)
        assert (answer.status_code, [item["field"] for item in answer.json()["errors"]]) == (422, fields)


async def test_a_platform_that_nothing_speaks_to_is_refused(settings: Settings, database: Database) -> None:
    app, headers = create_app(settings), {"Authorization": f"Bearer {await make_key(settings, database)}"}
    async with app.router.lifespan_context(app):
        app.state.resources = replace(app.state.resources, platforms={})
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://api", headers=headers) as client:
            for platform, needed in CREDENTIALS.items():
                given = dict.fromkeys(needed.required, "x" * 20)
                answer = await connect(client, platform=platform, credentials=given)
                assert (answer.status_code, answer.json()["code"]) == (422, "platform_unavailable")


async def test_every_platform_that_is_spoken_to_can_be_connected(api: httpx.AsyncClient, settings: Settings) -> None:
    http = http_client()
    for platform in platforms(settings, http):
        given = dict.fromkeys(CREDENTIALS[platform].required, "x" * 20)
        answer = await connect(api, platform=platform, credentials=given)
        assert (answer.status_code, answer.json()["platform"]) == (201, platform)
    await http.close()


async def test_a_patch_replaces_single_credentials(
    api: httpx.AsyncClient, database: Database, settings: Settings
) -> None:
    made = (await connect(api, settings={"polling": True, "a": 1})).json()
    patch = {"credentials": {"token": TOKEN + "B"}, "name": "new", "settings": {"a": None}}
    changed = await api.patch(f"/v1/channels/{made['id']}", json=patch)
    assert (changed.status_code, changed.json()["name"], changed.json()["settings"]) == (200, "new", {"polling": True})
    expected = {"token": TOKEN + "B", "webhook_secret": "s3cret_-A-and-more"}
    assert await secrets_of(database, settings, made["id"]) == expected


async def test_a_webhook_secret_that_is_taken_away_is_made_anew(
    api: httpx.AsyncClient, database: Database, settings: Settings
) -> None:
    made = (await connect(api)).json()
    await api.patch(f"/v1/channels/{made['id']}", json={"credentials": {"webhook_secret": None}})
    secrets = await secrets_of(database, settings, made["id"])
    assert (secrets["token"], secrets["webhook_secret"] != "s3cret_-A-and-more") == (TOKEN, True)


MISFITS: list[tuple[dict[str, object], str]] = [
    ({"platform": "slack"}, "platform"),
    ({"credentials": {"token": None}}, "credentials.token"),
    ({"credentials": {"bot_token": "x"}}, "credentials.bot_token"),
    ({"name": ""}, "name"),
    ({"settings": {"polling": 1}}, "settings.polling"),
]


async def test_a_patch_that_does_not_fit_changes_nothing(api: httpx.AsyncClient) -> None:
    made = (await connect(api)).json()
    for patch, field in MISFITS:
        refused = await api.patch(f"/v1/channels/{made['id']}", json=patch)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)
    assert (await api.get(f"/v1/channels/{made['id']}")).json() == made


async def test_credentials_that_no_key_opens_can_be_given_anew(api: httpx.AsyncClient, database: Database) -> None:
    made = (await connect(api)).json()
    async with database.begin() as connection:
        await connection.execute(update(ChannelRow).values(credentials_key_id="lost"))
    address = f"/v1/channels/{made['id']}"
    partly = await api.patch(address, json={"credentials": {"webhook_secret": "abc"}})
    webhook = await api.get(f"{address}/webhook")
    assert [(answer.status_code, answer.json()["code"]) for answer in (partly, webhook)] == [
        (409, "credentials_unreadable")
    ] * 2
    assert (await api.patch(address, json={"credentials": {"token": TOKEN}})).status_code == 200


async def test_a_deleted_channel_is_gone_with_its_credentials(api: httpx.AsyncClient, database: Database) -> None:
    made = (await connect(api)).json()
    address = f"/v1/channels/{made['id']}"
    statuses = [(await api.request(verb, address)).status_code for verb in ("DELETE", "GET", "DELETE")]
    async with database.begin() as connection:
        kept = (await connection.execute(select(ChannelRow.credentials, ChannelRow.credential_ends))).all()
    assert (statuses, kept) == ([204, 404, 404], [(None, {})])


async def test_channels_are_listed_by_bot(api: httpx.AsyncClient) -> None:
    first, second = (await connect(api)).json(), (await connect(api)).json()
    of_bot = (await api.get(f"/v1/bots/{first['bot_id']}/channels")).json()
    filtered = (await api.get("/v1/channels", params={"bot_id": first["bot_id"]})).json()
    everything = (await api.get("/v1/channels")).json()
    assert (of_bot["items"], filtered["items"], everything["items"]) == ([first], [first], [second, first])
    assert (await api.get(f"/v1/bots/{uuid4()}/channels")).status_code == 404
