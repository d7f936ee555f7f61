"""The OpenAI stand-in answers the vendor's own client library as the contract says."""

import json
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest
from pydantic import BaseModel

from sandbox.standins import Standins
from sandbox.standins.model import in_plain_words

SAMPLE = Path(__file__).resolve().parents[1] / "sample"
SENTENCE = {
    "type": "object",
    "properties": {
        "section": {"type": "string", "enum": ["effect", "side_effect", "advice"]},
        "text": {"type": "string"},
        "source": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["section", "text", "source"],
    "additionalProperties": False,
}
SCHEMA = {
    "type": "object",
    "properties": {"sentences": {"type": "array", "items": SENTENCE}},
    "required": ["sentences"],
    "additionalProperties": False,
}
PROMPT = """다음 문장만 쓰세요.
[efficacy.0] 이 약은 두통, 치통(이의 통증)에 사용합니다.
[side_effect.0] 발진이 나타나는 경우 복용을 즉각 중지하고 의사와 상의하십시오.
[usage.0] 성인은 1회 1정 복용합니다.
[storage.0] 어린이의 손이 닿지 않는 곳에 보관하십시오."""


@pytest.fixture(scope="module")
def running() -> Iterator[Standins]:
    with Standins(data=SAMPLE, completion_seconds=0) as standins:
        yield standins


@pytest.fixture
def standins(running) -> Iterator[Standins]:
    yield running
    running.reset()


@pytest.fixture
def client(standins) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(api_key="sandbox-key", base_url=standins.url("openai"), max_retries=0, timeout=60) as client:
        yield client


def structured(schema: dict, name: str = "summary") -> dict:
    return {"type": "json_schema", "json_schema": {"name": name, "strict": True, "schema": schema}}


@pytest.fixture
def ask(client):
    def ask(**changes):
        request = {
            "model": "gpt-6-luna",
            "messages": [{"role": "system", "content": "쉽게."}, {"role": "user", "content": PROMPT}],
            "response_format": structured(SCHEMA),
            **changes,
        }
        return client.chat.completions.create(**request)

    return ask


def sentences(answer) -> list[dict]:
    return json.loads(answer.choices[0].message.content)["sentences"]


def test_answers_plain_sentences_with_their_sources(ask):
    answer = ask()
    assert (answer.object, answer.model, answer.choices[0].finish_reason) == ("chat.completion", "gpt-6-luna", "stop")
    assert sentences(answer) == [
        {"section": "effect", "text": "두통, 치통에 쓰는 약이에요.", "source": ["efficacy.0"]},
        {
            "section": "side_effect",
            "text": "발진이 나타나는 경우 복용을 즉각 중지하고 의사와 상의하세요.",
            "source": ["side_effect.0"],
        },
        {"section": "advice", "text": "어린이의 손이 닿지 않는 곳에 보관하세요.", "source": ["storage.0"]},
    ]


def test_sentences_with_digits_are_left_out(ask):
    assert "usage.0" not in ask().choices[0].message.content


def test_the_same_request_gets_the_same_text(ask):
    assert sentences(ask()) == sentences(ask())


def test_at_most_three_sentences_a_section(ask):
    many = "\n".join(f"[precaution.{number}] 운전하지 마십시오." for number in range(9))
    answer = ask(messages=[{"role": "user", "content": many}])
    assert [sentence["source"] for sentence in sentences(answer)] == [
        ["precaution.0"],
        ["precaution.1"],
        ["precaution.2"],
    ]


def test_message_content_may_be_a_list_of_parts(ask):
    parts = [{"type": "text", "text": "[efficacy.0] 이 약은 두통에 사용합니다."}]
    assert sentences(ask(messages=[{"role": "user", "content": parts}]))[0]["text"] == "두통에 쓰는 약이에요."


@pytest.mark.parametrize(
    ("label", "plain"),
    [
        ("이 약은 동통(통증(심한))에 사용합니다.", "동통에 쓰는 약이에요."),
        ("이 약을 복용하지 마십시오.", "이 약을 복용하지 마세요."),
        ("졸음이 나타날 수 있습니다.", "졸음이 나타날 수 있어요."),
    ],
)
def test_plain_words_keep_the_meaning(label, plain):
    assert in_plain_words(label) == plain


class Point(BaseModel):
    value: int
    label: str | None


class Shape(BaseModel):
    kind: str
    points: list[Point]
    corner: Point
    solid: bool


def test_any_other_schema_gets_minimal_valid_values(client):
    answer = client.chat.completions.parse(
        model="gpt-4o-mini", messages=[{"role": "user", "content": PROMPT}], response_format=Shape
    )
    assert answer.choices[0].message.parsed == Shape(kind="", points=[], corner=Point(value=0, label=""), solid=False)


def test_free_text_without_a_schema(ask):
    assert ask(response_format={"type": "text"}).choices[0].message.content


def test_usage_follows_the_length_of_the_text(ask):
    short, long = ask(), ask(messages=[{"role": "user", "content": PROMPT * 3}])
    assert short.usage.prompt_tokens < long.usage.prompt_tokens
    assert short.usage.total_tokens == short.usage.prompt_tokens + short.usage.completion_tokens
    assert short.usage.prompt_tokens_details.cached_tokens == 0


def test_cached_share_is_told_in_the_usage(standins, ask):
    standins.set("cached_share", 0.5)
    usage = ask().usage
    assert usage.prompt_tokens_details.cached_tokens == usage.prompt_tokens // 2


def test_small_max_completion_tokens_cut_the_json(ask):
    choice = ask(max_completion_tokens=10).choices[0]
    assert choice.finish_reason == "length"
    with pytest.raises(json.JSONDecodeError):
        json.loads(choice.message.content)


def test_models_are_listed(client):
    assert "gpt-6-luna" in [model.id for model in client.models.list()]


def test_a_model_that_was_shut_down_is_not_found(ask):
    with pytest.raises(openai.NotFoundError) as caught:
        ask(model="gpt-3.5-turbo")
    assert caught.value.code == "model_not_found"
    assert caught.value.request_id.startswith("req_")


def test_a_wrong_key_is_refused(standins):
    with (
        openai.OpenAI(api_key="another", base_url=standins.url("openai"), max_retries=0) as client,
        pytest.raises(openai.AuthenticationError) as caught,
    ):
        client.models.list()
    assert caught.value.code == "invalid_api_key"


LOOSE = {**SCHEMA, "additionalProperties": True}
OPTIONAL = {**SCHEMA, "required": []}
DEEP = {**SCHEMA, "properties": {"sentences": {"type": "array", "items": {**SENTENCE, "required": ["text"]}}}}


@pytest.mark.parametrize(
    "changes",
    [
        {"response_format": structured(LOOSE)},
        {"response_format": structured(OPTIONAL)},
        {"response_format": structured(DEEP)},
        {"response_format": structured(SCHEMA, name="no spaces allowed")},
        {"response_format": structured({"type": "array", "items": SENTENCE})},
        {"response_format": {"type": "json_schema"}},
        {"response_format": {"type": "yaml"}},
        {"messages": []},
        {"messages": [{"role": "nobody", "content": "x"}]},
        {"model": ""},
        {"max_tokens": 5},
        {"stream": True},
    ],
)
def test_malformed_requests_are_refused(ask, changes):
    with pytest.raises(openai.BadRequestError) as caught:
        ask(**changes)
    assert caught.value.type == "invalid_request_error"


def test_rate_limit_with_and_without_retry_after(standins, ask):
    for wait, header in ((None, None), (7, "7")):
        standins.set_fault("openai", "rate_limit", retry_after=wait)
        with pytest.raises(openai.RateLimitError) as caught:
            ask()
        assert caught.value.code == "rate_limit_exceeded"
        assert caught.value.response.headers.get("Retry-After") == header


@pytest.mark.parametrize(
    ("kind", "error", "code"),
    [
        ("quota", openai.RateLimitError, "insufficient_quota"),
        ("invalid_key", openai.AuthenticationError, "invalid_api_key"),
        ("key", openai.AuthenticationError, "invalid_api_key"),
        ("model_not_found", openai.NotFoundError, "model_not_found"),
        ("server_error", openai.InternalServerError, None),
    ],
)
def test_each_error_class(standins, ask, kind, error, code):
    standins.set_fault("openai", kind)
    with pytest.raises(error) as caught:
        ask()
    assert caught.value.code == code


def test_refusal(standins, ask):
    standins.set_fault("openai", "refusal", text="no")
    message = ask().choices[0].message
    assert (message.content, message.refusal) == (None, "no")


def test_length_gives_truncated_json(standins, ask):
    standins.set_fault("openai", "length")
    choice = ask().choices[0]
    assert choice.finish_reason == "length"
    with pytest.raises(json.JSONDecodeError):
        json.loads(choice.message.content)


def test_empty_choices(standins, ask):
    standins.set_fault("openai", "empty_choices")
    answer = ask()
    assert (answer.choices, answer.usage) == ([], None)


def test_plain_string_reaches_the_caller_as_text(standins, ask):
    standins.set_fault("openai", "plain_string", text="busy")
    assert ask() == "busy"


def test_content_plants_any_output(standins, ask):
    standins.set_fault("openai", "content", content='{"sentences":"<script>"}', times=1)
    assert ask().choices[0].message.content == '{"sentences":"<script>"}'
    assert sentences(ask())


def test_calls_and_bodies_are_kept(standins, ask):
    ask(store=False)
    assert standins.calls("openai") == {"chat.completions": 1}
    request = standins.last_requests("openai")[0]
    assert request.json()["store"] is False
    assert request.headers["authorization"] == "Bearer sandbox-key"
