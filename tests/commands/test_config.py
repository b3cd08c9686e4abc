"""validate-config: every fault is found, at once, with its variable, its reason and its remedy."""

import json
from pathlib import Path

import pytest

from commands.checks import Check, SettingsFaulty
from commands.config import examine, read, validate_config
from settings import Settings

GOOD = {
    "DATABASE_URL": "postgresql://user:password@db.example:5432/chat",
    "TEMPORAL_ADDRESS": "temporal.example:7233",
    "SECRET_KEY": "k" * 32,
    "OPENAI_API_KEY": "sk-canary-of-the-model",
    "PUBLIC_URL": "https://chat.example.com",
}


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """Settings that are right, in a directory without `.env`."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return monkeypatch


def faults() -> dict[str, Check]:
    return {check.name: check for check in examine()[1] if not check.ok}


def test_good_settings_have_a_check_for_each_variable_and_no_fault(given: pytest.MonkeyPatch) -> None:
    checks = examine()[1]

    assert [check.name for check in checks] == [name.upper() for name in Settings.model_fields]
    assert all(check.ok for check in checks)


@pytest.mark.parametrize("name", ["DATABASE_URL", "TEMPORAL_ADDRESS", "SECRET_KEY", "OPENAI_API_KEY"])
def test_what_is_needed_and_not_set_is_a_fault(given: pytest.MonkeyPatch, name: str) -> None:
    given.delenv(name)

    assert faults().keys() == {name}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://user@host/name"),
        ("DATABASE_URL", "postgresql://user@host:99999/name"),
        ("DATABASE_URL", "postgresql://user@host:five/name"),
        ("DATABASE_POOL_SIZE", "0"),
        ("TEMPORAL_ADDRESS", "https://temporal.example:7233"),
        ("TEMPORAL_ADDRESS", "temporal.example"),
        ("TEMPORAL_ADDRESS", "temporal.example:0"),
        ("TEMPORAL_ADDRESS", "temporal.example:70000"),
        ("TEMPORAL_TLS", "perhaps"),
        ("TEMPORAL_CLI", "/nowhere/temporal"),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", f"{'k' * 32},short"),
        ("PUBLIC_URL", "http://chat.example.com"),
        ("PUBLIC_URL", "chat.example.com"),
        ("OPENAI_BASE_URL", "localhost:8080"),
        ("PRIVATE_MODEL_HOSTS", "http://10.0.0.1:8000"),
        ("PRIVATE_TOOL_HOSTS", "https://tools.internal/path"),
        ("TELEGRAM_BOT_TOKEN", "no token"),
        ("GRAPH_VERSION", "25"),
        ("METRICS_PORT", "65536"),
        ("LOG_LEVEL", "loud"),
        ("LOG_FORMAT", "xml"),
        ("ENCRYPT_PAYLOADS", "maybe"),
    ],
)
def test_a_wrong_value_is_a_fault_with_a_reason_and_a_remedy(given: pytest.MonkeyPatch, name: str, value: str) -> None:
    given.setenv(name, value)

    assert faults().keys() == {name}
    assert faults()[name].problem
    assert faults()[name].remedy


def test_all_faults_are_found_at_once(given: pytest.MonkeyPatch) -> None:
    given.setenv("METRICS_PORT", "-1")
    given.setenv("SECRET_KEY", "short")
    given.setenv("PUBLIC_URL", "http://chat.example.com")
    given.delenv("DATABASE_URL")

    assert faults().keys() == {"METRICS_PORT", "SECRET_KEY", "PUBLIC_URL", "DATABASE_URL"}


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000"])
def test_plain_http_on_this_machine_is_a_warning(given: pytest.MonkeyPatch, url: str) -> None:
    given.setenv("PUBLIC_URL", url)
    found = next(check for check in examine()[1] if check.name == "PUBLIC_URL")

    assert found.ok
    assert found.problem


@pytest.mark.parametrize(("name", "value"), [("OPENAI_BASE_URL", "http://127.0.0.1:9/v1"), ("DEMO_MODEL", "true")])
def test_a_model_can_do_without_a_key(given: pytest.MonkeyPatch, name: str, value: str) -> None:
    given.delenv("OPENAI_API_KEY")
    given.setenv(name, value)

    assert faults() == {}


@pytest.mark.parametrize(("given_half", "missing_half"), [("CERT", "KEY"), ("KEY", "CERT")])
def test_half_a_certificate_is_a_fault_of_the_missing_half(
    given: pytest.MonkeyPatch, tmp_path: Path, given_half: str, missing_half: str
) -> None:
    (tmp_path / "half.pem").write_text("")
    given.setenv(f"TEMPORAL_TLS_CLIENT_{given_half}_PATH", str(tmp_path / "half.pem"))

    assert faults().keys() == {f"TEMPORAL_TLS_CLIENT_{missing_half}_PATH"}
    with pytest.raises(SettingsFaulty):
        read("temporal_address")


def test_a_certificate_that_cannot_be_read_is_a_fault(given: pytest.MonkeyPatch) -> None:
    given.setenv("TEMPORAL_TLS_SERVER_CA_CERT_PATH", "/nowhere/ca.pem")

    assert "No such file" in str(faults()["TEMPORAL_TLS_SERVER_CA_CERT_PATH"].problem)


def test_a_misspelt_name_in_the_dotenv_file_is_a_fault_that_names_what_was_meant(
    given: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("OPENAI_API_KY=x\nPOSTGRES_PASSWORD=y\nSOMETHING_ELSE=z\n")

    assert faults().keys() == {"OPENAI_API_KY"}
    assert faults()["OPENAI_API_KY"].remedy == "Did you mean OPENAI_API_KEY?"


def test_a_dotenv_file_that_is_no_text_is_a_fault(given: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"LOG_LEVEL=\xff\xfe\n")

    assert ".env" in faults()


def test_as_json_it_has_the_promised_form_and_exit_code(
    given: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good = validate_config(as_json=True), json.loads(capsys.readouterr().out)
    given.setenv("SECRET_KEY", "short")
    bad = validate_config(as_json=True), json.loads(capsys.readouterr().out)

    assert good[0] == 0
    assert good[1]["ok"] is True
    assert bad[0] == 2
    assert bad[1]["ok"] is False
    assert {frozenset(check) for check in bad[1]["checks"]} == {frozenset({"name", "ok", "problem", "remedy"})}


def test_no_secret_is_shown(given: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    given.setenv("SECRET_KEY", f"{'canary' * 8},canary")
    given.setenv("TELEGRAM_BOT_TOKEN", "canary")
    validate_config(as_json=False)
    validate_config(as_json=True)

    assert "canary" not in capsys.readouterr().out
