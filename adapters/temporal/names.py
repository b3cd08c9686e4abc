"""The names by which the outside knows workflows, signals and search attributes; they are an API."""

from temporalio.common import SearchAttributeKey

CONVERSATION_WORKFLOW = "Conversation"
RECEIVE_SIGNAL = "receive"
IDLE_WORKFLOW = "CloseIdleConversations"
SWEEP_WORKFLOW = "HandOverAgain"
AUDIT_WORKFLOW = "AuditRecord"
RETENTION_WORKFLOW = "PruneRecord"

WORKSPACE = SearchAttributeKey.for_keyword("ChatWorkspace")
BOT = SearchAttributeKey.for_keyword("ChatBot")
CHANNEL = SearchAttributeKey.for_keyword("ChatChannel")
PLATFORM = SearchAttributeKey.for_keyword("ChatPlatform")
STATUS = SearchAttributeKey.for_keyword("ChatStatus")
SEARCH_ATTRIBUTES = (WORKSPACE, BOT, CHANNEL, PLATFORM, STATUS)


def ai_queue(task_queue: str) -> str:
    """Where model calls wait."""
    return f"{task_queue}-ai"


def delivery_queue(task_queue: str) -> str:
    """Where deliveries wait."""
    return f"{task_queue}-delivery"
