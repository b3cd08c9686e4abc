"""The product with a piece of its source replaced: a version that should not have been deployed, and was."""

import shutil
from pathlib import Path

_HERE = Path(__file__).parent.parent
_FOLDERS = ("activities", "adapters", "api", "commands", "domain", "workflows")
_FILES = ("cli.py", "settings.py", "worker.py")
CONVERSATION = "workflows/conversation.py"
ANSWER = "        reply = await self._answer(begun, understanding)\n"
SLEEPS_FIRST = "        await workflow.sleep(1)\n" + ANSWER
"""In place of `ANSWER`: conversations that were begun without it cannot go on so, nor the other way round."""


def changed(folder: Path, file: str, old: str, new: str) -> Path:
    """A copy of the product in this folder, with the only such piece of a file replaced; run it there."""
    for name in _FOLDERS:
        shutil.copytree(_HERE / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in _FILES:
        shutil.copy(_HERE / name, folder / name)
    source = (folder / file).read_text()
    assert source.count(old) == 1, f"{old!r} is not in {file}; change the test along with it"
    (folder / file).write_text(source.replace(old, new))
    return folder
