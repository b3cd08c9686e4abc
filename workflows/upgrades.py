"""Upgrades: a long conversation goes on in a new run, and one whose worker has a newer version goes on with that."""

from typing import NoReturn

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.handovers import ConversationState


def is_outdated() -> bool:
    """Whether a newer version of the worker is there; a conversation itself stays with the one that it began with."""
    return workflow.info().is_target_worker_deployment_version_changed()


def go_on(state: ConversationState) -> NoReturn:
    """Go on in a new run, with the version of the worker that is current then; only `run()` may call this."""
    upgraded = workflow.ContinueAsNewVersioningBehavior.AUTO_UPGRADE
    workflow.continue_as_new(state, initial_versioning_behavior=upgraded)
