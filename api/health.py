"""Health: whether the process lives, and whether it can take messages in."""

import asyncio
from collections.abc import Awaitable
from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError
from temporalio.service import RPCError

from api.budgets import in_time
from api.resources import Using

_SECONDS = 2.0
router = APIRouter(prefix="/health", tags=["health"])


class Check(BaseModel):
    """One dependency: whether it answers."""

    ok: bool


class Readiness(BaseModel):
    """Ready with all dependencies, degraded while one of the two stores is away, not ready without both."""

    status: Literal["ready", "degraded", "not_ready"]
    checks: dict[str, Check]


@router.get("/live", summary="The process lives")
async def live() -> dict[str, str]:
    """Needs nothing but the process."""
    return {"status": "live"}


@router.get("/ready", summary="Messages can be taken in", responses={503: {"model": Readiness}})
async def ready(using: Using, response: Response) -> Readiness:
    """Asks database and Temporal."""
    database, temporal = await asyncio.gather(
        _answers(in_time(using.database.check(), _SECONDS)), _answers(using.handing.check())
    )
    response.status_code = 200 if database or temporal else 503
    status: Literal["ready", "degraded", "not_ready"] = "degraded" if database or temporal else "not_ready"
    return Readiness(
        status="ready" if database and temporal else status,
        checks={"database": Check(ok=database), "temporal": Check(ok=temporal)},
    )


async def _answers(question: Awaitable[None]) -> bool:
    try:
        async with asyncio.timeout(_SECONDS):
            await question
    except (SQLAlchemyError, RPCError, OSError, RuntimeError, TimeoutError):
        return False
    return True
