"""setWebhook, deleteWebhook, getWebhookInfo, getUpdates: the two ways for a bot to get its updates."""

import re

import httpx

from simulator.telegram.bots import Bot, Webhook
from simulator.telegram.call import Call, Described
from simulator.telegram.refusals import Refused, bad_request
from simulator.telegram.updates import Update
from simulator.wire import JSON, Object

SECRET = re.compile(r"[A-Za-z0-9_-]*")
MAX_SECRET_CHARACTERS = 256
MAX_CONNECTIONS = 100
DEFAULT_CONNECTIONS = 40
MAX_UPDATES = 100
MAX_POLL_SECONDS = 50


async def set_webhook(call: Call) -> Described:
    """Have updates posted; an empty `url` is deleteWebhook."""
    url = call.arguments.text("url").strip()
    if not url:
        return await delete_webhook(call)
    webhook = _parsed(call, url)
    _set_allowed(call)
    _drop_pending(call)
    old, call.bot.webhook = call.bot.webhook, webhook
    call.bot.queue.interrupt("terminated by setWebhook request")
    call.state.couriers.start(call.bot, webhook)
    is_same = old is not None and (old.url, old.secret_token) == (url, webhook.secret_token)
    return Described(True, "Webhook is already set" if is_same else "Webhook was set")


async def delete_webhook(call: Call) -> Described:
    """Have nothing posted any longer; what was not taken waits for getUpdates."""
    _drop_pending(call)
    old, call.bot.webhook = call.bot.webhook, None
    call.state.couriers.stop(call.bot)
    return Described(True, "Webhook was deleted" if old else "Webhook is already deleted")


async def get_webhook_info(call: Call) -> JSON:
    """What is set, and how the last failed post failed."""
    webhook, queue = call.bot.webhook, call.bot.queue
    info: Object = {
        "url": webhook.url if webhook else "",
        "has_custom_certificate": webhook.has_certificate if webhook else False,
        "pending_update_count": len(queue.pending),
    }
    if webhook:
        info.update(max_connections=webhook.max_connections, ip_address=webhook.ip_address)
        if webhook.last_error_date is not None:
            info.update(last_error_date=webhook.last_error_date, last_error_message=webhook.last_error_message)
    if queue.allowed:
        info["allowed_updates"] = [*queue.allowed]
    return info


async def get_updates(call: Call) -> JSON:
    """Fetch updates, waiting for the first one up to `timeout` seconds; those below `offset` are done with."""
    if call.bot.webhook:
        raise Refused(
            409,
            "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook"
            " first",
        )
    queue = call.bot.queue
    _set_allowed(call)
    for update in queue.acknowledge(call.arguments.integer("offset", 0)):
        call.state.simulation.ledger.record("polled", "telegram", _polled(call.bot, update))
    limit = max(1, min(call.arguments.integer("limit", MAX_UPDATES), MAX_UPDATES))
    seconds = max(0, min(call.arguments.integer("timeout", 0), MAX_POLL_SECONDS))
    poll = queue.begin_poll()
    try:
        if not queue.pending and seconds and await call.state.simulation.wait(poll, seconds):
            poll.result()
    finally:
        queue.end_poll(poll)
    return [update.body() for update in queue.first(limit)]


def _parsed(call: Call, url: str) -> Webhook:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise bad_request("invalid webhook URL specified") from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise bad_request("invalid webhook URL specified")
    if call.state.require_https and parsed.scheme != "https":
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    secret = call.arguments.text("secret_token")
    if len(secret) > MAX_SECRET_CHARACTERS:
        raise bad_request("secret token is too long")
    if not SECRET.fullmatch(secret):
        raise bad_request("secret token contains unallowed characters")
    connections = call.arguments.integer("max_connections", DEFAULT_CONNECTIONS)
    return Webhook(
        url,
        secret,
        max(1, min(connections, MAX_CONNECTIONS)),
        has_certificate="certificate" in call.arguments.values,
        ip_address=call.arguments.text("ip_address") or parsed.host,
    )


def _set_allowed(call: Call) -> None:
    """Left out, the last setting holds; an empty list brings the default back."""
    allowed = call.arguments.decoded("allowed_updates", "allowed updates")
    if isinstance(allowed, list):
        call.bot.queue.allowed = [kind for kind in allowed if isinstance(kind, str)]


def _drop_pending(call: Call) -> None:
    if call.arguments.flag("drop_pending_updates"):
        call.bot.queue.pending.clear()


def _polled(bot: Bot, update: Update) -> Object:
    return {"token": bot.token, "chat_id": update.lane, "update_id": update.id, "update": update.body()}
