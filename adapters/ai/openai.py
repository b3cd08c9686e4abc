"""Any endpoint that speaks OpenAI's protocol, through OpenAI's SDK with its own retries off: Temporal retries."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx2
import openai
from openai.types import ModerationCreateResponse
from pydantic import BaseModel, JsonValue, SecretStr

from adapters.ai import chat_completions, responses
from adapters.ai.allowances import Allowances
from adapters.ai.base import Answer, Asking, Checked, Listener
from adapters.ai.drafts import Draft
from adapters.ai.endpoints import Endpoint, Key
from adapters.ai.facts import as_facts, refused_parameter
from adapters.ai.keys import Keys
from adapters.ai.pace import Pace
from adapters.ai.streams import events
from adapters.errors import CredentialsRefused, OutsideError, RateLimited, Unreachable
from domain.bots import Api, Model
from domain.transcripts import Prompt
from domain.verdicts import Finding

_CONNECT_SECONDS = 5.0
_JUDGE_SECONDS = 10.0
_MODERATION_MODEL = "omni-moderation-latest"
_NO_KEY = Key("none", SecretStr("no-key"))
_EVENT_STREAM = "text/event-stream"


@dataclass(frozen=True)
class _Dialect:
    """One of the two APIs."""

    body: Callable[[Model, Prompt, frozenset[str]], dict[str, JsonValue]]
    read_event: Callable[[object, Draft], bool]
    read_whole: Callable[[object, Draft], None]


_DIALECTS: dict[Api, _Dialect] = {
    "chat_completions": _Dialect(chat_completions.body, chat_completions.read_event, chat_completions.read_whole),
    "responses": _Dialect(responses.body, responses.read_event, responses.read_whole),
}


class OpenAI:
    """Answers and moderation of one endpoint; the connections are the owner's, who closes them."""

    def __init__(self, endpoint: Endpoint, http: httpx2.AsyncClient, allowances: Allowances | None = None) -> None:
        self._endpoint = endpoint
        self._allowances = allowances
        self._client = openai.AsyncOpenAI(
            api_key=_NO_KEY.secret.get_secret_value(),
            base_url=endpoint.address,
            max_retries=0,
            timeout=_timeout(_JUDGE_SECONDS),
            http_client=http,
            default_query=endpoint.query,
        )
        self._keys = Keys(endpoint.keys or (_NO_KEY,))
        self._unknown: dict[str, frozenset[str]] = {}

    @property
    def endpoint(self) -> str:
        """What logs and metrics may call it."""
        return self._endpoint.host

    @property
    def identity(self) -> str:
        """The whole address, with the version and the deployment that it names."""
        return self._endpoint.identity

    async def complete(self, model: Model, prompt: Prompt, listener: Listener | None = None) -> Answer:
        """One answer, by the first key that is accepted."""
        pace, now = Pace(model), time.monotonic()
        failure: RateLimited | CredentialsRefused | None = None
        async with pace.kept():
            for key in self._keys.usable(model.name, now):
                try:
                    return await self._allowed(model, prompt, key, pace, listener)
                except RateLimited as error:
                    self._keys.rest(key, model.name, error.after, time.monotonic())
                    failure = error
                except CredentialsRefused as error:
                    self._keys.refuse(key, model.name, time.monotonic())
                    failure = failure or error
        wait = self._keys.wait(model.name, time.monotonic())
        if wait is not None and (len(self._endpoint.keys) > 1 or failure is None):
            raise RateLimited(f"the model {model.name!r} was told to wait", wait)
        raise failure or Unreachable(f"the model {model.name!r} was told to wait until this moment")

    async def _allowed(self, model: Model, prompt: Prompt, key: Key, pace: Pace, listener: Listener | None) -> Answer:
        if self._allowances is None:
            return await self._complete(model, prompt, key, pace, listener)
        async with self._allowances.used(key, model, prompt) as use:
            use.answer = await self._complete(model, prompt, key, pace, listener)
        return use.answer

    async def _complete(self, model: Model, prompt: Prompt, key: Key, pace: Pace, listener: Listener | None) -> Answer:
        """One answer by one key; a model that refuses parameters is asked without them from then on."""
        dialect = _DIALECTS[model.api]
        async with as_facts("model's", self._endpoint.remedy):
            while True:
                unknown = self._unknown.get(model.name, frozenset())
                if "stream" in unknown:
                    pace.answers_whole()
                try:
                    body = dialect.body(model, prompt, unknown)
                    draft = await self._ask(dialect, model, body, key, pace, listener)
                    return draft.answer(model.name, prompt)
                except openai.BadRequestError as error:
                    refused = refused_parameter(error)
                    if refused is None or refused in unknown:
                        raise
                    self._unknown[model.name] = unknown | {refused}

    async def _ask(
        self,
        dialect: _Dialect,
        model: Model,
        body: dict[str, JsonValue],
        key: Key,
        pace: Pace,
        listener: Listener | None,
    ) -> Draft:
        # Not chat.completions.create(), which walks through every message for names to translate: 9 ms for forty.
        response = await self._client.post(
            self._endpoint.path(model.api, model.name),
            cast_to=httpx2.Response,
            body=body,
            options={"timeout": _timeout(model.timeout_seconds), "headers": self._headers(key)},
            stream=True,
            stream_cls=openai.AsyncStream[object],
        )
        assert isinstance(response, httpx2.Response)
        try:
            return await _read(dialect, response, pace, listener)
        finally:
            await response.aclose()

    def _headers(self, key: Key) -> dict[str, str | openai.Omit]:
        secret = key.secret.get_secret_value()
        # The SDK would add what it finds in the environment.
        others: dict[str, str | openai.Omit] = {"OpenAI-Organization": openai.omit, "OpenAI-Project": openai.omit}
        if self._endpoint.key_header == "Authorization":
            return {**others, "Authorization": f"Bearer {secret}"}
        return {**others, "Authorization": openai.omit, self._endpoint.key_header: secret}

    async def judge(self, text: str, _: Asking | None = None) -> tuple[Finding, ...]:
        """What the moderation endpoint finds; see platform.openai.com/docs/api-reference/moderations."""
        key = (self._endpoint.keys or (_NO_KEY,))[0]
        async with _within(_JUDGE_SECONDS, "moderation"), as_facts("moderation", self._endpoint.remedy):
            result = await self._client.moderations.create(
                model=_MODERATION_MODEL, input=text, extra_headers=self._headers(key)
            )
        return _findings(result)

    async def examine(self) -> tuple[Checked, ...]:
        """Ask for the list of models with each key, all at once."""
        return tuple(await asyncio.gather(*(self._examine(key) for key in self._endpoint.keys or (_NO_KEY,))))

    async def _examine(self, key: Key) -> Checked:
        name = key.name if self._endpoint.keys else None
        try:
            await self._list(key)
        except OutsideError as error:
            return Checked(name, str(error))
        return Checked(name, None)

    async def _list(self, key: Key) -> None:
        async with _within(_JUDGE_SECONDS, "model's"), as_facts("model's", self._endpoint.remedy):
            # Not models.list(), which fails in ways of its own on what is no list.
            listed = await self._client.get("/models", cast_to=object, options={"headers": self._headers(key)})
        offered = listed.get("data") if isinstance(listed, dict) else None
        if not isinstance(offered, list):
            raise Unreachable("the model's endpoint answered with something that is no list of models")


