"""The stand-in of OpenAI's API: chat completions, structured output, models, files, batches, errors: openai.md."""

import json
import math
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, cast

from sandbox.standins.faults import Fault
from sandbox.standins.model import complete
from sandbox.standins.openai_batches import FAULT_OPTIONS, Batches, operation_of, reply_of
from sandbox.standins.openai_checks import RequestRefusedError, checked_schema
from sandbox.standins.vendor import PLAIN, FaultReply, Reply, Request, Vendor, json_reply

API_KEY = "sandbox-key"
MODELS = ("gpt-6-luna", "gpt-5.6-luna", "gpt-5.4-mini", "gpt-4o-mini")
"""Those that are not shut down on 2026-11-23; gpt-3.5-turbo is, and answers 404."""
CHARACTERS_PER_TOKEN = 1.5
QUOTA_TEXT = "You exceeded your current quota, please check your plan and billing details."
RATE_TEXT = "Rate limit reached for requests per min. Please try again later."
SERVER_TEXT = "The server had an error while processing your request."
REFUSAL_TEXT = "I'm sorry, but I can't help with that."


@dataclass(frozen=True, slots=True)
class Completion:
    """What the model said, before it is wrapped."""

    content: str | None
    finish_reason: str = "stop"
    refusal: str | None = None


