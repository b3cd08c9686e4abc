"""The routes under /v1: what developers and operators manage and watch."""

from fastapi import APIRouter

from api.v1 import (
    bots,
    budgets,
    cache,
    channels,
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
    verdicts,
    webhook,
    workspace,
)

PARTS = (
    bots,
    budgets,
    cache,
    models,
    channels,
    webhook,
    conversations,
    messages,
    media,
    controls,
    deliveries,
    events,
    stats,
    verdicts,
    notices,
    keys,
    workspace,
)

router = APIRouter(prefix="/v1")
for part in PARTS:
    router.include_router(part.router)
