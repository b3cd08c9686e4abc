"""The routes under /v1: what developers and operators manage and watch."""

from fastapi import APIRouter

from api.v1 import (
    approvals,
    bots,
    budgets,
    cache,
    calls,
    changing,
    channels,
    chats,
    completions,
    contacts,
    controls,
    conversations,
    deliveries,
    documents,
    events,
    facts,
    keys,
    media,
    messages,
    models,
    notices,
    prompts,
    stats,
    templates,
    turns,
    verdicts,
    webhook,
    workspace,
)

PARTS = (
    bots,
    documents,
    budgets,
    cache,
    models,
    prompts,
    completions,
    channels,
    webhook,
    templates,
    conversations,
    facts,
    messages,
    turns,
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
    verdicts,
    notices,
    keys,
    workspace,
)

router = APIRouter(prefix="/v1")
for part in PARTS:
    router.include_router(part.router)
