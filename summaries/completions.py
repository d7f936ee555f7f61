"""What an answer of the model holds: parsed, checked, and what it cost in tokens. Pure; for the clients of this app."""

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from core.errors import VendorBadReply, VendorRefused

if TYPE_CHECKING:
    from openai.types.shared_params import ResponseFormatJSONSchema

VENDOR = "openai"
# More than any model takes, and what a column holds.
MOST_TOKENS = 100_000_000


def _without_nul(text: str) -> str:
    return text.replace("\0", "")


# PostgreSQL holds no NUL, and JSON may bring one.
_Text = Annotated[str, AfterValidator(_without_nul)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class WrittenSentence(_Strict):
    """One sentence of the answer; `source` holds ids such as "efficacy.0"."""

    section: Literal["effect", "side_effect", "advice"]
    text: _Text
    source: list[_Text]


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
    model: _Text
    choices: list[_Choice]
    usage: _Usage | None = None


class _Billed(BaseModel):
    usage: _Usage | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call; `tokens_cached` are part of `tokens_in`. `estimated`: the vendor did not say, so the most."""

    tokens_in: int = 0
    tokens_cached: int = 0
    tokens_out: int = 0
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model wrote, by which model, and the tokens it took (`tokens_cached` are part of `tokens_in`)."""

    sentences: tuple[WrittenSentence, ...]
    model: str
    tokens_in: int
    tokens_cached: int
    tokens_out: int


def read_answer(body: bytes) -> Answer:
    """The answer, from JSON that is all there and that is what was asked for.

    Raises VendorBadReply (reasons: not_json, empty, length, content), VendorRefused (reason: refusal).
    """
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
    usage = _tokens(completion.usage or _Usage())
    sentences = _sentences(choice.message.content)
    return Answer(sentences, completion.model, usage.tokens_in, usage.tokens_cached, usage.tokens_out)


def read_usage(body: bytes) -> Usage | None:
    """What is billed for a body, whatever else is wrong with it; None when it does not say."""
    try:
        usage = _Billed.model_validate_json(body).usage
    except ValidationError:
        return None
    return _tokens(usage) if usage else None


def _tokens(usage: _Usage) -> Usage:
    """Counts as the vendor gave them, within reason, and never more cached than sent."""
    cached = (usage.prompt_tokens_details or _Details()).cached_tokens or 0
    tokens_in, tokens_out = _count(usage.prompt_tokens), _count(usage.completion_tokens)
    return Usage(tokens_in, min(tokens_in, _count(cached)), tokens_out)


def _count(tokens: int) -> int:
    return min(MOST_TOKENS, max(0, tokens))


def _sentences(content: str | None) -> tuple[WrittenSentence, ...]:
    try:
        return tuple(Written.model_validate_json(content or "").sentences)
    except ValidationError:
        raise VendorBadReply(VENDOR, "content") from None


@functools.cache
def answer_format() -> "ResponseFormatJSONSchema":
    """The schema that the model must answer in."""
    schema = Written.model_json_schema()
    return {"type": "json_schema", "json_schema": {"name": "summary", "strict": True, "schema": schema}}
