"""What every refusal over the wire looks like, for the tests that send what no client of ours sends."""

import re

from config.tests.running import Answer, Product
from core.errors import PROBLEMS

SEARCH = b"/api/v1/medicines?q="
KNOWN_SEQ = b"197700120"
_HANGUL = re.compile(r"[가-힣]")


def told(answer: Answer, status: int, slug: str) -> dict:
    """The answer is a whole problem document of this kind."""
    assert (answer.status, answer.headers.get("content-type")) == (status, "application/problem+json"), answer.body
    body = answer.json()
    assert body.keys() == {"type", "title", "status", "detail", "errors", "request_id"}
    assert (body["type"], body["status"]) == (f"/problems/{slug}", status)
    assert slug in PROBLEMS
    assert _HANGUL.search(body["detail"])
    assert _HANGUL.search(body["title"])
    assert all(error.keys() == {"field", "code", "detail"} for error in body["errors"])
    assert len(body["request_id"]) >= 8
    assert body["request_id"] == answer.headers["x-request-id"]
    return body


def empty(answer: Answer) -> None:
    assert answer.status == 200, answer.body
    assert answer.json()["results"] == []


def nothing_leaked(product: Product) -> None:
    """No trace of an exception, no query and no header in any log, after all that was sent so far."""
    output = product.output()
    assert "Traceback" not in output, output[output.find("Traceback") - 500 :][:3000]
    for secret in ("DROP TABLE", "alert(1)", "evil.example", "etc/passwd", "aaaaaaaa", "타이레놀"):
        assert secret not in output