class OpenAI(Vendor):
    """Settings: completion_seconds; batch_seconds; cached_share (0-1), a prompt's part that is billed as cached."""

    name = "openai"
    prefix = "/v1"
    fault_options: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "quota": {},
        "rate_limit": {"retry_after": None},
        "key": {},
        "invalid_key": {},
        "model_not_found": {},
        "server_error": {"code": 500},
        "refusal": {"text": REFUSAL_TEXT},
        "length": {"keep": 0.5},
        "empty_choices": {},
        "plain_string": {"text": "upstream is busy"},
        "content": {"content": "", "finish_reason": "stop"},
        **FAULT_OPTIONS,
    }

    def __init__(self, completion_seconds: float = 0.3) -> None:
        super().__init__(completion_seconds=completion_seconds, cached_share=0.0, batch_seconds=2.0)
        self._batches = Batches(self._chat_of, lambda: self.settings["batch_seconds"])

    def operation(self, request: Request) -> str:
        held = {"/v1/chat/completions": "chat.completions", "/v1/models": "models"}.get(request.path)
        return held or operation_of(request) or "unknown"

    def seconds(self, operation: str) -> float:
        return self.settings["completion_seconds"] if operation == "chat.completions" else 0.0

    def answer(self, request: Request) -> Reply:
        return _or_refusal(lambda: self._answered(request))

    def fault_replies(self) -> Mapping[str, FaultReply]:
        return {
            "refusal": self._completing(lambda fault, _: Completion(None, refusal=fault.text("text"))),
            "length": self._completing(_cut_short),
            "content": self._completing(
                lambda fault, _: Completion(fault.text("content"), fault.text("finish_reason"))
            ),
            "empty_choices": lambda _, request: _without_choices(self.answer(request)),
            "plain_string": lambda fault, _: Reply(200, fault.text("text").encode(), PLAIN, _request_id()),
            **dict.fromkeys(FAULT_OPTIONS, self._striking),
            **ERROR_FAULTS,
        }

    def reset(self) -> None:
        self._batches.forget()

    def _striking(self, fault: Fault, request: Request) -> Reply:
        self._batches.strike(fault, self.operation(request), request)
        return self.answer(request)

    def _answered(self, request: Request) -> Reply:
        _check_key(request)
        match request.method, self.operation(request):
            case "GET", "models":
                return json_reply({"object": "list", "data": [_model(name) for name in MODELS]}, 200, _request_id())
            case "POST", "chat.completions":
                return self._chat(_json_body(request))
            case _, operation if operation_of(request):
                return reply_of(self._batches.answer(operation, request), _request_id())
        message = f"Invalid URL ({request.method} {request.path})"
        raise RequestRefusedError(message, status=404)

    def _chat_of(self, body: Mapping[str, object]) -> Reply:
        return _or_refusal(lambda: self._chat(body))

    def _chat(self, body: Mapping[str, object]) -> Reply:
        schema = checked_schema(body)
        _check_model(body)
        content = complete(_texts(body, "user"), schema)
        return self._wrapped(body, _limited(body, Completion(content)))

    def _completing(self, make: Callable[[Fault, Mapping[str, object]], Completion]) -> FaultReply:
        def reply(fault: Fault, request: Request) -> Reply:
            body = _json_body(request)
            return self._wrapped(body, make(fault, body))

        return lambda fault, request: _or_refusal(lambda: reply(fault, request))

    def _wrapped(self, body: Mapping[str, object], completion: Completion) -> Reply:
        message = {"role": "assistant", "content": completion.content, "refusal": completion.refusal}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": completion.finish_reason}
        answer = {
            "id": f"chatcmpl-{uuid.uuid4().hex[:29]}",
            "object": "chat.completion",
            "created": int(time.time()),
            "model": body.get("model"),
            "choices": [choice],
            "usage": self._usage(_texts(body), completion.content or completion.refusal or ""),
        }
        return json_reply(answer, 200, _request_id())

    def _usage(self, prompt: str, content: str) -> dict[str, object]:
        asked, said = _tokens(prompt), _tokens(content)
        return {
            "prompt_tokens": asked,
            "completion_tokens": said,
            "total_tokens": asked + said,
            "prompt_tokens_details": {"cached_tokens": int(asked * self.settings["cached_share"]), "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
        }


def _check_key(request: Request) -> None:
    given = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
    if not given:
        raise RequestRefusedError("You didn't provide an API key.", status=401)
    if given != API_KEY:
        raise RequestRefusedError("Incorrect API key provided.", status=401, code="invalid_api_key")


def _check_model(body: Mapping[str, object]) -> None:
    if body["model"] not in MODELS:
        message = f"The model `{body['model']}` does not exist or you do not have access to it."
        raise RequestRefusedError(message, status=404, code="model_not_found")


def _json_body(request: Request) -> dict[str, object]:
    try:
        body = request.json()
    except ValueError as error:
        raise RequestRefusedError("We could not parse the JSON body of your request.") from error
    if not isinstance(body, dict):
        raise RequestRefusedError("The body of your request is not a JSON object.")
    return cast(dict[str, object], body)


def _limited(body: Mapping[str, object], completion: Completion) -> Completion:
    """Cut at max_completion_tokens, as the real one: broken JSON with finish_reason length."""
    limit = body.get("max_completion_tokens") or body.get("max_tokens")
    content = completion.content or ""
    if not isinstance(limit, int) or _tokens(content) <= limit:
        return completion
    return Completion(content[: int(limit * CHARACTERS_PER_TOKEN)], "length")


def _cut_short(fault: Fault, body: Mapping[str, object]) -> Completion:
    content = complete(_texts(body, "user"), checked_schema(body))
    return Completion(content[: int(len(content) * fault.number("keep"))], "length")


def _without_choices(reply: Reply) -> Reply:
    return replace(reply, body=json.dumps({**json.loads(reply.body), "choices": [], "usage": None}).encode())


def _or_refusal(answer: Callable[[], Reply]) -> Reply:
    try:
        return answer()
    except RequestRefusedError as refused:
        return _error(refused.status, str(refused), refused.kind, refused.code, refused.param)


def _texts(body: Mapping[str, object], role: str | None = None) -> str:
    """The text of all messages, or of those of one role; message content is a string or a list of parts."""
    messages = cast(list[dict[str, object]], body.get("messages") or [])
    return "\n".join(_content(message) for message in messages if role in (None, message.get("role")))


def _content(message: Mapping[str, object]) -> str:
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "\n".join(str(part.get("text", "")) for part in cast(list[dict[str, object]], content))


def _tokens(text: str) -> int:
    return math.ceil(len(text) / CHARACTERS_PER_TOKEN)


def _model(name: str) -> dict[str, object]:
    return {"id": name, "object": "model", "created": 1_790_000_000, "owned_by": "openai"}


def _request_id() -> tuple[tuple[str, str], ...]:
    return (("x-request-id", f"req_{uuid.uuid4().hex}"),)


def _error(
    status: int,
    message: str,
    kind: str,
    code: str | None = None,
    param: str | None = None,
    headers: tuple[tuple[str, str], ...] = (),
) -> Reply:
    error = {"message": message, "type": kind, "param": param, "code": code}
    return json_reply({"error": error}, status, (*_request_id(), *headers))


def _rate_limit(fault: Fault, _: Request) -> Reply:
    wait = fault.options["retry_after"]
    headers = () if wait is None else (("Retry-After", str(wait)),)
    return _error(429, RATE_TEXT, "requests", "rate_limit_exceeded", headers=headers)


def _invalid_key(_: Fault, __: Request) -> Reply:
    return _error(401, "Incorrect API key provided.", "invalid_request_error", "invalid_api_key")


ERROR_FAULTS: Mapping[str, FaultReply] = {
    "quota": lambda _, __: _error(429, QUOTA_TEXT, "insufficient_quota", "insufficient_quota"),
    "rate_limit": _rate_limit,
    "key": _invalid_key,
    "invalid_key": _invalid_key,
    "model_not_found": lambda _, __: _error(
        404, "The model does not exist.", "invalid_request_error", "model_not_found", "model"
    ),
    "server_error": lambda fault, _: _error(fault.code(), SERVER_TEXT, "server_error"),
}
