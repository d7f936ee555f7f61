"""The page of beat's schedule, over a real Valkey that holds what a real beat wrote."""

import sys

import pytest

from config.beat import CELERY_BEAT_SCHEDULE
from config.tests.running import wait_for
from core import stores
from sandbox.home import PROJECT
from sandbox.process import spawn

PAGE = "/admin/ops/beatentry/"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh():
    stores.broker.client.flushdb()
    yield
    stores.broker.reset()


@pytest.fixture
def beat(tmp_path):
    command = [sys.executable, "-m", "celery", "-A", "config", "beat", "--pidfile", ""]
    child = spawn("beat", command, log=tmp_path / "beat.log", cwd=PROJECT)
    yield child
    child.stop()


def shown(browser):
    answer = browser.get(PAGE)
    assert answer.status_code == 200
    return {entry.name: entry for entry in answer.context_data["entries"]}, answer.content.decode()


@pytest.mark.slow
def test_what_a_running_beat_keeps(staff, beat):
    browser = staff("view_beatentry")
    wait_for(lambda: shown(browser)[0]["remind"].runs > 0, seconds=90, why=beat.log_tail())
    entries, text = shown(browser)
    # Celery adds one of its own.
    assert set(entries) == {*CELERY_BEAT_SCHEDULE, "celery.backend_cleanup"}
    remind, nightly = entries["remind"], entries["mirror-catalogue"]
    assert (remind.task, remind.when, remind.crontab) == ("schedules.tasks.remind", "10초마다", "")
    assert remind.due > remind.last_run
    assert (nightly.when, nightly.crontab, nightly.last_run) == ("날마다 3시 10분", "10 3 * * *", None)
    assert not any(entry.is_late for entry in entries.values() if entry.runs)
    assert "beat가 없습니다" not in text


def test_without_a_beat_what_the_settings_say_is_shown_and_that_none_runs(staff):
    entries, text = shown(staff("view_beatentry"))
    assert set(entries) == set(CELERY_BEAT_SCHEDULE)
    assert {entry.due for entry in entries.values()} == {None}
    assert "일정을 돌리는 beat가 없습니다" in text
    assert "기록 없음" in text


def test_what_should_have_been_started_long_ago_is_late(staff):
    key = "pilling:beat:warm-cache"
    definition = '{"name": "warm-cache", "task": "medicines.tasks.warm_cache", "schedule": {"__type__": "crontab"}}'
    stores.broker.client.hset(key, "definition", definition)
    stores.broker.client.zadd("pilling:beat::schedule", {key: 1_700_000_000})
    entries, text = shown(staff("view_beatentry"))
    assert [name for name, entry in entries.items() if entry.is_late] == ["warm-cache"]
    assert text.count("늦음") == 1


def test_a_redis_that_is_away_is_told(staff, settings):
    browser = staff("view_beatentry")
    settings.CELERY_BROKER_REDIS_URL = "redis://127.0.0.1:1/0"
    stores.broker.reset()
    entries, text = shown(browser)
    assert set(entries) == set(CELERY_BEAT_SCHEDULE)
    assert "브로커 Redis가 응답하지 않아" in text


def test_it_wants_its_permission_and_only_shows(staff, client):
    assert staff("view_taskrun").get(PAGE).status_code == 403
    assert client.get(PAGE).status_code == 302
    assert staff("view_beatentry").post(PAGE).status_code == 405
