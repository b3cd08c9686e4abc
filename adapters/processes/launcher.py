"""Becomes another program that ends with its parent, as another user where asked; run as a script, never imported.

Arguments: the parent's pid, the signal to get when the parent dies, the user (`-`, or uid:gid:passes), the command.
A program of its own, not a `preexec_fn`, because a process with threads must not run Python between fork and exec.
"""

import ctypes
import os
import signal
import sys

# linux/prctl.h, linux/securebits.h and linux/capability.h
_PR_SET_PDEATHSIG = 1
_PR_SET_SECUREBITS = 28
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_SECBIT_NO_SETUID_FIXUP = 1 << 2
_CAPABILITY_VERSION_3 = 0x20080522
_CAP_DAC_OVERRIDE = 1


def _checked(result: int, call: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{call}: {os.strerror(number)}")


def _prctl(libc: ctypes.CDLL, option: int, *arguments: int) -> None:
    numbers = [*arguments, 0, 0, 0, 0][:4]
    _checked(libc.prctl(option, *(ctypes.c_ulong(number) for number in numbers)), f"prctl {option}")


def _keep_passing(libc: ctypes.CDLL) -> None:
    """Gives up every capability but the one that opens directories which are closed to this user."""
    only = 1 << _CAP_DAC_OVERRIDE
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)(only, only, only, 0, 0, 0)
    _checked(libc.capset(header, sets), "capset")
    _prctl(libc, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE)


def _become(libc: ctypes.CDLL, uid: int, gid: int, passes: bool) -> None:
    os.setgroups([])
    os.setgid(gid)
    if passes:
        # Otherwise the kernel drops the capability at setuid, and access(2) does not count it.
        _prctl(libc, _PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP)
    os.setuid(uid)
    if passes:
        _keep_passing(libc)


def _default_signals() -> None:
    """Python ignores SIGPIPE, and a shell's background job SIGINT: a program expects neither."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def _end_with(libc: ctypes.CDLL, parent: int, farewell: int) -> None:
    """After the change of user, which would clear it."""
    _prctl(libc, _PR_SET_PDEATHSIG, farewell)
    if os.getppid() != parent:
        sys.exit("the parent has gone")


def main() -> None:
    """Replaces this process by the command."""
    parent, farewell, user, *command = sys.argv[1:]
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        _default_signals()
        if user != "-":
            uid, gid, passes = (int(part) for part in user.split(":"))
            _become(libc, uid, gid, bool(passes))
        if sys.platform == "linux":
            _end_with(libc, int(parent), int(farewell))
        os.execvp(command[0], command)  # noqa: S606  the command comes from this program alone
    except OSError as error:
        sys.exit(f"{command[0]}: {error.strerror or error}")


if __name__ == "__main__":
    main()
