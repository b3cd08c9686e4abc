"""Children under the supervisor: started, restarted when they die, and gone when it ends."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # the package ships no types
import pytest

from adapters.faults import ChildFailed, DirectoryForeign, DirectoryInUse, DirectoryUnusable
from adapters.processes import leftovers
from adapters.processes.children import Child, run
from adapters.processes.data_directory import DataDirectory
from adapters.processes.supervisor import BackOff, Supervisor
from tests.machine import is_alive, until

SLEEPER = "import signal; signal.pause()"
# Blocked before the first word, so that a signal right after it is not lost between a handler and a pause.
TELLER = """
import signal, sys
def note(word):
    with open(sys.argv[1], 'a') as file:
        file.write(f'{word} {sys.argv[2]}\\n')
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
note('began')
signal.sigwait([signal.SIGTERM])
note('ended')
"""
# Deaf to SIGTERM, with a child of its own in another session, as PostgreSQL's processes are.
STUBBORN = """
import signal, subprocess, sys, pathlib
signal.signal(signal.SIGTERM, signal.SIG_IGN)
inner = subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()'], start_new_session=True)
pathlib.Path(sys.argv[1]).write_text(str(inner.pid))
while True:
    signal.pause()
"""
# A supervisor in a process of its own, around one stubborn child with a grace of a minute.
SUPERVISOR = f"""
import asyncio, sys
from datetime import timedelta
from functools import partial
from pathlib import Path
from adapters.processes.children import Child
from adapters.processes.data_directory import DataDirectory
from adapters.processes.interruption import Interruption
from adapters.processes.supervisor import Supervisor, leave

async def main():
    child = Child("deaf", [sys.executable, "-c", {STUBBORN!r}, sys.argv[2]], grace=timedelta(minutes=1))
    report = partial(print, flush=True)
    async with Interruption(report) as interruption:
        async with Supervisor(DataDirectory(Path(sys.argv[1])), report, interruption.hurry) as supervisor:
            await supervisor.start(child)
            await supervisor.watch()
    return 0

