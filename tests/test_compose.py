"""The compose file and the image: complete, without secrets, and of one mind with settings and command line."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import pytest
import yaml
from pydantic import JsonValue
from pydantic_settings import DotEnvSettingsSource

import cli
from settings import Settings

HOUSE = Path(__file__).parents[1]
Service: TypeAlias = dict[str, JsonValue]
JOBS = {"temporal-schema", "temporal-namespace", "migrate"}
OURS = {"migrate", "api", "worker", "gateway"}
SECRET = re.compile(r"PASSWORD|PWD|SECRET|TOKEN|API_KEY")
VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)")


def document() -> dict[str, JsonValue]:
    found: dict[str, JsonValue] = yaml.safe_load((HOUSE / "docker-compose.yml").read_text())
    return found


def services() -> dict[str, Service]:
    found = document()["services"]
    assert isinstance(found, dict)
    return {name: service for name, service in found.items() if isinstance(service, dict)}


def mapping(value: JsonValue) -> dict[str, JsonValue]:
    assert isinstance(value, dict)
    return value


def texts(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)


def dependencies(service: Service) -> dict[str, JsonValue]:
    return mapping(service.get("depends_on", {}))


def instructions(name: str) -> list[str]:
    joined = (HOUSE / "Dockerfile").read_text().replace("\\\n", " ")
    return [line for line in joined.splitlines() if line.startswith(f"{name} ")]


def test_everything_that_stays_is_watched_and_everything_else_is_a_job() -> None:
    for name, service in services().items():
        check = mapping(service.get("healthcheck", {}))
        assert (name in JOBS) is ("test" not in check), name
        assert str(service["restart"]).startswith("on-failure" if name in JOBS else "unless-stopped"), name


@pytest.mark.parametrize("name", sorted(services()))
def test_each_service_waits_until_what_it_needs_is_ready(name: str) -> None:
    for needed, how in dependencies(services()[name]).items():
        condition = "service_completed_successfully" if needed in JOBS else "service_healthy"
        assert mapping(how)["condition"] == condition, needed


def test_nothing_waits_for_itself() -> None:
    waiting = {name: set(dependencies(service)) for name, service in services().items()}
    while ready := {name for name, needed in waiting.items() if not needed}:
        waiting = {name: needed - ready for name, needed in waiting.items() if name not in ready}
    assert waiting == {}


def test_our_processes_start_after_the_migration_and_it_after_both_stores() -> None:
    assert set(dependencies(services()["migrate"])) == {"postgres", "temporal-namespace"}
    assert all("migrate" in dependencies(services()[name]) for name in OURS - {"migrate"})


def test_no_secret_is_written_down() -> None:
    for name, service in services().items():
        for variable, value in mapping(service.get("environment", {})).items():
            if SECRET.search(variable):
                assert VARIABLE.match(str(value)), f"{name}: {variable}"
            assert "://" not in str(value) or not re.search(r"://[^/]*:[^/$]+@", str(value)), f"{name}: {variable}"


def test_what_must_be_set_says_so() -> None:
    written = (HOUSE / "docker-compose.yml").read_text()

    assert "${SECRET_KEY:?" in written
    assert "${POSTGRES_PASSWORD:?" in written


def test_its_variables_are_those_of_the_example() -> None:
    example = {
        name.upper()
        for name in DotEnvSettingsSource(Settings, env_file=HOUSE / ".env.example", env_ignore_empty=False).env_vars
    }
    used = {name for text in texts(document()) for name in VARIABLE.findall(text)}

    assert used <= example


def test_our_processes_get_settings_that_there_are() -> None:
    known = {name.upper() for name in Settings.model_fields}
    for name in OURS:
        environment = mapping(services()[name]["environment"])
        assert environment.keys() <= known
        assert environment.keys() >= {"DATABASE_URL", "TEMPORAL_ADDRESS", "SECRET_KEY", "PUBLIC_URL", "OPENAI_API_KEY"}


def test_defaults_are_those_of_the_settings() -> None:
    environment = mapping(services()["api"]["environment"])
    for variable, value in environment.items():
        found = re.fullmatch(r"\$\{\w+:-(.+)\}", str(value))
        if found:
            default = Settings.model_fields[variable.lower()].get_default()
            assert found[1] == (str(default).lower() if isinstance(default, bool) else str(default)), variable


def test_its_commands_are_those_of_the_command_line() -> None:
    known = {command.callback.__name__ for command in cli.app.registered_commands if command.callback}
    for name in OURS:
        command = services()[name]["command"]
        assert isinstance(command, list)
        assert str(command[0]) in known


def test_ports_are_open_on_this_machine_alone() -> None:
    ports = [port for service in services().values() for port in texts(service.get("ports", []))]

    assert len(ports) >= 2
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_images_are_pinned_and_temporals_are_of_one_version() -> None:
    images = {name: str(service["image"]) for name, service in services().items() if name not in OURS}
    tags = {image.rpartition(":")[0]: image.rpartition(":")[2] for image in images.values()}

    assert all(re.match(r"\d+\.\d+", tag) for tag in tags.values()), tags
    assert tags["temporalio/server"] == tags["temporalio/admin-tools"]


def test_data_are_kept_in_named_volumes() -> None:
    volumes = mapping(document()["volumes"])
    mounted = [volume for name in ("postgres", "api") for volume in texts(services()[name]["volumes"])]

    assert [volume.partition(":")[0] for volume in mounted] == list(volumes)


def test_temporal_has_a_number_of_shards_that_lasts() -> None:
    shards = mapping(services()["temporal"]["environment"])["NUM_HISTORY_SHARDS"]

    assert 128 <= int(str(shards)) <= 512


def test_the_image_runs_as_nobody_special_from_hashed_wheels_and_stops_by_sigterm() -> None:
    assert instructions("USER")[-1].split()[1] not in ("root", "0")
    assert any("--require-hashes" in line for line in instructions("RUN"))
    assert instructions("STOPSIGNAL") == ["STOPSIGNAL SIGTERM"]
    assert len(instructions("HEALTHCHECK")) == 1
    assert len(instructions("FROM")) >= 2
    assert not any(SECRET.search(line) for line in [*instructions("ENV"), *instructions("ARG")])


def test_only_what_the_image_needs_reaches_its_build() -> None:
    ignored = (HOUSE / ".dockerignore").read_text().splitlines()
    allowed = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    packages = {path.parent.name for path in HOUSE.glob("*/__init__.py")} - {"tests"}

    assert "*" in ignored
    assert packages <= allowed
    assert not allowed & {".env", ".git", ".dev", "tests"}
