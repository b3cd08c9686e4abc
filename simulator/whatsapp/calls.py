"""Webhook calls as Meta writes them: a change of a number's `messages`, told to its account."""

from collections.abc import Sequence

from simulator.ledger import Ledger
from simulator.whatsapp.state import Number, Person
from simulator.wire import JSON, Object, unix_time


def told(number: Number, people: Sequence[Person] = (), **what: JSON) -> Object:
    """A change of the field `messages`."""
    value: Object = {"messaging_product": "whatsapp", "metadata": number.metadata(), **what}
    if people:
        value["contacts"] = [person.contact() for person in people]
    return {"field": "messages", "value": value}


def call(*changes: tuple[Number, Object]) -> Object:
    """One call; each change is an entry of its own, as Meta batches what happens at once."""
    entries: list[JSON] = [{"id": number.account, "changes": [change]} for number, change in changes]
    return {"object": "whatsapp_business_account", "entry": entries}


def status(message_id: str, said: str, recipient: str, mark: JSON, failure: Object | None = None) -> Object:
    """What became of a message."""
    content: Object = {"id": message_id, "status": said, "timestamp": str(unix_time()), "recipient_id": recipient}
    if isinstance(mark, str):
        content["biz_opaque_callback_data"] = mark
    if failure is not None:
        content["errors"] = [failure]
    return content


def note(ledger: Ledger, number: Number | None, chat: str, what: str, content: JSON) -> None:
    """Write down what somebody did, or what became of a message, whether or not anybody is told."""
    fields: Object = {"account": number.id if number else None, "chat_id": chat, "what": what, "content": content}
    ledger.record("inbound", "whatsapp", fields)
