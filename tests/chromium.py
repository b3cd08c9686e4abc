"""A Chromium for the browser tests: one that is there, else Debian's package, else Playwright's own download."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_WHERE = """
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
"""
_SENTENCE = (
    "No Chromium for the browser tests: set CHROMIUM to the path of one, or install one on PATH; "
    "neither apt-get nor Playwright's download could provide it."
)


class ChromiumMissing(Exception):
    """The browser tests cannot run, and nothing on this machine or in reach mends that."""


def chromium_path() -> Path:
    """The path of a Chromium; installs one where there is none, and raises `ChromiumMissing` where that fails too."""
    named = os.environ.get("CHROMIUM")
    if named:
        if not os.access(named, os.X_OK):
            raise ChromiumMissing(f"CHROMIUM is {named!r}, which is no program; correct it, or unset it.")
        return Path(named)
    found = _on_path() or _from_debian() or _from_playwright()
    if found is None:
        raise ChromiumMissing(_SENTENCE)
    return found


def _on_path() -> Path | None:
    for name in _NAMES:
        found = shutil.which(name)
        if found:
            return Path(found)
    return None


def _from_debian() -> Path | None:
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        return None
    for arguments in (["update", "-qq"], ["install", "-y", "-qq", "chromium"]):
        _succeeds([apt, *arguments], {"DEBIAN_FRONTEND": "noninteractive"})
    return _on_path()


def _from_playwright() -> Path | None:
    if not _succeeds([sys.executable, "-m", "playwright", "install", "chromium"], {}):
        return None
    # In a process of its own: Playwright's plain interface refuses to work where an event loop runs.
    asked = subprocess.run([sys.executable, "-c", _WHERE], capture_output=True, text=True, check=True)
    path = Path(asked.stdout.strip())
    return path if path.exists() else None


def _succeeds(command: list[str], environment: dict[str, str]) -> bool:
    """Its complaints go to stderr, where pytest shows them when the test fails."""
    finished = subprocess.run(command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, check=False)
    return finished.returncode == 0
