"""The routes under /v1: what developers and operators manage and watch."""

from fastapi import APIRouter

from api.v1 import (
    bots,
    budgets,
    channels,
    completions,
    controls,
    conversations,
    deliveries,
    events,
    facts,
    keys,
    media,
    messages,
    models,
    notices,
    prompts,
    stats,
    turns,
    webhook,
)

PARTS = (
    bots,
    budgets,
    models,
    prompts,
    completions,
    channels,
    webhook,
    conversations,
    facts,
    messages,
    turns,
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
