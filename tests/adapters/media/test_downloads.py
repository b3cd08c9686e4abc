"""Downloads: bounded, by few redirects, from public hosts, and no token for strangers."""

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from adapters.errors import CredentialsRefused, NotPermitted, OutsideError, Unacceptable, Unreachable
from adapters.media.addresses import AddressForbidden
from adapters.media.base import Source
from adapters.media.downloads import Downloader
from adapters.media.store import MediaTooLarge
from tests.adapters.wire import Wire, answering, closed_port, cut_short, hanging, resetting, serving, trickling
from tests.files import PNG

SECONDS = 5.0
TOKEN = {"Authorization": SecretStr("Bearer a-secret")}


async def fetched(url: str, *exempt: str, seconds: float = SECONDS, **headers: SecretStr) -> bytes:
    """The bytes of an address, where these are exempt from the rule against private addresses."""
    downloads = Downloader("0", exempt)
    try:
        async with downloads.fetch(Source(url=url, headers=headers), seconds) as pieces:
            return b"".join([piece async for piece in pieces])
    finally:
        await downloads.close()


@pytest.fixture
async def host() -> AsyncIterator[Wire]:
    """A host that has the file."""
    async with serving(answering(body=PNG)) as wire:
        yield wire


def moved(url: str, status: int = 302) -> dict[str, str]:
    """Where a redirect leads."""
    return {"Location": url}


async def test_a_file_is_fetched_with_its_token(host: Wire) -> None:
    assert await fetched(f"{host.url}/cat.png?size=large", host.url, **TOKEN) == PNG
    (request,) = host.requests
    assert request.startswith(b"GET /cat.png?size=large HTTP/1.1\r\n")
    assert b"authorization: bearer a-secret\r\n" in request.lower()


@pytest.mark.parametrize("scheme", ["https", "http"])
async def test_an_address_of_this_machine_is_not_called(host: Wire, scheme: str) -> None:
    with pytest.raises(NotPermitted):
        await fetched(f"{scheme}://127.0.0.1:{host.port}/")
    assert host.connections == 0


async def test_a_private_host_behind_https_is_not_called() -> None:
    with pytest.raises(AddressForbidden):
        await fetched("https://localhost/")


async def test_a_redirect_to_an_address_of_this_machine_is_not_followed(host: Wire) -> None:
    async with serving(answering(302, headers=moved(f"{host.url}/"))) as front:
        with pytest.raises(NotPermitted):
            await fetched(front.url, front.url)
    assert host.connections == 0


async def test_a_redirect_to_another_host_gets_no_token(host: Wire) -> None:
    async with serving(answering(307, headers=moved(f"{host.url}/signed"))) as front:
        assert await fetched(front.url, front.url, host.url, **TOKEN) == PNG
    assert b"a-secret" in front.requests[0]
    assert b"a-secret" not in host.requests[0]


async def test_a_redirect_that_never_ends_is_given_up() -> None:
    async with serving(answering(301, headers=moved("/again"))) as front:
        with pytest.raises(Unacceptable):
            await fetched(front.url, front.url)
        assert len(front.requests) == 4


async def test_a_file_that_says_that_it_is_too_large_is_not_read() -> None:
    async with serving(cut_short(200, b"x", 21 * 1024 * 1024)) as wire:
        with pytest.raises(MediaTooLarge):
            await fetched(wire.url, wire.url)


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, CredentialsRefused), (403, CredentialsRefused), (404, Unacceptable), (410, Unacceptable),
     (429, Unreachable), (500, Unreachable), (503, Unreachable), (206, Unacceptable)],
)  # fmt: skip
async def test_a_refusal_says_whether_to_ask_again(status: int, error: type[OutsideError]) -> None:
    async with serving(answering(status)) as wire:
        with pytest.raises(error):
            await fetched(f"{wire.url}/secret-path", wire.url)


@pytest.mark.parametrize("behaviour", [resetting, hanging, trickling, cut_short(200, b"half", 100)])
async def test_a_host_that_misbehaves_is_asked_again(behaviour) -> None:  # type: ignore[no-untyped-def]  # a parameter
    async with serving(behaviour) as wire:
        with pytest.raises(Unreachable) as told:
            await fetched(f"{wire.url}/secret-path", wire.url, seconds=0.3)
    assert "secret-path" not in str(told.value)


async def test_a_host_that_is_away_is_asked_again() -> None:
    url = f"http://127.0.0.1:{closed_port()}"
    with pytest.raises(Unreachable):
        await fetched(url, url)


@pytest.mark.parametrize(
    "url",
    [
        *("", "file:///etc/passwd", "ftp://example.com/", "gopher://example.com/", "//example.com/", "https://"),
        *("https://user:password@example.com/", "https://exämple.com/", "https://example.com:99999/", "https://[::1"),
        *("http://example.com/", "https://example.com:8443/", "https://example.com/\u00ad", "data:image/png,x"),
    ],
)
async def test_an_address_of_another_form_is_refused(url: str) -> None:
    with pytest.raises((Unacceptable, NotPermitted)):
        await fetched(url)
