"""Whom a bot can speak to first: each platform's ids, each person by one of them alone."""

import pytest

from adapters.errors import Unacceptable
from adapters.http import Http
from adapters.platforms.base import Platform
from adapters.platforms.discord import Discord
from adapters.platforms.messenger import Messenger
from adapters.platforms.slack import Slack
from adapters.platforms.telegram import Telegram
from adapters.platforms.webchat import Webchat
from tests.adapters.platforms.whatsapp_payloads import deaf_whatsapp

DEAF: dict[str, Platform] = {
    "telegram": Telegram(Http("0"), ""), "slack": Slack(Http("0"), ""), "discord": Discord(Http("0"), ""),
    "whatsapp": deaf_whatsapp(), "messenger": Messenger(Http("0"), "", "v25.0"), "webchat": Webchat(),
}  # fmt: skip
ARABIC = "١٧٥٩٢٨٨٤٧٢٩٩١١٧٠٦٣"  # digits, but not those of an id
TAKEN = [
    ("telegram", "7527593", "7527593"),
    ("telegram", "-1001234567890", "-1001234567890"),
    ("discord", "175928847299117063", "175928847299117063"),
    ("slack", "C0123ABCD", "C0123ABCD"),
    ("slack", "U0123ABCD", "U0123ABCD"),
    ("messenger", "7001", "7001"),
    ("whatsapp", "491511234567", "491511234567"),
    ("whatsapp", "+49 (151) 123-45.67", "491511234567"),
    ("whatsapp", "US.13491208655302741918", "US.13491208655302741918"),
    ("webchat", "0B0C5E53-7F4E-4B0E-9A55-2F1F4D9F3C12", "0b0c5e53-7f4e-4b0e-9a55-2f1f4d9f3c12"),
]
REFUSED = {
    "telegram": ("007", "-0", "0", "+5", "1e5", "5;x", "@chan", "notanumber", "5\n", "1" * 17, ARABIC),
    "discord": ("abc", "../users/@me", ARABIC, "0", "017", "1" * 21),
    "slack": ("garbage", "#general", "c0123abcd", "C0123/x", "U"),
    "messenger": ("abc", "me", "0", "7 001", ARABIC),
    "whatsapp": ("abc", "491511234567-1@g.us", "++491511234567", "0151 1234567", "123", "1" * 16, ARABIC, "US."),
}


@pytest.mark.parametrize(("platform", "given", "written"), TAKEN)
def test_an_id_is_written_as_the_platform_writes_it(platform: str, given: str, written: str) -> None:
    assert DEAF[platform].recipient(given) == written


@pytest.mark.parametrize(("platform", "given"), [(name, given) for name, all_ in REFUSED.items() for given in all_])
def test_what_can_be_nobodys_id_is_refused_with_what_is_wanted(platform: str, given: str) -> None:
    with pytest.raises(Unacceptable, match=r"^give "):
        DEAF[platform].recipient(given)
