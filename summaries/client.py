"""OpenAI's chat completions, or anything that speaks like them: plain data in and out, no database.

Contract: https://platform.openai.com/docs/api-reference/chat/create and the `openai` package (3.54). The package
repeats a call even when the quota is used up, and reads any answer to its end; so its retries are off, and the body
is read here, within a size and a deadline.
"""

import functools
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import openai
from django.conf import settings
from openai import OpenAI
from openai.types.shared_params import ResponseFormatJSONSchema
from pydantic import BaseModel, ConfigDict, ValidationError

from core import breaker, metrics
from core.errors import VendorBadReply, VendorError, VendorRefused, VendorTimeout, VendorUnreachable

VENDOR = "openai"
CONNECT_SECONDS = 3.0
READ_SECONDS = 30.0
TOTAL_SECONDS = 45.0
MAX_BYTES = 1_000_000
MAX_COMPLETION_TOKENS = 3_000
ATTEMPTS = 2
PAUSE_SECONDS = 0.5
# A vendor that asks for a longer pause than this is asked again by the sweep, not here.
LONGEST_PAUSE_SECONDS = 5.0


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class WrittenSentence(_Strict):
    """One sentence of the answer; `source` holds ids such as "efficacy.0"."""

    section: Literal["effect", "side_effect", "advice"]
    text: str
    source: list[str]


class Written(_Strict):
    sentences: list[WrittenSentence]