leave(asyncio.run(main()))
"""


def ignore(_line: str) -> None:
    """For tests that do not care what is reported."""


def python(name: str, program: str, *arguments: str, grace: float = 5.0) -> Child:
    return Child(name, [sys.executable, "-c", program, *arguments], grace=timedelta(seconds=grace))


def number_in(path: Path) -> int:
    return int(path.read_text() or 0) if path.exists() else 0


async def test_children_end_in_the_reverse_order_of_their_start(tmp_path: Path) -> None:
    story = tmp_path / "story"

    def lines() -> list[str]:
        return story.read_text().splitlines() if story.exists() else []

    async with Supervisor(DataDirectory(tmp_path / "data"), ignore) as supervisor:
        await supervisor.start(python("first", TELLER, str(story), "first"))
        await until(lambda: len(lines()) == 1)
        await supervisor.start(python("second", TELLER, str(story), "second"))
        await until(lambda: len(lines()) == 2)

    assert lines() == ["began first", "began second", "ended second", "ended first"]


async def test_the_next_child_starts_only_when_the_one_before_is_ready(tmp_path: Path) -> None:
    asked: list[int] = []

    async def at_the_third_question() -> bool:
        asked.append(len(asked))
        return len(asked) == 3

    slow = Child("slow", [sys.executable, "-c", SLEEPER], ready=at_the_third_question)
    async with Supervisor(DataDirectory(tmp_path), ignore) as supervisor:
        await supervisor.start(slow)

        assert len(asked) == 3


async def test_a_dead_child_is_started_again_at_once(tmp_path: Path) -> None:
    reports: list[str] = []
    async with Supervisor(DataDirectory(tmp_path), reports.append) as supervisor:
        await supervisor.start(python("sleeper", SLEEPER))
        first = supervisor.process_id("sleeper")
        os.kill(first, signal.SIGKILL)
        await until(lambda: supervisor.process_id("sleeper") != first)

        assert is_alive(supervisor.process_id("sleeper"))
    assert "sleeper ended with signal 9; starting it again now" in reports[0]


def test_the_wait_before_a_new_start_doubles_up_to_half_a_minute_and_a_stable_minute_ends_it() -> None:
    back_off = BackOff()

    assert [back_off.after(0.1) for _ in range(8)] == [0, 1, 2, 4, 8, 16, 30, 30]
    assert [back_off.after(seconds) for seconds in (61, 0.1, 0.1)] == [0, 1, 2]


async def test_a_child_has_a_session_of_its_own_so_that_ctrl_c_does_not_reach_it(tmp_path: Path) -> None:
    async with Supervisor(DataDirectory(tmp_path), ignore) as supervisor:
        await supervisor.start(python("sleeper", SLEEPER))
        child = supervisor.process_id("sleeper")

        assert os.getsid(child) == child != os.getsid(0)


async def test_a_child_that_does_not_end_is_killed_with_everything_that_it_started(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    async with Supervisor(DataDirectory(tmp_path / "data"), ignore) as supervisor:
        await supervisor.start(python("stubborn", STUBBORN, str(inner), grace=0.2))
        await until(lambda: number_in(inner) > 0)
        outer = supervisor.process_id("stubborn")

    assert [is_alive(outer), is_alive(number_in(inner))] == [False, False]


async def test_a_child_that_ends_before_it_is_ready_is_an_error_with_its_last_words(tmp_path: Path) -> None:
    async def never() -> bool:
        return False

    reports: list[str] = []
    child = Child("broken", [sys.executable, "-c", "import sys; sys.exit('no such thing')"], ready=never)
    with pytest.raises(ChildFailed) as caught:
        async with Supervisor(DataDirectory(tmp_path), reports.append) as supervisor:
            await supervisor.start(child)

    assert caught.value.sentence == "broken ended with exit code 1 before it was ready."
    assert str(tmp_path / "logs" / "broken.log") in caught.value.remedy
    assert reports == ["  broken | no such thing"]


async def test_a_child_that_is_never_ready_is_an_error_and_is_ended(tmp_path: Path) -> None:
    async def never() -> bool:
        return False

    child = Child("slow", [sys.executable, "-c", SLEEPER], ready=never, ready_within=timedelta(seconds=0.5))
    supervisor = Supervisor(DataDirectory(tmp_path), ignore)
    async with supervisor:
        with pytest.raises(ChildFailed, match="slow was not ready within"):
            await supervisor.start(child)
        pid = supervisor.process_id("slow")

    assert not is_alive(pid)


async def test_a_program_that_is_not_there_is_an_error_that_names_it(tmp_path: Path) -> None:
    finished = await run(["/no/such/program"])

    assert finished.code != 0
    assert "/no/such/program: No such file or directory" in finished.output


async def test_a_cancelled_run_ends_what_it_started(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    running = asyncio.create_task(run([sys.executable, "-c", STUBBORN.replace("SIGTERM", "SIGUSR1"), str(inner)]))
    await until(lambda: number_in(inner) > 0)
    running.cancel()
    await asyncio.wait({running})

    assert running.cancelled()
    assert not is_alive(number_in(inner))


async def test_a_directory_has_one_supervisor_and_the_second_learns_the_first_ones_pid(tmp_path: Path) -> None:
    async with Supervisor(DataDirectory(tmp_path), ignore):
        with pytest.raises(DirectoryInUse, match=rf"\(pid {os.getpid()}\)"):
            async with Supervisor(DataDirectory(tmp_path), ignore):
                pass


async def test_a_directory_is_free_again_after_its_supervisor(tmp_path: Path) -> None:
    for _ in range(2):
        async with Supervisor(DataDirectory(tmp_path), ignore):
            assert (tmp_path / "lock").exists()


@pytest.mark.parametrize("name", ["a-file", "a-file/below"])
async def test_a_directory_that_cannot_be_made_is_one_sentence(tmp_path: Path, name: str) -> None:
    (tmp_path / "a-file").write_text("not a directory")

    with pytest.raises(DirectoryUnusable, match=r"Not a directory.*--data-dir"):
        async with Supervisor(DataDirectory(tmp_path / name), ignore):
            pass


async def test_somebody_elses_database_is_no_data_directory(tmp_path: Path) -> None:
    (tmp_path / "PG_VERSION").write_text("17\n")

    with pytest.raises(DirectoryForeign, match="itself a PostgreSQL data directory"):
        async with Supervisor(DataDirectory(tmp_path), ignore):
            pass


async def start_apart(program: str, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, *arguments, stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[3]
    )


async def started_supervisor(tmp_path: Path) -> tuple[asyncio.subprocess.Process, Callable[[], list[int]]]:
    """A supervisor apart, and the pids of its child and grandchild."""
    inner = tmp_path / "inner"
    supervisor = await start_apart(SUPERVISOR, str(tmp_path / "data"), str(inner))
    await until(lambda: number_in(inner) > 0)
    outer = psutil.Process(number_in(inner)).ppid()
    return supervisor, lambda: [pid for pid in (outer, number_in(inner)) if is_alive(pid)]


async def test_a_second_signal_hurries_and_still_leaves_nothing_behind(tmp_path: Path) -> None:
    supervisor, alive = await started_supervisor(tmp_path)
    supervisor.send_signal(signal.SIGINT)
    assert supervisor.stdout
    assert await supervisor.stdout.readline() == b"stopping; a second time hurries\n"
    assert len(alive()) == 2

    supervisor.send_signal(signal.SIGINT)
    async with asyncio.timeout(10):
        assert await supervisor.wait() == 0
    assert alive() == []


async def test_what_a_killed_supervisor_left_running_is_ended_by_the_next(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SLEEPER, "left over"]
    orphan = await asyncio.create_subprocess_exec(*command)
    data = DataDirectory(tmp_path)
    leftovers.remember(data.folder("run") / "sleeper.json", orphan.pid, command, signal.SIGTERM)
    reports: list[str] = []
    async with Supervisor(data, reports.append):
        async with asyncio.timeout(5):
            assert await orphan.wait() == -signal.SIGTERM
    assert reports == [f"ending sleeper (pid {orphan.pid}), left over from a run that was killed"]


async def test_a_pid_that_went_to_another_program_is_left_alone(tmp_path: Path) -> None:
    other = await asyncio.create_subprocess_exec(sys.executable, "-c", SLEEPER)
    data = DataDirectory(tmp_path)
    leftovers.remember(data.folder("run") / "sleeper.json", other.pid, ["postgres", "-D", "x"], signal.SIGTERM)
    async with Supervisor(data, ignore):
        assert is_alive(other.pid)
    other.kill()
    await other.wait()


async def test_a_half_written_note_about_a_child_does_not_prevent_a_start(tmp_path: Path) -> None:
    data = DataDirectory(tmp_path)
    (data.folder("run") / "sleeper.json").write_text('{"pid": 1')

    async with Supervisor(data, ignore):
        assert list((tmp_path / "run").iterdir()) == []


async def test_nothing_of_a_killed_supervisor_survives_the_next_start(tmp_path: Path) -> None:
    supervisor, alive = await started_supervisor(tmp_path)
    await until((tmp_path / "data" / "run" / "deaf.json").exists)
    supervisor.kill()
    await supervisor.wait()
    async with Supervisor(DataDirectory(tmp_path / "data"), ignore, grace=timedelta(seconds=0.2)):
        assert alive() == []


async def test_a_child_hears_that_its_supervisor_was_killed(tmp_path: Path) -> None:
    farewell = tmp_path / "farewell"
    program = SUPERVISOR.replace(repr(STUBBORN), repr(TELLER)).replace("sys.argv[2]]", "sys.argv[2], 'child']")
    supervisor = await start_apart(program, str(tmp_path / "data"), str(farewell))
    await until(farewell.exists)
    supervisor.kill()
    await supervisor.wait()

    await until(lambda: farewell.read_text() == "began child\nended child\n")
