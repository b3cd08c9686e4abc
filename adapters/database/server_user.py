"""Whom an embedded PostgreSQL runs as: it refuses to run as root, so root hands it to a user of its own."""

import os
import pwd
import shutil
import stat
import sys
from pathlib import Path

from adapters.faults import DirectoryUnusable, ProgramMissing
from adapters.processes import children
from adapters.processes.children import User

USER_NAME = "embedded_postgres"
_REMEDY = "Run this as an ordinary user, or set DATABASE_URL to a PostgreSQL of your own."


async def server_user(program: Path, directory: Path) -> User | None:
    """The user to run `program` in `directory` as; None when we are not root and nothing changes.

    Where the way to either is closed to that user, as inside /root or a directory of mktemp, it may pass nevertheless;
    where the system does not allow that, this raises `DirectoryUnusable`.
    """
    if os.geteuid() != 0:
        return None
    entry = _entry() or await _made()
    user = User(entry.pw_uid, entry.pw_gid)
    if await _reaches(user, program, directory):
        return user
    passing = User(entry.pw_uid, entry.pw_gid, passes=True)
    if sys.platform == "linux" and await _reaches(passing, program, directory):
        return passing
    blocked = closed_to_others(directory) or closed_to_others(program) or directory
    raise DirectoryUnusable(
        f"PostgreSQL runs as the user {USER_NAME!r}, to whom {str(blocked)!r} is closed.",
        f"Open the way with: chmod o+x {blocked}, or run this as an ordinary user.",
    )


def closed_to_others(path: Path) -> Path | None:
    """The outermost directory on the way to `path` that other users cannot enter."""
    for directory in reversed(path.parents):
        if not directory.stat().st_mode & stat.S_IXOTH:
            return directory
    return None


def _entry() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(USER_NAME)
    except KeyError:
        return None


async def _made() -> pwd.struct_passwd:
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    problem = "useradd is not installed"
    if useradd:
        options = ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"]
        problem = (await children.run([useradd, *options, USER_NAME])).output.strip()
    # Whatever useradd says: another start may have made the user at the same moment.
    entry = _entry()
    if entry is None:
        sentence = f"PostgreSQL does not run as root, and its user {USER_NAME!r} cannot be made: {problem}."
        raise ProgramMissing(sentence, _REMEDY)
    return entry


async def _reaches(user: User, program: Path, directory: Path) -> bool:
    """Whether `user` can run `program` and enter `directory`, found out by doing so."""
    script = 'cd "$1" && exec "$2" --version'
    return (await children.run(["/bin/sh", "-c", script, "sh", str(directory), str(program)], user=user)).code == 0
