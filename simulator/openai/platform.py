"""The door of the stand-in: keys, models, faults, and what the ledger learns of each request."""

import json
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import ClassVar
from uuid import uuid4

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from simulator.connection import Pieces
from simulator.faults import MID_STREAM_KINDS, Behaviour, Target
from simulator.injection import answer as answer_under
from simulator.openai.answers import Answer, Answers, last_user_text, tool_results
from simulator.openai.azure import check_version, key_of
from simulator.openai.completion import Completion
from simulator.openai.moderation import moderation
from simulator.openai.refusals import Refused, from_fault, refuse_parameters, refuse_temperature
from simulator.openai.responses import ModelResponse, messages_of
from simulator.openai.structured import shape_of
from simulator.simulation import Simulation
from simulator.wire import JSON, Object, encode, json_answer, unix_time

DEFAULT_MODERATION_MODEL = "omni-moderation-latest"
EVENT_STREAM = "text/event-stream; charset=utf-8"


class OpenAI:
    """`/openai/v1/…`: chat/completions, responses, moderations, models; and as Azure has them, at `/azure`."""

    variable: ClassVar[str] = "OPENAI_BASE_URL"
    path: ClassVar[str] = "/openai/v1"

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._answers = Answers()

    @property
    def routes(self) -> Sequence[BaseRoute]:
        """The provider's API."""
        return [
            Route(f"{self.path}/chat/completions", self._completions, methods=["POST"]),
            Route(f"{self.path}/responses", self._responses, methods=["POST"]),
            Route(f"{self.path}/moderations", self._moderations, methods=["POST"]),
            Route(f"{self.path}/models", self._models, methods=["GET"]),
            Route("/azure/openai/deployments/{deployment}/chat/completions", self._completions, methods=["POST"]),
            Route("/azure/openai/v1/chat/completions", self._completions, methods=["POST"]),
            Route("/azure/openai/v1/responses", self._responses, methods=["POST"]),
            Route("/azure/openai/{version:path}models", self._models, methods=["GET"]),
            Route("/openai/{rest:path}", self._elsewhere, methods=["GET", "POST"]),
        ]

    @property
    def control(self) -> APIRouter:
        """What the model says."""
        router = APIRouter(tags=["openai"])

        @router.post("/answers")
        async def change_answers(changes: Answers) -> Answers:
            """Set what the model says from now on."""
            self._answers = self._answers.changed(changes)
            return self._answers

        @router.get("/answers")
        async def show_answers() -> Answers:
            """What the model says now."""
            return self._answers

        return router

    def accounts(self) -> list[Object]:
        """Nobody writes to a model."""
        return []

    def reset(self) -> None:
        """Echo again."""
        self._answers = Answers()

    async def _completions(self, request: Request) -> Response:
        try:
            payload = await self._admit(request)
            if not isinstance(messages := payload.get("messages"), list) or not messages:
                raise Refused(400, "Invalid 'messages': expected a non-empty array.", param="messages")
            if payload["model"] in self._answers.reasoning_models:
                refuse_parameters(payload)
        except Refused as refused:
            return self._note_refusal("chat/completions", refused)
        heard = last_user_text(messages)
        answer = self._answers.choose(heard, len(tool_results(messages)), shape_of(payload)).permitted(payload)
        completion = Completion(payload, answer, messages)
        return await self._serve("chat/completions", payload, heard, answer, partial(self._complete, completion))

    async def _responses(self, request: Request) -> Response:
        try:
            payload = await self._admit(request)
            if not (messages := messages_of(payload.get("input"))):
                raise Refused(400, "Missing required parameter: 'input'.", "missing_required_parameter", "input")
            if payload["model"] in self._answers.reasoning_models:
                refuse_temperature(payload)
        except Refused as refused:
            return self._note_refusal("responses", refused)
        heard = last_user_text(messages)
        answer = self._answers.choose(heard, len(tool_results(messages)), shape_of(payload)).permitted(payload)
        response = ModelResponse(payload, answer, messages)
        return await self._serve("responses", payload, heard, answer, partial(self._complete, response))

    async def _moderations(self, request: Request) -> Response:
        try:
            payload = await self._admit(request, DEFAULT_MODERATION_MODEL)
            if not payload.get("input"):
                raise Refused(400, "Missing required parameter: 'input'.", param="input")
        except Refused as refused:
            return self._note_refusal("moderations", refused)
        serve = partial(self._moderate, payload)
        return await self._serve("moderations", payload, str(payload["input"]), Answer(), serve)

    async def _models(self, request: Request) -> Response:
        try:
            self._check_key(request)
        except Refused as refused:
            return self._note_refusal("models", refused)
        models: list[JSON] = [
            {"id": name, "object": "model", "created": unix_time(), "owned_by": "simulator"}
            for name in self._answers.models
        ]
        return json_answer({"object": "list", "data": models})

    async def _elsewhere(self, request: Request) -> Response:
        return Refused(404, f"Invalid URL ({request.method} {request.url.path})").response()

    async def _admit(self, request: Request, default_model: str | None = None) -> Object:
        self._check_key(request)
        check_version(request)
        try:
            payload: JSON = json.loads(await request.body())
        except ValueError as error:
            raise Refused(400, "We could not parse the JSON body of your request.") from error
        if not isinstance(payload, dict):
            raise Refused(400, "We could not parse the JSON body of your request.")
        model = payload.setdefault("model", request.path_params.get("deployment", default_model))
        if not isinstance(model, str) or not model:
            raise Refused(400, "you must provide a model parameter", param="model")
        if model in self._answers.missing_models:
            text = f"The model `{model}` does not exist or you do not have access to it."
            raise Refused(404, text, "model_not_found")
        return payload

    def _check_key(self, request: Request) -> None:
        key = key_of(request)
        if key in self._answers.refused_keys:
            raise Refused(401, f"Incorrect API key provided: ****{key[-4:]}.", "invalid_api_key")

    async def _serve(
        self,
        method: str,
        payload: Object,
        text: str,
        answer: Answer,
        serve: Callable[[Object, Behaviour | None], Awaitable[Response]],
    ) -> Response:
        """Answer under the faults that meet the request, and those of the answer itself."""
        behaviours = self._simulation.faults.for_call(Target("openai", method, None, text))
        if answer.delay_seconds:
            behaviours.insert(0, Behaviour(kind="delay", seconds=answer.delay_seconds))
        if answer.fault is not None:
            behaviours.append(answer.fault)
        entry = self._note(method, payload, [behaviour.kind for behaviour in behaviours])
        decisive = next((behaviour for behaviour in behaviours if behaviour.kind != "delay"), None)
        accept = partial(serve, entry, decisive)
        return await answer_under(behaviours, self._simulation, accept, partial(_refuse_by_fault, entry))

    async def _complete(
        self, completion: Completion | ModelResponse, entry: Object, fault: Behaviour | None
    ) -> Response:
        entry.update(
            status=200, answer=completion.text, usage=completion.counts, finish_reason=completion.finish_reason
        )
        headers = {"x-request-id": f"req_{uuid4().hex}", "openai-processing-ms": "1"}
        broken = fault if fault and fault.kind in MID_STREAM_KINDS else None
        if completion.streamed:
            pieces = completion.pieces()
            if fault and fault.kind == "invalid_json":
                pieces.insert(1, b'data: {"id": "chatcmpl-\n\n')
            headers |= {"content-type": EVENT_STREAM, "cache-control": "no-cache"}
            return Pieces(pieces, headers, self._simulation, completion.answer.chunk_seconds, broken)
        if broken is None:
            return json_answer(completion.whole(), headers=headers)
        body = encode(completion.whole())
        headers |= {"content-type": "application/json", "content-length": str(len(body))}
        return Pieces([body[: len(body) // 2], body[len(body) // 2 :]], headers, self._simulation, 0.0, broken)

    async def _moderate(self, payload: Object, entry: Object, _fault: Behaviour | None) -> Response:
        verdict = moderation(str(payload["model"]), payload["input"], self._answers.flagged_words)
        entry.update(status=200, answer=verdict)
        return json_answer(verdict)

    def _note(self, method: str, payload: JSON, faults: Sequence[str]) -> Object:
        fields: Object = {
            "method": method,
            "request": payload,
            "status": None,
            "answer": None,
            "usage": None,
            "finish_reason": None,
            "faults": [*faults],
        }
        return self._simulation.ledger.record("model", "openai", fields)

    def _note_refusal(self, method: str, refused: Refused) -> Response:
        self._note(method, None, []).update(status=refused.status, answer=str(refused))
        return refused.response()


def _refuse_by_fault(entry: Object, behaviour: Behaviour) -> Response:
    entry["status"] = behaviour.status
    return from_fault(behaviour)