async def _read(dialect: _Dialect, response: httpx2.Response, pace: Pace, listener: Listener | None) -> Draft:
    """The answer, read as far as it can be shown."""
    draft = Draft(listener)
    if not response.headers.get("content-type", "").startswith(_EVENT_STREAM):
        pace.answers_whole()
        dialect.read_whole(json.loads(b"".join([piece async for piece in response.aiter_raw()])), draft)
        return draft
    async for event in events(response.aiter_raw()):
        if event is None:
            draft.complete = True
            break
        if dialect.read_event(event, draft):
            pace.spoke()
        if draft.full:
            return draft
    if not draft.complete:
        raise Unreachable("the model's endpoint broke off its answer")
    return draft


@asynccontextmanager
async def _within(seconds: float, whose: str) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise Unreachable(f"the {whose} endpoint did not answer in {seconds:g} s") from None


def _timeout(seconds: float) -> openai.Timeout:
    return openai.Timeout(seconds, connect=min(_CONNECT_SECONDS, seconds))


def _findings(result: ModerationCreateResponse) -> tuple[Finding, ...]:
    """The findings of an answer whose every field may be missing or wrong."""
    results = getattr(result, "results", None)
    found = results[0] if isinstance(results, list) and results else None
    flagged, categories = getattr(found, "flagged", None), getattr(found, "categories", None)
    if not isinstance(flagged, bool) or not isinstance(categories, BaseModel):
        raise Unreachable("the moderation endpoint answered with something that is no verdict")
    scores = getattr(found, "category_scores", None)
    scored = scores.model_dump(by_alias=True) if isinstance(scores, BaseModel) else {}
    hits = sorted(categories.model_dump(by_alias=True).items())
    findings = [Finding(category=name, score=_score(scored.get(name)), flagged=hit is True) for name, hit in hits]
    if flagged and not any(finding.flagged for finding in findings):
        findings.append(Finding(category="flagged"))
    return tuple(findings)


def _score(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
