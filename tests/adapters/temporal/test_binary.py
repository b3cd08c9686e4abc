"""Temporal's binary: where it is looked for, and what is said when it cannot be had."""

import asyncio
from pathlib import Path

import pytest

from adapters.faults import DirectoryUnusable, ProgramMissing
from adapters.temporal import binary
from tests.machine import until

MODULE = "module example.local/tools\n\ngo 1.26.8\n"


@pytest.fixture
def module(tmp_path: Path) -> Path:
    """A module that pins no release, so that nothing is downloaded for it."""
    path = tmp_path / "module"
    path.mkdir()
    (path / "go.mod").write_text(MODULE)
    (path / "go.sum").write_text("")
    return path


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that is the whole PATH."""
    path = tmp_path / "programs"
    path.mkdir()
    monkeypatch.setenv("PATH", str(path))
    return path


def program(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{script}\n")
    path.chmod(0o755)
    return path


def temporal(path: Path, server: str) -> Path:
    return program(path, f'echo "temporal version 1.2.3 (Server {server}, UI 2.50.1)"')


def go(path: Path, server: str = "1.99.0", before: str = "") -> Path:
    """A `go` that builds a `temporal` holding `server`, and counts its runs beside itself."""
    made = f'#!/bin/sh\\necho "temporal version 0.0.0-DEV (Server {server}, UI 2.50.1)"\\n'
    script = f'echo "$@" >> {path}.runs\n{before}\nprintf \'{made}\' > "$3" && chmod +x "$3"'
    return program(path / "go", script)


def runs(path: Path) -> list[str]:
    counted = path.with_name(f"{path.name}.runs")
    return counted.read_text().splitlines() if counted.exists() else []


def ignore(_line: str) -> None:
    """For tests that do not care what is reported."""


async def test_the_named_binary_is_used_before_any_other(tmp_path: Path, programs: Path) -> None:
    named = temporal(tmp_path / "mine", "1.30.0")
    temporal(programs / "temporal", "1.32.0")

    assert await binary.find(named, ignore, cache=tmp_path) == named


@pytest.mark.parametrize(
    ("script", "fact"),
    [
        ("exit 3", "does not run as a temporal binary"),
        ("echo hello", "does not run as a temporal binary"),
        ('echo "temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)"', "its server is 1.29, needed is 1.30 or newer"),
    ],
)
async def test_a_named_binary_that_does_not_serve_is_an_error(
    tmp_path: Path, programs: Path, script: str, fact: str
) -> None:
    temporal(programs / "temporal", "1.32.0")

    with pytest.raises(ProgramMissing, match=fact):
        await binary.find(program(tmp_path / "mine", script), ignore, cache=tmp_path)


async def test_a_named_binary_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ProgramMissing, match="TEMPORAL_CLI is '/no/such/temporal'"):
        await binary.find(Path("/no/such/temporal"), ignore, cache=tmp_path)


async def test_a_binary_on_the_path_is_used(tmp_path: Path, programs: Path) -> None:
    there = temporal(programs / "temporal", "1.30.0")

    assert await binary.find(None, ignore, cache=tmp_path) == there


async def test_an_old_binary_on_the_path_is_passed_over_with_a_note(
    tmp_path: Path, programs: Path, module: Path
) -> None:
    old = temporal(programs / "temporal", "1.29.1")
    kept = binary.cached(tmp_path / "cache", module)
    kept.parent.mkdir(parents=True)
    temporal(kept, "1.31.0")
    reports: list[str] = []

    assert await binary.find(None, reports.append, cache=tmp_path / "cache", module=module) == kept
    assert reports == [f"passing over {old}: its server is 1.29, needed is 1.30 or newer"]


async def test_what_is_built_is_kept_and_not_built_again(tmp_path: Path, programs: Path, module: Path) -> None:
    go(programs)
    first = await binary.find(None, ignore, cache=tmp_path / "cache", module=module)
    second = await binary.find(None, ignore, cache=tmp_path / "cache", module=module)

    assert first == second == binary.cached(tmp_path / "cache", module)
    assert len(runs(programs)) == 1
    assert await binary.server_version(first) == (1, 99)


async def test_the_build_is_of_the_pinned_module_and_leaves_only_the_binary(
    tmp_path: Path, programs: Path, module: Path
) -> None:
    go(programs, before=f"cp go.mod {tmp_path}/seen")
    found = await binary.find(None, ignore, cache=tmp_path / "cache", module=module)

    assert (tmp_path / "seen").read_text() == MODULE
    assert runs(programs)[0].endswith("github.com/temporalio/cli/cmd/temporal")
    assert sorted(path.name for path in found.parent.iterdir()) == ["lock", "temporal"]


async def test_another_pin_is_another_binary(tmp_path: Path, module: Path) -> None:
    before = binary.cached(tmp_path, module)
    (module / "go.sum").write_text("changed")

    assert binary.cached(tmp_path, module) != before


async def test_two_builds_at_once_are_one_and_the_second_says_that_it_waits(
    tmp_path: Path, programs: Path, module: Path
) -> None:
    go(programs, before="sleep 0.5")
    reports: list[str] = []
    both = [binary.find(None, reports.append, cache=tmp_path / "cache", module=module) for _ in range(2)]
    first, second = await asyncio.gather(*both)

    assert first == second
    assert len(runs(programs)) == 1
    assert len([line for line in reports if line.endswith("waiting for it")]) == 1


async def test_a_failed_build_is_one_sentence_with_the_remedy_and_leaves_nothing(
    tmp_path: Path, programs: Path, module: Path
) -> None:
    program(programs / "go", 'echo "go: downloading x"; echo "dial tcp: lookup proxy.golang.org: no such host"; exit 1')
    with pytest.raises(ProgramMissing) as caught:
        await binary.find(None, ignore, cache=tmp_path / "cache", module=module)

    assert caught.value.sentence.endswith("go said: dial tcp: lookup proxy.golang.org: no such host.")
    assert "TEMPORAL_CLI" in caught.value.remedy
    assert "Go 1.26.8" in caught.value.remedy
    assert [path.name for path in binary.cached(tmp_path / "cache", module).parent.iterdir()] == ["lock"]


async def test_a_full_disk_is_said_to_be_full(tmp_path: Path, programs: Path, module: Path) -> None:
    program(programs / "go", 'echo "write /x/y.a: no space left on device"; exit 1')

    with pytest.raises(DirectoryUnusable, match="The disk became full"):
        await binary.find(None, ignore, cache=tmp_path / "cache", module=module)


async def test_what_was_built_but_does_not_run_is_not_kept(tmp_path: Path, programs: Path, module: Path) -> None:
    go(programs, server="none")
    with pytest.raises(ProgramMissing, match="was built, but does not run"):
        await binary.find(None, ignore, cache=tmp_path / "cache", module=module)

    assert not binary.cached(tmp_path / "cache", module).exists()


async def test_a_build_that_was_stopped_half_way_never_counts(tmp_path: Path, programs: Path, module: Path) -> None:
    go(programs, before='[ -e "$0.twice" ] || { : > "$0.twice"; echo half > "$3"; sleep 60; }')
    target = binary.cached(tmp_path / "cache", module)
    stopped = asyncio.create_task(binary.find(None, ignore, cache=tmp_path / "cache", module=module))
    await until(lambda: (programs / "go.twice").exists())
    stopped.cancel()
    await asyncio.wait({stopped})
    assert not target.exists()

    assert await binary.find(None, ignore, cache=tmp_path / "cache", module=module) == target


async def test_without_go_the_remedy_names_every_way_out(tmp_path: Path, programs: Path, module: Path) -> None:
    with pytest.raises(ProgramMissing) as caught:
        await binary.find(None, ignore, cache=tmp_path / "cache", module=module)

    assert "Go, which would build one, is not installed" in caught.value.sentence
    assert all(way in caught.value.remedy for way in ("TEMPORAL_CLI", "PATH", "install Go 1.26.8 or newer"))


async def test_a_cache_that_cannot_be_written_is_one_sentence(tmp_path: Path, programs: Path, module: Path) -> None:
    (tmp_path / "cache").write_text("not a directory")

    with pytest.raises(DirectoryUnusable, match="TEMPORAL_CLI"):
        await binary.find(None, ignore, cache=tmp_path / "cache", module=module)
