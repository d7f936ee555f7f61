"""OpenAI's chat completions, or anything that speaks like them: plain data in and out, no database.

Contract: https://platform.openai.com/docs/api-reference/chat/create and the `openai` package (3.54). The package
repeats a call even when the quota is used up, and reads any answer to its end; so its retries are off, and the body
is read here, within a size and a deadline. It takes longer to load than all of Django: the processes that call the
vendor load it before they fork (`load_package`), all others never.
"""

import contextlib
import functools
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from django.conf import settings

from core import breaker, metrics
from core.errors import VendorBadReply, VendorError, VendorRefused, VendorTimeout, VendorUnreachable
from summaries.completions import VENDOR, Answer, Usage, answer_format, read_answer, read_usage

if TYPE_CHECKING:
    import openai

CONNECT_SECONDS = 3.0
READ_SECONDS = 30.0
TOTAL_SECONDS = 45.0
MAX_BYTES = 1_000_000
MAX_COMPLETION_TOKENS = 3_000
ATTEMPTS = 2
PAUSE_SECONDS = 0.5
# A vendor that asks for a longer pause than this is asked again by the sweep, not here.
LONGEST_PAUSE_SECONDS = 5.0
breaker.watch(VENDOR)


class KeyRefused(VendorRefused):
    """A wrong or withdrawn key, or one without permission: an operator must look."""

    outcome = "key"


class QuotaSpent(VendorRefused):
    """No money is left on the account at the vendor."""

    outcome = "quota"


metrics.begin_at_zero(metrics.external_calls, (VENDOR, KeyRefused.outcome), (VENDOR, QuotaSpent.outcome))


@dataclass(frozen=True, slots=True)
class Call:
    """One request that was sent, and what came of it: `outcome` of core.errors, or "ok"."""

    model: str
    outcome: str
    usage: Usage


OnCall = Callable[[Call], None]


def is_configured() -> bool:
    """Whether there is a key and a model; without, every summary is extractive."""
    return bool(settings.OPENAI_API_KEY and settings.OPENAI_MODELS)


def write(*, system: str, listing: str, on_call: OnCall) -> Answer:
    """Ask the first model of settings.OPENAI_MODELS that exists; `on_call` hears of every request, failed ones too.

    Raises VendorTimeout, VendorUnreachable, VendorBadReply (reasons: not_json, empty, length, oversize …),
    KeyRefused, QuotaSpent, VendorRefused (reasons: rate_limit, no_model, refusal, bad_request), BreakerOpen.
    """
    for model in settings.OPENAI_MODELS:
        try:
            return _with_retry(functools.partial(_counted, request_body(model, system, listing), on_call))
        except ModelGone:
            continue
    raise VendorRefused(VENDOR, "no_model")


class ModelGone(VendorRefused):
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


def request_body(model: str, system: str, listing: str) -> dict[str, Any]:
    """The same for a direct call and for a line of a batch."""
    return {
        "model": model,
        "messages": [{"role": "system", "content": system}, {"role": "user", "content": listing}],
        "response_format": answer_format(),
        "max_completion_tokens": MAX_COMPLETION_TOKENS,
        "store": False,
    }


def most_usage(request: Mapping[str, Any]) -> Usage:
    """What a request can be billed at most: a token is at least one character of a prompt in Korean."""
    prompt = sum(len(message["content"]) for message in request["messages"])
    return Usage(prompt, 0, request["max_completion_tokens"], estimated=True)


def _counted(request: Mapping[str, Any], on_call: OnCall) -> Answer:
    outcome, usage = "ok", None
    try:
        body = _ask(request)
        usage = read_usage(body)
        return read_answer(body)
    except VendorError as error:
        outcome = error.outcome
        raise
    finally:
        metrics.external_calls.labels(VENDOR, outcome).inc()
        on_call(Call(request["model"], outcome, usage or _unsaid(request, outcome)))


def _unsaid(request: Mapping[str, Any], outcome: str) -> Usage:
    """An answer that was lost or did not name its price may have been billed; a refusal or a 5xx was not."""
    return most_usage(request) if outcome in ("ok", VendorTimeout.outcome, VendorBadReply.outcome) else Usage()


def _ask(request: Mapping[str, Any]) -> bytes:
    ends = time.monotonic() + TOTAL_SECONDS
    with translated(), sdk().chat.completions.with_streaming_response.create(**request) as response:
        return read_body(response.iter_bytes(), ends=ends, limit=MAX_BYTES)


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """The package's errors as ours."""
    import openai

    try:
        yield
    except openai.APITimeoutError:
        raise VendorTimeout(VENDOR, "no answer in time") from None
    except openai.APIStatusError as error:
        raise _refused(error) from None
    except openai.OpenAIError as error:
        raise VendorUnreachable(VENDOR, type(error).__name__) from None
    except OSError as error:
        raise VendorUnreachable(VENDOR, type(error).__name__) from None


def read_body(chunks: Iterator[bytes], *, ends: float, limit: int) -> bytes:
    """All of it, unless it is longer than `limit` or not there by `ends` (time.monotonic)."""
    body = bytearray()
    try:
        for chunk in chunks:
            body += chunk
            if len(body) > limit:
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


def _refused(error: "openai.APIStatusError") -> VendorError:
    """The vendor's status as one of ours. Quota, key and bad requests are not asked again at once."""
    if error.status_code >= 500 or error.status_code in (408, 409):
        return VendorUnreachable(VENDOR, str(error.status_code))
    if error.status_code == 404:
        return ModelGone(VENDOR, "no_model")
    if error.status_code == 429 and error.code != "insufficient_quota":
        return _RateLimited(_seconds(error.response.headers.get("retry-after")))
    if error.status_code == 429:
        return QuotaSpent(VENDOR, "insufficient_quota")
    if error.status_code in (401, 403):
        return KeyRefused(VENDOR, "invalid_key")
    return VendorRefused(VENDOR, "bad_request")


def _seconds(text: str | None) -> float | None:
    try:
        return max(0.0, float(text or ""))
    except ValueError:
        return None


def load_package() -> None:
    """For a master, before it forks those who call the vendor; nobody does without a key."""
    if is_configured():
        import_module("openai")


def not_found() -> "type[openai.NotFoundError]":
    """The package's error for what the vendor does not know."""
    import openai

    return openai.NotFoundError


def sdk() -> "openai.OpenAI":
    """Built when first needed, and anew when the settings change: the package refuses an empty key at construction."""
    return _built(settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL)


@functools.lru_cache(maxsize=2)
def _built(key: str, base_url: str) -> "openai.OpenAI":
    import openai

    timeout = openai.Timeout(TOTAL_SECONDS, connect=CONNECT_SECONDS, read=READ_SECONDS)
    return openai.OpenAI(api_key=key, base_url=base_url, timeout=timeout, max_retries=0)


# A connection shared by parent and child would mix their answers up.
os.register_at_fork(after_in_child=_built.cache_clear)
