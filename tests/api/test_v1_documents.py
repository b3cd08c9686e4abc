"""Documents over the API: uploaded, listed, found by their words, and gone when deleted."""

import httpx
import pytest
from pydantic import JsonValue

from adapters.database import knowledge
from adapters.database.engine import Database
from domain.knowledge import MAX_DOCUMENT_CHARACTERS
from tests.api.scene import workspace_of

HOURS = (
    "# Shop\n\n## Opening hours\n\nWe are open from nine to five.\n\n## Returns\n\nWithin thirty days, with receipt."
)
PAGE = "<html><head><title>x</title><script>alert(1)</script></head><body><h1>Pets</h1><p>Dogs &amp; cats</p></body>"


@pytest.fixture
async def bot(api: httpx.AsyncClient) -> str:
    """A bot's id."""
    return str((await api.post("/v1/bots", json={"name": "Ada", "language": "en-GB"})).json()["id"])


async def upload(api: httpx.AsyncClient, bot: str, **more: JsonValue) -> dict[str, JsonValue]:
    """Bring a document."""
    answer = await api.post(f"/v1/bots/{bot}/documents", json={"title": "Handbook", "text": HOURS, **more})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def found(api: httpx.AsyncClient, database: Database, bot: str, words: str) -> list[tuple[str, str, str]]:
    """What the bot's tool would find."""
    workspace = await workspace_of(api, database)
    async with database.begin() as connection:
        passages = await knowledge.search(connection, workspace, bot, words, 3)  # type: ignore[arg-type]  # an id as text
    return [(item.title, item.heading, item.text) for item in passages]


async def test_a_document_is_found_by_its_words_in_their_forms(
    api: httpx.AsyncClient, database: Database, bot: str
) -> None:
    made = await upload(api, bot)
    assert (made["passages"], made["characters"], made["type"]) == (2, len(HOURS), "markdown")
    assert (await api.get(f"/v1/bots/{bot}/documents")).json()["items"] == [made]
    opening = ("Handbook", "Shop › Opening hours", "We are open from nine to five.")
    assert await found(api, database, bot, "when do you open?") == [opening]
    assert (await found(api, database, bot, "returned receipts"))[0][1] == "Shop › Returns"
    assert await found(api, database, bot, "elephants") == []


async def test_a_page_is_read_without_its_scripts(api: httpx.AsyncClient, database: Database, bot: str) -> None:
    await upload(api, bot, text=PAGE, type="html", title="Page")
    assert await found(api, database, bot, "cat") == [("Page", "Pets", "Dogs & cats")]
    assert await found(api, database, bot, "alert") == []


async def test_a_deleted_document_is_found_no_more(api: httpx.AsyncClient, database: Database, bot: str) -> None:
    made = await upload(api, bot)
    assert (await api.delete(f"/v1/bots/{bot}/documents/{made['id']}")).status_code == 204
    assert await found(api, database, bot, "open") == []
    assert (await api.delete(f"/v1/bots/{bot}/documents/{made['id']}")).status_code == 404


async def test_a_bot_finds_nothing_of_another(api: httpx.AsyncClient, database: Database, bot: str) -> None:
    await upload(api, bot)
    other = (await api.post("/v1/bots", json={"name": "Eve"})).json()["id"]
    assert await found(api, database, other, "open") == []


@pytest.mark.parametrize("words", ["'", "a & b | !c", "((", ":*", "\\", "x" * 500, "naïve & 東京"])
async def test_no_words_make_the_search_fail(api: httpx.AsyncClient, database: Database, bot: str, words: str) -> None:
    await upload(api, bot)
    assert isinstance(await found(api, database, bot, words), list)


@pytest.mark.parametrize("text", [" \n ", "x" * (MAX_DOCUMENT_CHARACTERS + 1)])
async def test_a_document_without_words_or_beyond_all_measure_is_refused(
    api: httpx.AsyncClient, bot: str, text: str
) -> None:
    answer = await api.post(f"/v1/bots/{bot}/documents", json={"title": "a", "text": text})
    assert answer.status_code == 422
