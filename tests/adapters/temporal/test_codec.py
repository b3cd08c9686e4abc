"""Payloads in Temporal: encrypted whole, readable after a rotation, and nothing in the clear on the server."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from temporalio.api.common.v1 import Payload, WorkflowExecution
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionRequest
from temporalio.client import Client

from adapters.database.engine import Database
from adapters.temporal.client import connect, data_converter
from adapters.temporal.codec import ENCODING, EncryptionCodec
from adapters.vault import KeyMissing, Vault
from domain.handovers import Handover, Item
from domain.ids import ConversationId, workflow_id
from settings import Settings
from tests.product import running_product
from tests.simulated import Simulated

OLD, NEW = "the key of yesterday, of 32 bytes", "the key of today, also of 32 bytes"
PLAIN = Payload(metadata={"encoding": b"json/plain"}, data=b'"hello"')
CANARY = "canary-in-a-payload"


def codec(*keys: str) -> EncryptionCodec:
    """A codec with these keys, newest first."""
    return EncryptionCodec(Vault(keys, "temporal payloads"))


async def test_a_payload_is_encrypted_whole() -> None:
    (sealed,) = await codec(NEW).encode([PLAIN])
    assert sealed.metadata["encoding"] == ENCODING
    assert not any(part in sealed.SerializeToString() for part in (b"hello", b"json/plain"))
    assert await codec(NEW).decode([sealed]) == [PLAIN]


async def test_after_a_rotation_old_payloads_are_read_and_new_ones_use_the_new_key() -> None:
    (old,) = await codec(OLD).encode([PLAIN])
    (new,) = await codec(NEW, OLD).encode([PLAIN])
    assert await codec(NEW, OLD).decode([old, new]) == [PLAIN, PLAIN]
    assert await codec(NEW).decode([new]) == [PLAIN]


async def test_without_its_key_a_payload_is_not_read() -> None:
    (old,) = await codec(OLD).encode([PLAIN])
    with pytest.raises(KeyMissing, match="SECRET_KEY"):
        await codec(NEW).decode([old])


async def test_a_payload_that_was_changed_is_not_read() -> None:
    (sealed,) = await codec(NEW).encode([PLAIN])
    sealed.data = sealed.data[:-1] + bytes([sealed.data[-1] ^ 1])
    with pytest.raises(KeyMissing, match="changed"):
        await codec(NEW).decode([sealed])


async def test_a_plain_payload_passes() -> None:
    """What was written before encryption was turned on stays readable."""
    assert await codec(NEW).decode([PLAIN]) == [PLAIN]


async def test_many_payloads_keep_their_order() -> None:
    payloads = [Payload(data=bytes([number])) for number in range(10)]
    assert await codec(NEW).decode(await codec(NEW).encode(payloads)) == payloads


async def test_a_converter_reads_what_one_without_encryption_wrote(settings: Settings) -> None:
    said = Handover(items=(Item(id="1", received_at=datetime(2025, 1, 1, tzinfo=UTC), text="hello"),))
    plain = data_converter(settings)
    sealing = data_converter(settings.model_copy(update={"encrypt_payloads": True}))
    assert await sealing.decode(await plain.encode([said]), [Handover]) == [said]
    with pytest.raises(KeyError):
        await plain.decode(await sealing.encode([said]), [Handover])


@pytest.mark.slow
async def test_what_was_said_cannot_be_read_on_the_server(
    pointed: Settings, database: Database, simulated: Simulated, server_directory: Path
) -> None:
    encrypting = pointed.model_copy(update={"encrypt_payloads": True})
    await simulated.answers({"contains": "refused", "fault": {"kind": "status", "status": 400, "description": CANARY}})
    async with running_product(encrypting, database, simulated) as product:
        visitor = await product.visitor(bursts={"policy": "queue"}, name=CANARY, apology="Sorry.")
        for number, text in enumerate((CANARY, f"{CANARY} refused"), 1):
            await visitor.say(text)
            await visitor.heard(number)
        assert [item["text"] for item in await visitor.heard(2)] == [f"You said: {CANARY}", "Sorry."]
        workflow = workflow_id(ConversationId(UUID(str(visitor.session["conversation_id"]))))
        seen = await on_the_server(await connect(pointed), workflow)
    stored = b"".join(path.read_bytes() for path in (server_directory / "temporal").iterdir())
    assert ENCODING in seen
    assert workflow.encode() in stored
    assert [CANARY.encode() in place for place in (seen, stored)] == [False, False]


async def on_the_server(client: Client, workflow: str) -> bytes:
    """A workflow as the server gives it to anybody: its description and its history."""
    execution = WorkflowExecution(workflow_id=workflow)
    asked = DescribeWorkflowExecutionRequest(namespace=client.namespace, execution=execution)
    described = await client.workflow_service.describe_workflow_execution(asked)
    history = client.get_workflow_handle(workflow).fetch_history_events()
    return described.SerializeToString() + b"".join([event.SerializeToString() async for event in history])
