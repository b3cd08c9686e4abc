"""Health over HTTP; what it says while a store is away is in `test_outages.py`."""

from collections.abc import AsyncIterator

import httpx
import pytest

from settings import Settings
from tests.product import running_api


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """The way to the API alone."""
    async with running_api(settings) as url, httpx.AsyncClient(base_url=url, timeout=30) as made:
        yield made


async def test_a_process_that_lives_says_so(client: httpx.AsyncClient) -> None:
    answer = await client.get("/health/live")
    assert (answer.status_code, answer.json()) == (200, {"status": "live"})


async def test_readiness_names_each_dependency(client: httpx.AsyncClient) -> None:
    answer = await client.get("/health/ready")
    checks = {"database": {"ok": True}, "temporal": {"ok": True}}
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "checks": checks})


async def test_health_and_metrics_are_only_read(client: httpx.AsyncClient) -> None:
    for path in ("/health/live", "/health/ready", "/metrics"):
        answer = await client.post(path)
        assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")


async def test_what_does_not_exist_is_told_as_a_problem(client: httpx.AsyncClient) -> None:
    answer = await client.get("/nowhere")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank", "title": "Not Found", "status": 404, "code": "not_found", "detail": "Not Found",
    }  # fmt: skip
