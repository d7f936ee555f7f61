"""Files and batches of the OpenAI stand-in: in memory, run by the clock, answered out of order: openai.md."""

import json
import random
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from sandbox.standins.faults import Fault
from sandbox.standins.openai_checks import RequestRefusedError
from sandbox.standins.openai_files import (
    PATH,
    File,
    file_object,
    messy,
    new_batch,
    page,
    parts_of,
    read_lines,
    unfinished,
)
from sandbox.standins.vendor import Reply, Request, json_reply

Complete = Callable[[Mapping[str, object]], Reply]
FAULT_OPTIONS: Mapping[str, Mapping[str, object]] = {
    "batch_failed": {"code": "invalid_json_line", "message": "This line is not parseable as valid JSON."},
    "batch_expired": {"finished": 0.5},
    "batch_cancelled": {"finished": 0.5},
    "batch_partial": {"finished": 0.5},
    "batch_stuck": {"status": "in_progress"},
    "batch_messy": {},
    "batch_content": {"content": "", "finish_reason": "stop"},
    "output_lost": {},
}
"""Each strikes a batch when it is looked at (`output_lost`: when a file is read), and changes it for good."""
# At these shares of batch_seconds the next status begins.
_CLOCK = ((0.1, "validating"), (0.8, "in_progress"), (1.0, "finalizing"))
_OVER = ("completed", "failed", "expired", "cancelled")


@dataclass(slots=True)
class _Batch:
    """`shown`: the batch as the vendor tells it. `held`: the status that a fault keeps it in."""

    shown: dict[str, Any]
    lines: list[dict[str, Any]]
    began: float
    held: str = ""
    override: Fault | None = None
    cancelled: float | None = None

    @property
    def status(self) -> str:
        return str(self.shown["status"])


