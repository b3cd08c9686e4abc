"""The codec endpoint: Temporal UI and CLI decode encrypted payloads here, for whoever holds an API key.

The protocol is Temporal's "remote codec": POST /encode and /decode with `{"payloads": [...]}` in protobuf's JSON form.
"""

from fastapi import APIRouter, Request, Response
from google.protobuf import json_format
from temporalio.api.common.v1 import Payloads

from adapters.errors import Unreadable
from adapters.platforms.fields import parse_object
from adapters.temporal.client import vault
from adapters.temporal.codec import EncryptionCodec
from adapters.vault import KeyMissing
from api import bodies
from api.problems import Problem
from api.resources import Using
from api.security import Operator

MAX_BYTES = 4 * 1024 * 1024
router = APIRouter(prefix="/codec", tags=["codec"])


@router.post("/decode", summary="Decrypt payloads for Temporal UI and CLI", response_class=Response)
async def decode(request: Request, using: Using, holder: Operator) -> Response:
    """The payloads as they were before encryption."""
    payloads = await _read(request)
    try:
        decoded = await EncryptionCodec(vault(using.settings)).decode(payloads.payloads)
    except KeyMissing as error:
        raise Problem(422, str(error), "key_missing") from error
    return _answer(Payloads(payloads=decoded))


@router.post("/encode", summary="Encrypt payloads for Temporal UI and CLI", response_class=Response)
async def encode(request: Request, using: Using, holder: Operator) -> Response:
    """The payloads as the installation stores them."""
    payloads = await _read(request)
    if not using.settings.encrypt_payloads:
        return _answer(payloads)
    encoded = await EncryptionCodec(vault(using.settings)).encode(payloads.payloads)
    return _answer(Payloads(payloads=encoded))


async def _read(request: Request) -> Payloads:
    body = await bodies.read(request, MAX_BYTES)
    try:
        return json_format.ParseDict(dict(parse_object(body)), Payloads())
    except (json_format.ParseError, Unreadable) as error:
        raise Problem(400, "The body is not Temporal's JSON form of payloads.", "unreadable") from error


def _answer(payloads: Payloads) -> Response:
    return Response(json_format.MessageToJson(payloads), media_type="application/json")
