"""What Telegram's refusals mean (https://core.telegram.org/bots/api#making-requests).

The server tells them apart by the beginning of an English sentence; codes in capitals come from the servers behind it.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from pydantic import JsonValue

from adapters.errors import (
    ChangeRefused,
    ChatRateLimited,
    CredentialsRefused,
    FormattingRefused,
    MemberUnknown,
    MessageGone,
    Moved,
    Never,
    NotAGroup,
    NotPermitted,
    OutcomeUnknown,
    OutsideError,
    RecipientGone,
    Unacceptable,
    Unreachable,
)
from adapters.http import Answer, retry_after, wait_of
from adapters.platforms.fields import Fields, number, numeric_id, part, text, whole

_PREFIX = re.compile(r"(bad request|forbidden|conflict|unauthorized|not found): (bad webhook: )?", re.IGNORECASE)
_RAW_CODE = re.compile(r"[A-Z][A-Z0-9_]*")
_QUOTED = re.compile(r"[^ -~]|: |\"| '")
_MAX_SHOWN_CHARACTERS = 160

NEEDLESS = (
    "message is not modified",
    "message to delete not found",
    "message to unpin not found",
    "chat_not_modified",
    "query is too old",
    "query id is invalid",
)
"""What is refused because it is so already, or too late to matter."""
UNUSABLE_FIELDS = {
    "message thread not found": "message_thread_id",
    "message to be replied not found": "reply_parameters",
}
"""What is refused because of one field."""
REFUSALS: Mapping[str, type[Never]] = {
    "bot was blocked by the user": RecipientGone,
    "user is deactivated": RecipientGone,
    "bot was kicked from": RecipientGone,
    "bot is not a member of": RecipientGone,
    "bot can't initiate conversation with a user": RecipientGone,
    "the bot can't send messages to the bot": RecipientGone,
    "bots can't send messages to bots": RecipientGone,
    "the group chat was deleted": RecipientGone,
    "group chat was upgraded to a supergroup chat": RecipientGone,
    "chat not found": RecipientGone,
    "peer_id_invalid": RecipientGone,
    "user_is_blocked": RecipientGone,
    "input_user_deactivated": RecipientGone,
    "not enough rights": NotPermitted,
    "have no rights": NotPermitted,
    "need administrator rights": NotPermitted,
    "can't parse entities": FormattingRefused,
    "can't parse messageentity": FormattingRefused,
    "receive an entity with": FormattingRefused,
    "entity begin": FormattingRefused,
    "entity_": FormattingRefused,
    "entities_": FormattingRefused,
    "message is too long": Unacceptable,
    "message caption is too long": Unacceptable,
    "message text is empty": Unacceptable,
    "message_too_long": Unacceptable,
    "message_empty": Unacceptable,
    "message to edit not found": MessageGone,
    "message to pin not found": MessageGone,
    "message_id_invalid": MessageGone,
    "message can't be edited": ChangeRefused,
    "message can't be deleted": ChangeRefused,
    **dict.fromkeys(
        (
            "can't ban members in private chats",
            "chat member status can't be changed in private chats",
            "method is available for supergroup and channel chats only",
            "method is available only in supergroup",
            "method is available only for supergroups",
        ),
        NotAGroup,
    ),
    **dict.fromkeys(
        ("user not found", "member not found", "participant_id_invalid", "user_id_invalid", "user_not_participant"),
        MemberUnknown,
    ),
    "invalid user_id specified": MemberUnknown,
    "can't remove chat owner": NotPermitted,
    "user is an administrator of the chat": NotPermitted,
}
"""What Telegram's sentences mean, by their beginnings."""


class FieldRefused(Unacceptable):
    """Not done because of one field; the same call without it may be."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.field = field


class Needless(Unacceptable):
    """Not done, because it is so already or too late to matter."""


def result_of(answer: Answer, method: str) -> JsonValue:
    """What a method answered; raises from `adapters.errors`."""
    body = answer.json if isinstance(answer.json, dict) else {}
    done = body.get("ok") is True
    if done and answer.status < HTTPStatus.BAD_REQUEST:
        return body.get("result")
    code = answer.status if answer.status >= HTTPStatus.BAD_REQUEST else whole(body, "error_code")
    if done or code is None:
        raise OutcomeUnknown(f"Telegram's answer to {method} says neither that it was done nor that it was refused")
    said = _PREFIX.sub("", text(body, "description") or "", count=1)
    parameters = part(body, "parameters")
    raise _by_code(code, said, parameters, answer.headers, method) or _by_words(code, said, parameters, method)


def _by_code(code: int, said: str, parameters: Fields, headers: Mapping[str, str], method: str) -> OutsideError | None:
    match code:
        case HTTPStatus.TOO_MANY_REQUESTS:
            return ChatRateLimited(f"Telegram refused {method}: too many requests", _wait(parameters, headers))
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.NOT_FOUND:
            return CredentialsRefused(f"Telegram refused {method} with {code}: the token is wrong or was revoked")
        case HTTPStatus.CONFLICT:
            return NotPermitted(f"Telegram refused {method} with {code}: {_remedy(said)}")
        case HTTPStatus.GATEWAY_TIMEOUT:
            return OutcomeUnknown(f"Telegram answered {method} with {code}: it may have been done")
        case code if code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return Unreachable(f"Telegram answered {method} with {code}: to be tried later", _wait(parameters, headers))
    return None


def _by_words(code: int, said: str, parameters: Fields, method: str) -> OutsideError:
    chat = numeric_id(parameters, "migrate_to_chat_id")
    if chat:
        return Moved(f"Telegram refused {method}: the group became a supergroup and has a new id", chat)
    words = said.lower()
    for beginning, field in UNUSABLE_FIELDS.items():
        if words.startswith(beginning):
            return FieldRefused(f"Telegram refused {method}: {beginning}", field)
    if words.startswith(NEEDLESS):
        return Needless(f"Telegram refused {method}: it is so already, or too late to matter")
    for beginning, kind in REFUSALS.items():
        if words.startswith(beginning):
            return kind(f"Telegram refused {method}: {beginning}")
    forbidden = code == HTTPStatus.FORBIDDEN or _RAW_CODE.fullmatch(said)
    return (NotPermitted if forbidden else Unacceptable)(f"Telegram refused {method} with {code}: {_shown(said)}")


def _wait(parameters: Fields, headers: Mapping[str, str]) -> timedelta | None:
    seconds = number(parameters, "retry_after")
    return retry_after(headers, datetime.now(UTC)) if seconds is None else wait_of(seconds)


def _remedy(said: str) -> str:
    if said.lower().startswith("terminated by other getupdates"):
        return "another process polls with the same token; stop one of them"
    return "its updates are polled and posted at once; remove the webhook, or do not poll"


def _shown(said: str) -> str:
    # What the server quotes may be what somebody wrote.
    return _QUOTED.split(said, maxsplit=1)[0][:_MAX_SHOWN_CHARACTERS].strip() or "it gave no reason"
