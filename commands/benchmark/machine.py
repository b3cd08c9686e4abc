"""The machine that is measured on: how busy it is, what the processes use of it, and how much memory one holds."""

import os
import platform
import time
from collections.abc import Mapping

import psutil  # type: ignore[import-untyped]  # the package ships no types
from pydantic import JsonValue


def described() -> dict[str, JsonValue]:
    """What figures depend on; a load above the number of cores means that others were at work."""
    return {
        "cores": psutil.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load_1_min": round(os.getloadavg()[0], 2),
    }


def busy_seconds() -> float:
    """The seconds that all cores together have worked, for whomever, since the machine started."""
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0) - getattr(times, "guest", 0.0))


def used_seconds(pids: Mapping[str, int]) -> dict[str, float]:
    """The processor time so far: of each process with its children, and of this one, which makes the load."""
    return {name: _used(psutil.Process(pid)) for name, pid in pids.items()} | {"load": time.process_time()}


def own_bytes(pid: int) -> int:
    """The memory that would be free if this process ended."""
    return int(psutil.Process(pid).memory_full_info().uss)


def _used(process: "psutil.Process") -> float:
    total = 0.0
    for each in (process, *process.children(recursive=True)):
        try:
            times = each.cpu_times()
        except psutil.NoSuchProcess:
            continue
        # The children that have ended meanwhile are counted with their parent.
        total += times.user + times.system + times.children_user + times.children_system
    return total
