"""OpenAI's files and batches: plain data in and out, no database. Services of this app call it.

Contract: https://platform.openai.com/docs/api-reference/batch and the `openai` package (3.54). Everything is looked up
by what we put there ourselves (a file's name, a batch's metadata), since an answer may be lost on its way.
"""

import contextlib
import itertools
import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, ValidationError

from core import metrics
from core.errors import VendorBadReply, VendorError, VendorRefused
from summaries import prompts
from summaries.client import not_found, read_body, request_body, sdk, translated
from summaries.completions import VENDOR, Answer, Usage, read_answer, read_usage

if TYPE_CHECKING:
    from openai.types import Batch

ENDPOINT: Final = "/v1/chat/completions"
KEY = "pilling_batch"
# How many of the vendor's newest files and batches are looked through for ours.
LOOKED_THROUGH = 500
MAX_FILE_BYTES = 200_000_000
FILE_SECONDS = 60.0
OVER = frozenset({"completed", "failed", "expired", "cancelled"})


@dataclass(frozen=True, slots=True)
class RemoteBatch:
    """A batch as the vendor tells it; "" for what is not there. `over`: its status will not change any more."""

    id: str
    status: str
    output_file: str
    error_file: str
    reason: str

    @property
    def over(self) -> bool:
        return self.status in OVER


@dataclass(frozen=True, slots=True)
class Result:
    """One line of an output or error file: an answer, or why there is none; and what is billed.

    `outcome`: "ok" or one of core.errors; "" when the request was never executed, so that it may be sent anew.
    """

    custom_id: str
    answer: Answer | None
    outcome: str
    reason: str
    usage: Usage


class _Response(BaseModel):
    status_code: int
    body: Any = None


class _Error(BaseModel):
    code: str | None = None


class _Line(BaseModel):
    custom_id: str
    response: _Response | None = None
    error: _Error | None = None


def line(*, custom_id: str, model: str, listing: str) -> str:
    """One line of an input file: the request that a direct call would send."""
    body = request_body(model, prompts.SYSTEM, listing)
    request = {"custom_id": custom_id, "method": "POST", "url": ENDPOINT, "body": body}
    return json.dumps(request, ensure_ascii=False, separators=(",", ":"))


def file_name(key: str) -> str:
    return f"pilling-{key}.jsonl"


def upload(*, key: str, lines: Iterable[str]) -> str:
    """The id of the file at the vendor. Raises VendorError, as all that follow."""
    content = "\n".join(lines).encode()
    with _counted():
        return sdk().files.create(file=(file_name(key), content), purpose="batch").id


def find_file(*, key: str) -> str:
    """The id of a file that was uploaded under this key; "" when there is none among the newest."""
    with _counted():
        newest = itertools.islice(sdk().files.list(purpose="batch", limit=100), LOOKED_THROUGH)
        return next((file.id for file in newest if file.filename == file_name(key)), "")


def create(*, key: str, input_file: str) -> RemoteBatch:
    with _counted():
        batch = sdk().batches.create(
            input_file_id=input_file, endpoint=ENDPOINT, completion_window="24h", metadata={KEY: key}
        )
    return _remote(batch)


def find_batch(*, key: str) -> RemoteBatch | None:
    """The batch that was created under this key; None when there is none among the newest."""
    with _counted():
        newest = itertools.islice(sdk().batches.list(limit=100), LOOKED_THROUGH)
        return next((_remote(batch) for batch in newest if (batch.metadata or {}).get(KEY) == key), None)


def retrieve(*, remote_id: str) -> RemoteBatch | None:
    """None: the vendor does not know it (any more)."""
    with _counted():
        try:
            return _remote(sdk().batches.retrieve(remote_id))
        except not_found():
            return None


def cancel(*, remote_id: str) -> None:
    with _counted():
        sdk().batches.cancel(remote_id)


def results(*, file: str) -> Iterator[Result]:
    """The lines of an output or error file, in the vendor's order; those that make no sense are left out.

    Nothing when the file is gone.
    """
    for text in _content(file).splitlines():
        try:
            yield _result(_Line.model_validate_json(text))
        except ValidationError:
            metrics.external_calls.labels(VENDOR, VendorBadReply.outcome).inc()


def delete_file(*, file: str) -> None:
    """A file that is gone already is as good as deleted."""
    with _counted():
        try:
            sdk().files.delete(file)
        except not_found():
            return


def _content(file: str) -> bytes:
    with _counted():
        try:
            with sdk().files.with_streaming_response.content(file) as response:
                ends = time.monotonic() + FILE_SECONDS
                return read_body(response.iter_bytes(), ends=ends, limit=MAX_FILE_BYTES)
        except not_found():
            return b""


def _result(read: _Line) -> Result:
    """A line has an answer (200), the vendor's refusal (another status), or an error of the batch."""
    if read.response is None:
        return Result(read.custom_id, None, "", (read.error and read.error.code) or "no_response", Usage())
    body = json.dumps(read.response.body).encode()
    usage = read_usage(body) or Usage()
    if read.response.status_code != 200:
        return Result(read.custom_id, None, VendorRefused.outcome, f"status_{read.response.status_code}", usage)
    try:
        return Result(read.custom_id, read_answer(body), "ok", "", usage)
    except VendorError as error:
        return Result(read.custom_id, None, error.outcome, error.reason, usage)


def _remote(batch: "Batch") -> RemoteBatch:
    problems = (batch.errors and batch.errors.data) or []
    reason = next((problem.code or "" for problem in problems), "")
    return RemoteBatch(batch.id, batch.status, batch.output_file_id or "", batch.error_file_id or "", reason)


@contextlib.contextmanager
def _counted() -> Iterator[None]:
    """The package's errors as ours, and each request counted."""
    outcome = "ok"
    try:
        with translated():
            yield
    except VendorError as error:
        outcome = error.outcome
        raise
    finally:
        metrics.external_calls.labels(VENDOR, outcome).inc()
