"""Where Azure's models answer, by the shape of the URL that its portal shows."""

import pytest

from adapters.ai.endpoints import AZURE_VERSION, azure


@pytest.mark.parametrize(
    ("url", "called", "version"),
    [
        ("https://x.openai.azure.com", "/openai/deployments/gpt%2F4/chat/completions", AZURE_VERSION),
        ("https://x.openai.azure.com/", "/openai/deployments/gpt%2F4/chat/completions", AZURE_VERSION),
        ("https://x.openai.azure.com/openai", "/openai/deployments/gpt%2F4/chat/completions", AZURE_VERSION),
        (
            "https://x.openai.azure.com/openai/deployments/mine/chat/completions?api-version=2025-01-01",
            "/openai/deployments/mine/chat/completions",
            "2025-01-01",
        ),
        ("https://x.openai.azure.com/openai/v1/", "/openai/v1/chat/completions", None),
        ("https://gateway.example/team/openai/v1", "/team/openai/v1/chat/completions", None),
    ],
)
def test_each_shape_leads_to_its_address(url: str, called: str, version: str | None) -> None:
    endpoint = azure(url, (), "")
    where = endpoint.address + endpoint.path("chat_completions", "gpt/4")
    assert where.removeprefix("https://").partition("/")[2] == called[1:]
    assert endpoint.query.get("api-version") == version
    assert endpoint.key_header == "api-key"


def test_responses_know_no_deployment() -> None:
    assert azure("https://x.openai.azure.com", (), "").path("responses", "gpt-4") == "/responses"


def test_a_name_for_logs_holds_neither_user_nor_path() -> None:
    assert azure("https://user:secret@x.example:8443/openai/v1", (), "").host == "x.example:8443"
