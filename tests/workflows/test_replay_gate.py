"""The gate closes: a workflow that goes on otherwise than a recorded conversation did does not pass its replay."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory

from tests.deployment import ANSWER, SLEEPS_FIRST
from tests.workflows.test_replay import HISTORIES, replayer
from workflows import conversation

RECORDED = ("one_turn", "a_burst", "closed")
_DEFINED = '@workflow.defn(name="Conversation")'
_DELIVER_FIRST = "        await self._deliver(Reply(conversation_id=self._state.conversation_id))\n"
_NUMBERED = "        self._turn = begun.turn\n"
CHANGES = {
    "it delivers before it asks the model": (ANSWER, _DELIVER_FIRST + ANSWER),
    "it sleeps before it asks the model": (ANSWER, SLEEPS_FIRST),
    "it calls another activity": ("            Delivery.deliver,\n", "            Persistence.turn_away,\n"),
    "it opens each turn twice": (_NUMBERED, "        await self._begin()\n" + _NUMBERED),
    "it shows its status in each turn": (
        _NUMBERED,
        f"{_NUMBERED}        workflow.upsert_search_attributes([_STATUS.value_set(str(begun.turn))])\n",
    ),
}
"""What somebody may do to the workflow: a piece of its source, and what stands there then."""


def rewritten(folder: Path, old: str, new: str) -> type:
    """The workflow of a conversation as its source would be with that piece replaced."""
    source = Path(conversation.__file__).read_text()
    assert source.count(old) == 1, f"{old!r} is not in the workflow; change the test along with it"
    assert source.count(_DEFINED) == 1
    # Out of the sandbox, which would load the workflow by the name of its module.
    defined = _DEFINED.replace(")", ", sandboxed=False)")
    file = folder / "rewritten.py"
    file.write_text(source.replace(old, new).replace(_DEFINED, defined))
    spec = spec_from_file_location("rewritten", file)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    found = module.ConversationWorkflow
    assert isinstance(found, type)
    return found


async def difference(workflow: type, recorded: str) -> str:
    """What the replay of a recorded conversation says of a workflow; nothing where it goes the same way."""
    file = next(file for file in HISTORIES if file.stem == recorded)
    history = WorkflowHistory.from_json(recorded, file.read_text())
    result = await replayer(workflow).replay_workflow(history, raise_on_replay_failure=False)
    return str(result.replay_failure or "")


@pytest.mark.parametrize("recorded", RECORDED)
@pytest.mark.parametrize("change", CHANGES)
async def test_a_change_that_others_are_not_ready_for_is_found(tmp_path: Path, change: str, recorded: str) -> None:
    assert "Nondeterminism" in await difference(rewritten(tmp_path, *CHANGES[change]), recorded)


@pytest.mark.parametrize("recorded", RECORDED)
async def test_a_workflow_that_was_only_moved_passes(tmp_path: Path, recorded: str) -> None:
    assert await difference(rewritten(tmp_path, ANSWER, ANSWER), recorded) == ""


async def test_a_change_behind_a_patch_passes(tmp_path: Path) -> None:
    patched = f'        if workflow.patched("sleep"):\n            await workflow.sleep(1)\n{ANSWER}'
    assert await difference(rewritten(tmp_path, ANSWER, patched), "one_turn") == ""