class _Message(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Details(BaseModel):
    cached_tokens: int | None = None


class _Usage(BaseModel):
    prompt_tokens: int = 0
    completion_tokens: int = 0
    prompt_tokens_details: _Details | None = None


class _Completion(BaseModel):
    model: str
    choices: list[_Choice]
    usage: _Usage | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model wrote, by which model, and the tokens it took (`tokens_cached` are part of `tokens_in`)."""

    sentences: tuple[WrittenSentence, ...]
    model: str
    tokens_in: int
    tokens_cached: int
    tokens_out: int


def is_configured() -> bool:
    """Whether there is a key and a model; without, every summary is extractive."""
    return bool(settings.OPENAI_API_KEY and settings.OPENAI_MODELS)


def write(*, system: str, listing: str) -> Answer:
    """Ask the first model of settings.OPENAI_MODELS that exists.

    Raises VendorTimeout, VendorUnreachable, VendorBadReply (reasons: not_json, empty, length, oversize …),
    VendorRefused (reasons: insufficient_quota, rate_limit, invalid_key, no_model, refusal, bad_request), BreakerOpen.
    """
    for model in settings.OPENAI_MODELS:
        try:
            return _with_retry(functools.partial(_counted, model, system, listing))
        except _ModelGone:
            continue
    raise VendorRefused(VENDOR, "no_model")


class _ModelGone(VendorRefused):
    """404: the next model of the list is asked."""


class _RateLimited(VendorRefused):
    """429 with time to come back; `pause` in seconds, None when the vendor did not say."""

    def __init__(self, pause: float | None) -> None:
        super().__init__(VENDOR, "rate_limit")
        self.pause = pause


def _with_retry(ask: Callable[[], Answer]) -> Answer:
    """A second try for what passes quickly: no connection, 5xx, a rate limit of a few seconds."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return breaker.call(VENDOR, ask)
        except (VendorUnreachable, _RateLimited) as error:
            pause = _pause(error)
            if attempt == ATTEMPTS or pause > LONGEST_PAUSE_SECONDS:
                raise
            time.sleep(pause)
    raise AssertionError("unreachable")


def _pause(error: VendorError) -> float:
    asked = error.pause if isinstance(error, _RateLimited) else None
    return PAUSE_SECONDS if asked is None else asked


def _counted(model: str, system: str, listing: str) -> Answer:
    outcome = "ok"
    try:
        return _read(_ask(model, system, listing))
    except VendorError as error:
        outcome = error.outcome
        raise
    finally:
        metrics.external_calls.labels(VENDOR, outcome).inc()


def _ask(model: str, system: str, listing: str) -> bytes:
    ends = time.monotonic() + TOTAL_SECONDS
    try:
        with _sdk().chat.completions.with_streaming_response.create(
            model=model,
            messages=[{"role": "system", "content": system}, {"role": "user", "content": listing}],
            response_format=_format(),
            max_completion_tokens=MAX_COMPLETION_TOKENS,
            store=False,
        ) as response:
            return _body(response.iter_bytes(), ends)
    except openai.APITimeoutError:
        raise VendorTimeout(VENDOR, "no answer in time") from None
    except openai.APIStatusError as error:
        raise _refused(error) from None
    except openai.OpenAIError as error:
        raise VendorUnreachable(VENDOR, type(error).__name__) from None
    except VendorError:
        raise
    except OSError as error:
        raise VendorUnreachable(VENDOR, type(error).__name__) from None


def _body(chunks: Iterator[bytes], ends: float) -> bytes:
    body = bytearray()
    try:
        for chunk in chunks:
            body += chunk
            if len(body) > MAX_BYTES:
                raise VendorBadReply(VENDOR, "oversize")
            if time.monotonic() > ends:
                raise VendorTimeout(VENDOR, "no end in time")
    except VendorError:
        raise
    except Exception as error:  # the transport's own errors are not wrapped while a body is read
        if "timeout" in type(error).__name__.lower():
            raise VendorTimeout(VENDOR, type(error).__name__) from None
        raise VendorUnreachable(VENDOR, type(error).__name__) from None
    return bytes(body)


def _refused(error: openai.APIStatusError) -> VendorError:
    """The vendor's status as one of ours. Quota, key and bad requests are not asked again at once."""
    if error.status_code >= 500 or error.status_code in (408, 409):
        return VendorUnreachable(VENDOR, str(error.status_code))
    if error.status_code == 404:
        return _ModelGone(VENDOR, "no_model")
    if error.status_code == 429 and error.code != "insufficient_quota":
        return _RateLimited(_seconds(error.response.headers.get("retry-after")))
    reasons = {429: "insufficient_quota", 401: "invalid_key", 403: "invalid_key"}
    return VendorRefused(VENDOR, reasons.get(error.status_code, "bad_request"))


def _seconds(text: str | None) -> float | None:
    try:
        return max(0.0, float(text or ""))
    except ValueError:
        return None


def _read(body: bytes) -> Answer:
    """The answer, from JSON that is all there and that is what was asked for."""
    try:
        completion = _Completion.model_validate_json(body)
    except ValidationError:
        raise VendorBadReply(VENDOR, "not_json") from None
    if not completion.choices:
        raise VendorBadReply(VENDOR, "empty")
    choice = completion.choices[0]
    if choice.message.refusal or choice.finish_reason == "content_filter":
        raise VendorRefused(VENDOR, "refusal")
    if choice.finish_reason != "stop":
        raise VendorBadReply(VENDOR, "length")
    usage = completion.usage or _Usage()
    details = usage.prompt_tokens_details or _Details()
    sentences = _sentences(choice.message.content)
    return Answer(sentences, completion.model, usage.prompt_tokens, details.cached_tokens or 0, usage.completion_tokens)


def _sentences(content: str | None) -> tuple[WrittenSentence, ...]:
    try:
        return tuple(Written.model_validate_json(content or "").sentences)
    except ValidationError:
        raise VendorBadReply(VENDOR, "content") from None


@functools.cache
def _format() -> ResponseFormatJSONSchema:
    schema = Written.model_json_schema()
    return {"type": "json_schema", "json_schema": {"name": "summary", "strict": True, "schema": schema}}


def _sdk() -> OpenAI:
    """Built when first needed, and anew when the settings change: the package refuses an empty key at construction."""
    return _built(settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL)


@functools.lru_cache(maxsize=2)
def _built(key: str, base_url: str) -> OpenAI:
    timeout = openai.Timeout(TOTAL_SECONDS, connect=CONNECT_SECONDS, read=READ_SECONDS)
    return OpenAI(api_key=key, base_url=base_url, timeout=timeout, max_retries=0)


# A connection shared by parent and child would mix their answers up.
os.register_at_fork(after_in_child=_built.cache_clear)
