import json
import logging
import logging.config

import pytest
from django.conf import settings as live

from core import context
from core.logs import JsonFormatter, logging_config, redact


def line(message, *args, **extra):
    record = logging.LogRecord("medicines.client", logging.INFO, __file__, 1, message, args, None)
    record.__dict__.update(extra)
    return json.loads(JsonFormatter().format(record))


@pytest.mark.parametrize(("text", "secret"), [
    ("GET https://apis.data.go.kr/x?serviceKey=aB3%2Fz&pageNo=1 failed", "aB3"),
    ("ServiceKey=aB3zzzz", "aB3"),
    ("Authorization: Bearer abc.def", "abc.def"),
    ("{'Authorization': 'Bearer abc.def'}", "abc.def"),
    ("KakaoAK 1234567890", "1234567890"),
    ("api_key: 'hunter22'", "hunter22"),
    ('{"refresh_token": "hunter22"}', "hunter22"),
    ("password=hunter22&x=1", "hunter22"),
    ("key sk-abcdefghijkl in use", "sk-abcdefghijkl"),
    ("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "eyJhbGciOi"),
    ("/api/v1/medicines?q=당뇨", "당뇨"),
    ("authorization code not found for code=abcDEF123456_-7890", "abcDEF123456"),
    ('{"code": "abcDEF123456_-7890"}', "abcDEF123456"),
    ("{'code_verifier': 'abcDEF'}", "abcDEF"),
    ("admin_key=abcDEF", "abcDEF"),
    ('DETAIL: Key (kakao_sub)=(1000:4815000001) already exists.', "4815000001"),
    ("target_id=4815000001", "4815000001"),
    ('{"sub": "4815000001"}', "4815000001"),
    ("HTTPConnectionPool(host='h', port=80): Max retries exceeded with url: /a?q=임신&k=1 (Caused by x)", "임신"),
])  # fmt: skip
def test_secrets_and_queries_are_hidden(text, secret):
    assert secret not in redact(text)
    assert secret not in line(text)["message"]
    assert secret not in line("%s", text)["message"]


@pytest.mark.parametrize(
    "text",
    [
        "Read 4,700 rows in 12 pages",
        "status code: 400",
        '"error_code": "KOE320"',
        "Is it done? Yes: all",
        "00:10:20 started",
        "타이레놀",
    ],
)
def test_ordinary_text_stays(text):
    assert redact(text) == text


def test_the_seeds_fields_come_first_and_in_order():
    context.request_id.set("abcd-1234")
    got = line("hello")
    context.request_id.set("")
    assert list(got)[:6] == ["timestamp", "level", "module", "message", "user_id", "request_id"]
    assert (got["module"], got["request_id"], got["user_id"]) == ("medicines.client", "abcd-1234", None)
    assert got["timestamp"].endswith("+00:00")


def test_only_listed_extras_are_printed():
    got = line("hello", vendor="openai", q="당뇨", item_seq="195700020")
    assert got["vendor"] == "openai"
    assert not {"q", "item_seq"} & got.keys()


def test_a_trace_is_one_field_without_secrets():
    try:
        raise ValueError("https://h/x?serviceKey=TOPSECRET")
    except ValueError as error:
        got = line("failed", exc_info=(ValueError, error, error.__traceback__))
    assert "ValueError" in got["exception"]
    assert "TOPSECRET" not in got["exception"]


@pytest.mark.parametrize("text", ["a\ud800b", "nul\0", "two\nlines", "💊 타이레놀"])
def test_any_text_is_one_json_line(text):
    record = logging.LogRecord("x", logging.INFO, __file__, 1, text, (), None)
    written = JsonFormatter().format(record)
    written.encode("utf-8")
    assert "\n" not in written
    assert json.loads(written)["message"] == text


@pytest.fixture
def _restored():
    yield
    logging.config.dictConfig(live.LOGGING)


@pytest.mark.usefixtures("_restored")
def test_a_file_is_written_when_asked(tmp_path):
    path = tmp_path / "logs" / "pilling.log"
    logging.config.dictConfig(logging_config(level="INFO", log_file=str(path)))
    logging.getLogger("somewhere").info("hello")
    logging.getLogger("httpx").info("HTTP Request: GET https://h/x?serviceKey=TOPSECRET")
    logging.getLogger("urllib3.connectionpool").debug("GET /x?serviceKey=TOPSECRET")
    lines = [json.loads(text) for text in path.read_text("utf-8").splitlines()]
    assert [entry["message"] for entry in lines] == ["hello"]
