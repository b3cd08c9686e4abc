"""Identities that every process computes alike."""

from uuid import UUID, uuid4

import pytest

from domain.ids import (
    ChannelId,
    contact_id,
    conversation_id,
    conversation_of,
    event_id,
    workflow_id,
)

CHANNEL = ChannelId(UUID("6f8b1a44-8d5f-4a43-9a6e-3c1d2e5f7a90"))


def test_an_identity_never_changes() -> None:
    """Rows and workflows are found by these: version 5 of RFC 9562 over the channel's id."""
    assert str(conversation_id(CHANNEL, "7527593", None)) == "54072200-cc9a-540d-9c26-021a9b22f7be"
    assert str(contact_id(CHANNEL, "7527593")) == "260c802b-6973-5e54-86e4-3ca6be2cb45a"
    assert str(event_id(CHANNEL, "update:1")) == "5e329d1f-7b41-5bcd-8e51-a134351db843"


def test_chats_threads_and_channels_have_conversations_of_their_own() -> None:
    places = [(CHANNEL, "1", None), (CHANNEL, "1", "2"), (CHANNEL, "12", None), (ChannelId(uuid4()), "1", None)]
    assert len({conversation_id(*place) for place in places}) == len(places)


def test_identities_of_different_kinds_differ_for_the_same_name() -> None:
    assert len({conversation_id(CHANNEL, "1", None), contact_id(CHANNEL, "1"), event_id(CHANNEL, "1")}) == 3


def test_a_workflow_is_named_after_its_conversation_and_holds_no_personal_data() -> None:
    conversation = conversation_id(CHANNEL, "+49 170 1234567", None)
    assert workflow_id(conversation) == f"conversation:{conversation}"
    assert conversation_of(workflow_id(conversation)) == conversation


@pytest.mark.parametrize("workflow", ["", "conversation:", "conversation:7", f"other:{CHANNEL}", str(CHANNEL)])
def test_what_names_no_conversation_is_refused(workflow: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        conversation_of(workflow)
