"""Languages: told by enough of a text, and never by a few letters."""

import pytest

from adapters.languages import Languages
from domain.languages import LEAST_LETTERS, believed, words

LANGUAGES = Languages()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Where is my parcel? It should have come yesterday.", "en"),
        ("Wo ist mein Paket? Es sollte gestern kommen.", "de"),
        ("Où est mon colis ? Il devait arriver hier.", "fr"),
        ("¿Dónde está mi paquete? Tenía que llegar ayer.", "es"),
        ("我的包裹在哪里？", "zh"),
        ("Где моя посылка? Она должна была прийти вчера.", "ru"),
    ],
)
async def test_a_sentence_has_a_language(text: str, expected: str) -> None:
    assert await LANGUAGES.detect([text]) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "", "ok", "Ja", "danke", "hola", "👍👍👍👍👍👍👍👍👍👍👍👍", "12345 67890 12345", "https://example.com/wo-ist-mein-paket",
        "grace.hopper@example.com", "`def wo_ist_mein_paket(): ...`", "iPhone 15 Pro Max", "hahaha lol",
    ],
)  # fmt: skip
async def test_a_few_letters_have_none(text: str) -> None:
    assert await LANGUAGES.detect([text]) == [None]


async def test_each_text_has_its_own() -> None:
    said = ["ok", "Können Sie mir bitte helfen?", "Can you help me with this, please?"]
    assert await LANGUAGES.detect(said) == [None, "de", "en"]


def test_the_letters_count_and_not_the_characters() -> None:
    assert words("a" * LEAST_LETTERS) is not None
    assert words("a" * (LEAST_LETTERS - 1) + "1 .!" * 20) is None
    assert words("我的包裹") is not None
    assert words("我的包") is None


def test_only_a_sure_guess_is_believed() -> None:
    assert (believed("de", 0.5), believed("de", 0.49), believed("zxx", 1.0)) == ("de", None, None)
