"""The nightly tasks send each other until all is done."""

import pytest

from core import metrics, stores
from core.locks import lease, renew
from pharmacies import tasks
from pharmacies.cells import cell_of
from pharmacies.models import Pharmacy, PharmacyCell, PharmacyRun, PublicHoliday
from pharmacies.services import kakao, mirror
from pharmacies.tests.factories import CITY_HALL

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(monkeypatch):
    """(task, args) instead of a broker."""
    seen = []
    for task in (tasks.sync_pharmacies, tasks.fetch_cell):
        monkeypatch.setattr(task, "apply_async", lambda args, kwargs, *, task=task, **_: seen.append((task.name, args)))
    return seen


def test_a_stretch_sends_the_next_one(sources, sent, monkeypatch, django_capture_on_commit_callbacks):
    monkeypatch.setattr(mirror, "CHUNK_SECONDS", 0.0)
    monkeypatch.setattr(mirror.client, "PAGE_ROWS", 200)
    with django_capture_on_commit_callbacks(execute=True):
        tasks.sync_pharmacies()
    assert [name for name, _ in sent] == ["pharmacies.tasks.sync_pharmacies"]
    with django_capture_on_commit_callbacks(execute=True):
        tasks.sync_pharmacies()
    assert len(sent) == 1
    assert PharmacyRun.objects.get().state == "complete"
    assert Pharmacy.objects.count() == 324


def test_a_source_that_is_down_ends_the_night(sources, sent):
    sources.set_fault("datagokr", "key")
    tasks.sync_pharmacies()
    assert (sent, PharmacyRun.objects.get().state) == ([], "failed")


def test_a_night_that_came_to_nothing_tells_how_old_the_last_whole_one_is(sources, sent):
    told = metrics.mirror_completed.labels("pharmacies")
    told.set(0)
    tasks.sync_pharmacies()
    ended = PharmacyRun.objects.get(state="complete").finished_at.timestamp()
    assert told._value.get() == ended
    told.set(0)  # another process
    sources.set_fault("datagokr", "key")
    tasks.sync_pharmacies()
    assert told._value.get() == ended


def test_holidays(sources):
    tasks.sync_holidays()
    assert PublicHoliday.objects.exists()


def test_a_cell_that_kakao_does_not_tell_is_tried_again_by_the_sweep(sources, sent, django_capture_on_commit_callbacks):
    cell = cell_of(*CITY_HALL)
    sources.set_fault("kakao_local", "status", code=500)
    tasks.fetch_cell(cell)
    assert PharmacyCell.objects.get().fetched_at is None
    with django_capture_on_commit_callbacks(execute=True):
        tasks.refresh_cells()
    assert sent == []  # a minute has not passed
    PharmacyCell.objects.update(tried_at="2026-01-01T00:00:00+09:00")
    with django_capture_on_commit_callbacks(execute=True):
        tasks.refresh_cells()
    assert sent == [("pharmacies.tasks.fetch_cell", (cell,))]


def test_a_cell_that_somebody_is_at_is_waited_for(sources, monkeypatch):
    cell = cell_of(*CITY_HALL)
    waited = []
    monkeypatch.setattr(tasks.fetch_cell, "retry", lambda countdown: waited.append(countdown) or Waiting())
    with lease(f"kakao-cell:{cell}", seconds=30), pytest.raises(Waiting):
        tasks.fetch_cell(cell)
    assert waited == [5]
    assert kakao.fetch_alone(cell=cell) == "fetched"
    assert kakao.fetch_alone(cell=cell) == "fresh"


def test_a_task_that_is_delivered_again_takes_up_its_own_cell(sources):
    cell = cell_of(*CITY_HALL)
    with lease(f"kakao-cell:{cell}", seconds=30, holder="task-1"):
        assert kakao.fetch_alone(cell=cell, holder="task-2") == "busy"
        assert kakao.fetch_alone(cell=cell, holder="task-1") == "fetched"


def test_a_cell_is_never_held_longer_than_the_next_step_may_take(sources, monkeypatch):
    """So a worker that is killed leaves it free before the last of the tasks that wait for it has given up."""
    cell, held = cell_of(*CITY_HALL), []

    def note():
        held.append(stores.broker.client.pttl(f"pilling:lock:kakao-cell:{cell}") / 1000)

    monkeypatch.setattr(kakao, "renew", lambda *args, **more: (renew(*args, **more), note()))
    assert kakao.fetch_alone(cell=cell) == "fetched"
    assert len(held) == sources.calls("kakao_local")["category"] + 1  # each page, and storing them
    assert all(kakao.PAGE_SECONDS < seconds <= kakao.LEASE_SECONDS for seconds in held)
    assert kakao.LEASE_SECONDS <= 3 * 5


class Waiting(Exception):
    """Stands for Celery's own."""
