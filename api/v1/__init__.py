"""The routes under /v1: what developers and operators manage and watch."""

from fastapi import APIRouter

from api.v1 import (
    approvals,
    bots,
    budgets,
    calls,
    changing,
    channels,
    chats,
    contacts,
    controls,
    conversations,
    deliveries,
    documents,
    events,
    keys,
    media,
    messages,
    models,
    notices,
    stats,
    templates,
    webhook,
)

PARTS = (
    bots,
    documents,
    budgets,
    models,
    channels,
    webhook,
    templates,
    conversations,
    messages,
    changing,
    chats,
    contacts,
    media,
    controls,
    approvals,
    calls,
    deliveries,
    events,
    stats,
    notices,
    keys,
)

router = APIRouter(prefix="/v1")
for part in PARTS:
    router.include_router(part.router)
