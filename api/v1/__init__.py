"""The routes under /v1: what developers and operators manage and watch."""

from fastapi import APIRouter

from api.v1 import (
    bots,
    budgets,
    changing,
    channels,
    chats,
    contacts,
    controls,
    conversations,
    deliveries,
    events,
    keys,
    media,
    messages,
    models,
    notices,
    stats,
    webhook,
)

PARTS = (
    bots,
    budgets,
    models,
    channels,
    webhook,
    conversations,
    messages,
    changing,
    chats,
    contacts,
    media,
    controls,
    deliveries,
    events,
    stats,
    notices,
    keys,
)

router = APIRouter(prefix="/v1")
for part in PARTS:
    router.include_router(part.router)