class Batches:
    """What was uploaded and ordered. `complete` answers one line's body as the direct endpoint would."""

    def __init__(self, complete: Complete, seconds: Callable[[], float]) -> None:
        self._complete = complete
        self._seconds = seconds
        self._lock = threading.RLock()
        self.forget()

    def forget(self) -> None:
        self._files: dict[str, File] = {}
        self._batches: dict[str, _Batch] = {}

    def answer(self, operation: str, request: Request) -> object:
        """The JSON value, or the bytes of a file; RequestRefusedError when the vendor would refuse."""
        with self._lock:
            return self._answers()[operation](request)

    def strike(self, fault: Fault, operation: str, request: Request) -> None:
        """Let a fault befall the batch (or the file) that is looked at; other requests are left alone."""
        with self._lock:
            if fault.kind == "output_lost" and operation == "files.content":
                self._files.pop(_id(request), None)
            elif operation == "batches.retrieve" and _id(request) in self._batches:
                self._befall(self._batches[_id(request)], fault)

    def _answers(self) -> Mapping[str, Callable[[Request], object]]:
        return {
            "files.create": self._upload,
            "files.list": lambda _: page([file_object(id_, held) for id_, held in self._files.items()][::-1]),
            "files.retrieve": lambda request: file_object(_id(request), self._file_of(request)),
            "files.content": lambda request: self._file_of(request).content,
            "files.delete": self._delete,
            "batches.create": self._order,
            "batches.list": self._list,
            "batches.retrieve": lambda request: self._advanced(self._batch_of(request)).shown,
            "batches.cancel": self._cancel,
        }

    def _upload(self, request: Request) -> object:
        parts = parts_of(request)
        if "file" not in parts or parts.get("purpose", ("", b""))[1] != b"batch":
            raise RequestRefusedError("A file and the purpose 'batch' are required.", param="file")
        name, content = parts["file"]
        id_ = f"file-{uuid.uuid4().hex[:22]}"
        self._files[id_] = File(name, content)
        return file_object(id_, self._files[id_])

    def _delete(self, request: Request) -> object:
        self._file_of(request)
        del self._files[_id(request)]
        return {"id": _id(request), "object": "file", "deleted": True}

    def _order(self, request: Request) -> object:
        body = cast(dict[str, Any], request.json())
        if body.get("endpoint") != PATH or body.get("completion_window") != "24h":
            raise RequestRefusedError("Invalid endpoint or completion_window.", param="endpoint")
        source = self._files.get(str(body.get("input_file_id")))
        if source is None:
            raise RequestRefusedError("The input file does not exist.", status=400, param="input_file_id")
        batch = _Batch(new_batch(body), [], time.monotonic())
        errors = read_lines(source.content, batch.lines)
        self._batches[batch.shown["id"]] = batch
        batch.shown["request_counts"]["total"] = len(batch.lines)
        if errors:
            _fail(batch, errors)
        return batch.shown

    def _list(self, request: Request) -> object:
        """Newest first, `after` an id, at most `limit` (20)."""
        ids = list(self._batches)[::-1]
        after, limit = request.params.get("after"), int(request.params.get("limit", 20))
        start = ids.index(after) + 1 if after in ids else 0
        chosen = ids[start : start + limit]
        shown = [self._advanced(self._batches[id_]).shown for id_ in chosen]
        return page(shown, more=len(ids) > start + limit)

    def _cancel(self, request: Request) -> object:
        batch = self._advanced(self._batch_of(request))
        if batch.status in _OVER:
            raise RequestRefusedError(f"Cannot cancel a batch with status '{batch.status}'.", status=409)
        if batch.cancelled is None:
            batch.cancelled, batch.held = time.monotonic(), ""
            _set(batch, "cancelling")
        return batch.shown

    # --- what time and faults do to a batch ---

    def _advanced(self, batch: _Batch) -> _Batch:
        if batch.status in _OVER or batch.held:
            return batch
        if batch.cancelled is not None:
            if time.monotonic() - batch.cancelled >= self._seconds() * 0.1:
                self._settle(batch, "cancelled", finished=0.5)
            return batch
        passed = time.monotonic() - batch.began
        status = next((name for share, name in _CLOCK if passed < share * self._seconds()), "completed")
        if status == "completed":
            self._settle(batch, "completed", finished=1.0)
        elif status != batch.status:
            _set(batch, status)
        return batch

    def _befall(self, batch: _Batch, fault: Fault) -> None:
        if batch.status in _OVER:
            return
        match fault.kind:
            case "batch_failed":
                _fail(batch, [{"code": fault.text("code"), "message": fault.text("message"), "line": 1}])
            case "batch_expired" | "batch_cancelled":
                self._settle(batch, fault.kind.removeprefix("batch_"), finished=fault.number("finished"))
            case "batch_partial":
                self._settle(batch, "completed", finished=fault.number("finished"))
            case "batch_stuck" if batch.cancelled is None:
                batch.held = fault.text("status")
                _set(batch, batch.held)
            case "batch_messy" | "batch_content":
                batch.override = fault

    def _settle(self, batch: _Batch, status: str, *, finished: float) -> None:
        """The end: output for what was finished, in any order; an error file for the rest."""
        cut = round(len(batch.lines) * finished)
        answered = [self._answered(batch, line) for line in batch.lines[:cut]]
        output = [line for line in answered if line["response"]["status_code"] == 200]
        errors = [line for line in answered if line not in output]
        errors += [unfinished(line, status) for line in batch.lines[cut:]]
        random.Random(str(batch.shown["id"])).shuffle(output)
        if batch.override is not None and batch.override.kind == "batch_messy":
            output = messy(output)
        batch.shown["request_counts"] = {"total": len(batch.lines), "completed": len(output), "failed": len(errors)}
        batch.shown["output_file_id"] = self._written("output", output)
        batch.shown["error_file_id"] = self._written("errors", errors)
        _set(batch, status)

    def _answered(self, batch: _Batch, line: Mapping[str, Any]) -> dict[str, Any]:
        reply = self._complete(line["body"])
        body = json.loads(reply.body)
        if reply.status == 200 and batch.override is not None and batch.override.kind == "batch_content":
            body["choices"][0]["message"]["content"] = batch.override.text("content")
            body["choices"][0]["finish_reason"] = batch.override.text("finish_reason")
        response = {"status_code": reply.status, "request_id": uuid.uuid4().hex, "body": body}
        return {"id": f"batch_req_{uuid.uuid4().hex}", "custom_id": line["custom_id"], "response": response} | {
            "error": None
        }

    def _written(self, name: str, lines: list[Any]) -> str | None:
        if not lines:
            return None
        id_ = f"file-{uuid.uuid4().hex[:22]}"
        texts = [line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines]
        self._files[id_] = File(f"batch_{name}.jsonl", ("\n".join(texts) + "\n").encode(), "batch_output")
        return id_

    def _file_of(self, request: Request) -> File:
        if _id(request) not in self._files:
            raise RequestRefusedError(f"No such File object: {_id(request)}", status=404, param="id")
        return self._files[_id(request)]

    def _batch_of(self, request: Request) -> _Batch:
        if _id(request) not in self._batches:
            raise RequestRefusedError(f"No batch found with id '{_id(request)}'.", status=404)
        return self._batches[_id(request)]


def operation_of(request: Request) -> str | None:
    """Such as "batches.create"; None for a path that is neither files nor batches."""
    kind, _, rest = request.path.removeprefix("/v1/").partition("/")
    if kind not in ("files", "batches"):
        return None
    match request.method, rest.count("/") + 1 if rest else 0:
        case "POST", 0:
            return f"{kind}.create"
        case "GET", 0:
            return f"{kind}.list"
        case "GET", 1:
            return f"{kind}.retrieve"
        case "DELETE", 1 if kind == "files":
            return "files.delete"
        case "GET", 2 if kind == "files" and rest.endswith("/content"):
            return "files.content"
        case "POST", 2 if kind == "batches" and rest.endswith("/cancel"):
            return "batches.cancel"
    return None


def reply_of(value: object, headers: tuple[tuple[str, str], ...]) -> Reply:
    if isinstance(value, bytes):
        return Reply(200, value, "application/octet-stream", headers)
    return json_reply(value, 200, headers)


def _id(request: Request) -> str:
    return request.path.split("/")[3]


def _set(batch: _Batch, status: str) -> None:
    batch.shown["status"] = status
    if status != "validating":
        batch.shown[f"{status}_at"] = int(time.time())


def _fail(batch: _Batch, errors: list[dict[str, object]]) -> None:
    batch.shown["errors"] = {"object": "list", "data": errors}
    _set(batch, "failed")
