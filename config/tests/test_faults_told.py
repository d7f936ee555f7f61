"""What operators have of all that goes wrong: metrics, log lines without secrets, the runbook."""

import json
import re
from collections.abc import Iterator

import pytest
import requests

from config.tests.faults import KNOWN, UNKNOWN
from config.tests.running import DATA_KEY, Product, wait_for
from sandbox.home import PROJECT

pytestmark = pytest.mark.usefixtures("whole_again")


def test_the_commands_of_the_runbook_work_and_withdraw_a_summary(product: Product):
    path = "/api/v1/medicines/197700120"
    wait_for(lambda: product.get(f"{path}/summary").json()["kind"] == "ai", why="no summary to withdraw")
    wait_for(lambda: product.get(path).json()["summary_kind"] == "ai", why="no line on the card")
    code = "\n".join(re.findall(r"```python\n(.*?)```", (PROJECT / "docs" / "runbook.md").read_text(), re.DOTALL))
    staff = "from accounts.models import User\nUser.objects.create_user('editor', is_staff=True)\n"
    said = product.manage("shell", "-c", staff + code)
    assert "getDrbEasyDrugList" in said
    assert product.get(f"{path}/summary").json()["kind"] == "extractive"
    assert product.get(path).json()["summary_kind"] == "extractive"


def test_metrics_add_up_over_the_workers(product: Product):
    searches = {"route": "search", "status": "200"}
    bad = {"route": "search", "type": "invalid-query"}
    names = ("api_response_time_seconds_count", "api_errors_total", "external_api_calls_total")
    before = [
        product.metric(n, **labels) for n, labels in zip(names, (searches, bad, {"vendor": "datagokr"}), strict=True)
    ]
    for _ in range(12):
        product.search("타이레놀")
    product.search("나다라마바")
    for _ in range(3):
        product.search("")
    after = [
        product.metric(n, **labels) for n, labels in zip(names, (searches, bad, {"vendor": "datagokr"}), strict=True)
    ]
    calls = sum(product.standins.calls("datagokr").values())
    assert calls == 2
    assert [b - a for a, b in zip(before, after, strict=True)] == [13, 3, calls]
    for tier in ("memory", "redis", "all"):
        assert 0 < product.metric("cache_hit_rate_percent", tier=tier) <= 100


def test_no_log_line_holds_a_query_a_key_or_a_place(product: Product, unread: Iterator[str]):
    seq = next(unread)
    product.search("비밀스런낱말")
    product.search("마그밀비밀스런")
    product.get(f"/api/v1/medicines/{seq}/summary", keyword="임산부비밀")
    product.get("/api/v1/medicines/suggest", q="비밀스런낱말")
    product.get("/api/v1/pharmacies", lat="37.566512", lng="126.978012")
    product.standins.set_fault("datagokr", "refused")
    product.search("비밀스런다른낱말")
    output = product.output()
    secrets = (DATA_KEY, product.env["DJANGO_SECRET_KEY"], product.home.secret("postgres"), "serviceKey=")
    private = ("비밀", "37.566512", "126.978012", UNKNOWN, *KNOWN, seq)
    escaped = [word.encode("unicode_escape").decode() for word in private]
    quoted = [requests.utils.quote(word) for word in private]
    for word in (*secrets, *private, *escaped, *quoted):
        found = output.find(word)
        assert found < 0, output[max(0, found - 300) : found + 100]


def test_every_log_line_is_json_with_the_agreed_fields(product: Product):
    product.search("타이레놀")
    lines = [*(product.home.logs / "pilling.log").read_text().splitlines()]
    lines += (product.home.logs / "gunicorn.log").read_text().splitlines()
    assert lines
    agreed = {"timestamp", "level", "module", "message", "user_id", "request_id"}
    for line in lines:
        assert agreed <= json.loads(line).keys()
    assert all(re.match(r"\d{4}-\d\d-\d\dT", json.loads(line)["timestamp"]) for line in lines)


def test_no_unforeseen_exception_was_logged(product: Product):
    lines = [json.loads(line) for line in (product.home.logs / "pilling.log").read_text().splitlines()]
    # Celery tells of a broker that went away with a trace; that is its way.
    traces = [line for line in lines if "exception" in line and not line["module"].startswith("celery.")]
    assert not traces, "\n".join(line["message"] + line["exception"] for line in traces)
