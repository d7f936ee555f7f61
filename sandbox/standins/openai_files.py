"""The shapes in which the OpenAI stand-in takes and tells files and batches. Pure; used by openai_batches."""

import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from typing import Any, cast

from sandbox.standins.vendor import Request

PATH = "/v1/chat/completions"
MAX_LINES = 50_000
DAY = 86_400


@dataclass(slots=True)
class File:
    name: str
    content: bytes
    purpose: str = "batch"
    created_at: int = field(default_factory=lambda: int(time.time()))


def parts_of(request: Request) -> dict[str, tuple[str, bytes]]:
    """Form fields of a multipart body: name to (file name, content)."""
    head = f"Content-Type: {request.headers.get('content-type', '')}\r\n\r\n".encode()
    message = BytesParser().parsebytes(head + request.body)
    parts = cast(list[Message], message.get_payload()) if message.is_multipart() else []
    return {
        str(part.get_param("name", header="content-disposition")): (
            part.get_filename() or "",
            cast(bytes, part.get_payload(decode=True)),
        )
        for part in parts
    }


def read_lines(content: bytes, lines: list[dict[str, Any]]) -> list[dict[str, object]]:
    """Fill `lines`; what the vendor finds wrong with the file while it validates."""
    seen: set[str] = set()
    for number, text in enumerate(content.decode().splitlines(), start=1):
        try:
            line = json.loads(text)
            custom_id, valid = line["custom_id"], line["method"] == "POST" and line["url"] == PATH
        except (ValueError, KeyError, TypeError):
            return [{"code": "invalid_json_line", "message": "This line is not valid.", "line": number}]
        if custom_id in seen or not valid:
            return [{"code": "duplicate_custom_id", "message": "Not a request of its own.", "line": number}]
        seen.add(custom_id)
        lines.append(line)
    if not 0 < len(lines) <= MAX_LINES:
        return [{"code": "empty_file", "message": "No line, or too many.", "line": None}]
    return []


def new_batch(body: Mapping[str, Any]) -> dict[str, Any]:
    now = int(time.time())
    moments = ("in_progress", "finalizing", "completed", "failed", "expired", "cancelling", "cancelled")
    return {
        "id": f"batch_{uuid.uuid4().hex[:24]}",
        "object": "batch",
        "endpoint": PATH,
        "errors": None,
        "input_file_id": body["input_file_id"],
        "completion_window": "24h",
        "status": "validating",
        "output_file_id": None,
        "error_file_id": None,
        "created_at": now,
        "expires_at": now + DAY,
        **{f"{moment}_at": None for moment in moments},
        "request_counts": {"total": 0, "completed": 0, "failed": 0},
        "metadata": body.get("metadata"),
    }


def unfinished(line: Mapping[str, Any], status: str) -> dict[str, Any]:
    code = {"expired": "batch_expired", "cancelled": "batch_cancelled"}.get(status, "server_error")
    error = {"code": code, "message": "This request was not executed."}
    return {"id": f"batch_req_{uuid.uuid4().hex}", "custom_id": line["custom_id"], "response": None, "error": error}


def messy(output: list[Any]) -> list[Any]:
    """A stranger's line, a repeated one, one without sense and one that is no JSON, among the good ones."""
    stranger = {"id": "batch_req_x", "custom_id": "nobody", "response": output[0]["response"], "error": None}
    return [stranger, *output, output[0], [1, 2], "{broken"]


def file_object(id_: str, held: File) -> dict[str, object]:
    return {
        "id": id_,
        "object": "file",
        "bytes": len(held.content),
        "created_at": held.created_at,
        "filename": held.name,
        "purpose": held.purpose,
        "status": "processed",
    }


def page(data: list[dict[str, Any]], *, more: bool = False) -> dict[str, object]:
    first, last = (data[0]["id"], data[-1]["id"]) if data else (None, None)
    return {"object": "list", "data": data, "first_id": first, "last_id": last, "has_more": more}
