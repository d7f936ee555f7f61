"""A real streaming replica that is held back, cut off, killed, and comes back."""

import contextlib
import os
import socket
import threading
from datetime import UTC, datetime

import psycopg2
import pytest
from django.db import DataError, OperationalError, connections, router, transaction

from accounts.models import User
from config.tests.running import wait_for
from config.tests.standby import Standby
from core import prepared, replica
from core.prepared import fetch_all
from medicines.models import Medicine
from medicines.tests.factories import store_permit
from sandbox.engines.postgres import Postgres
from sandbox.home import Home

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True, databases=["default", replica.ALIAS]),
    pytest.mark.skipif(
        "/pilling-test-" not in os.environ["DATABASE_URL"], reason="needs the embedded PostgreSQL to copy"
    ),
]


@pytest.fixture(scope="module")
def running(django_db_setup):
    server = Standby(Postgres(Home.from_environment(), durable=False))
    server.up()
    here = connections.settings["default"]
    there = {"HOST": str(server.sockets), "TEST": here["TEST"] | {"MIRROR": "default"}}
    connections.settings[replica.ALIAS] = here | there
    yield server
    del connections.settings[replica.ALIAS]
    server.remove()


@pytest.fixture(autouse=True)
def standby(running, transactional_db):
    replica._watch.reset()
    wait_for(on_replica, why="never level")
    yield running
    connections[replica.ALIAS].close()
    del connections[replica.ALIAS]


def ask():
    return fetch_all("SELECT pg_is_in_recovery()", [])[0][0]


def on_replica():
    """Whether the catalogue is read there now."""
    return replica.read(ask)


def on_primary():
    return not on_replica()


def test_only_what_stands_in_read_is_read_there(standby):
    assert on_replica()
    assert ask() is False
    with transaction.atomic():
        assert on_primary()
    assert on_replica()


def test_each_server_has_its_own_prepared_statements(standby):
    def known():
        return fetch_all("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s", ["%only_there%"])[0][0]

    prepared._names.clear()
    replica.read(lambda: [fetch_all("SELECT %s::int AS only_there", [n]) for n in range(3)])
    assert replica.read(known) == 1
    assert known() == 0


def test_a_fault_of_the_statement_is_told_once_and_no_fault_of_the_replica(standby):
    with pytest.raises(DataError):
        replica.read(lambda: fetch_all("SELECT 1 / %s::int", [0]))
    assert on_replica()


def test_a_statement_that_took_too_long_is_not_run_again(standby):
    asked = []

    def slow():
        asked.append(replica.alias())
        with connections[replica.alias()].cursor() as cursor:
            cursor.execute("SET statement_timeout = 200")
            cursor.execute("SELECT pg_sleep(20)")

    with pytest.raises(OperationalError) as late:
        replica.read(slow)
    with pytest.raises(OperationalError) as told:
        replica.instead(slow, of=late.value)
    assert told.value is late.value
    assert asked == [replica.ALIAS]
    with pytest.raises(OperationalError, match="the primary's"):
        replica.instead(slow, of=OperationalError("the primary's"))
    assert asked == [replica.ALIAS] * 2
    assert not replica._watch.is_gone


def test_a_row_read_there_is_written_to_the_primary(standby):
    made = store_permit()
    wait_for(lambda: replica.read(lambda: _database_of(made)) == replica.ALIAS)
    medicine = replica.read(lambda: Medicine.objects.get(pk=made.pk))
    medicine.name = "나중"
    medicine.save()
    assert Medicine.objects.get(pk=made.pk).name == "나중"


def _database_of(made):
    found = Medicine.objects.filter(pk=made.pk).first()
    return found and found._state.db


def test_people_are_never_read_there(standby):
    def routes():
        return [router.db_for_read(model) for model in (Medicine, User)]

    assert replica.read(routes) == [replica.ALIAS, "default"]
    assert routes() == ["default", "default"]


def test_what_it_lacks_is_asked_of_the_primary(standby):
    standby.hold_back()
    try:
        made = store_permit()
        found = replica.read(lambda: list(Medicine.objects.filter(pk=made.pk)), complete=bool)
        assert [medicine.pk for medicine in found] == [made.pk]
    finally:
        standby.go_on()


def test_one_that_lags_is_left_alone_until_it_is_level(standby):
    standby.hold_back()
    try:
        moment = replica.seen_at()
        made = store_permit()

        def seen():
            found = Medicine.objects.filter(pk=made.pk).exists()
            return found, replica.seen_at()

        def told():
            found, at = replica.read(seen)
            # An answer without the row says that it is of a moment before it.
            assert found or at < moment
            return found

        wait_for(told)
        assert on_primary()
    finally:
        standby.go_on()
    wait_for(on_replica)


def test_one_that_is_cut_off_is_left_alone(standby):
    primary = standby.cut_off()
    try:
        store_permit()
        wait_for(on_primary)
    finally:
        standby.joined(primary)
    wait_for(on_replica)


def test_a_session_that_breaks_costs_nobody_an_answer(standby):
    mine = replica.read(lambda: fetch_all("SELECT pg_backend_pid()", []))[0][0]
    standby.sql(f"SELECT pg_terminate_backend({mine})")
    assert on_primary()
    wait_for(on_replica)


def test_it_dies_and_comes_back(standby):
    assert on_replica()
    standby.kill()
    with pytest.raises(psycopg2.OperationalError):
        standby.sql("SELECT 1")
    assert [on_primary() for _ in range(20)] == [True] * 20
    standby.up()
    wait_for(on_replica)


@pytest.fixture
def no_primary(monkeypatch):
    replica._watch.reset()
    connections["default"].close()
    monkeypatch.setitem(connections["default"].settings_dict, "HOST", "/nonexistent")
    yield
    monkeypatch.undo()
    connections["default"].connect()


def test_a_primary_that_is_away_makes_nothing_level(standby, no_primary):
    assert replica._watch.level() is None


def test_when_the_primary_is_away_the_replica_is_read_as_it_is(standby, no_primary):
    asked = datetime.now(UTC)
    with pytest.raises(OperationalError) as away:
        replica.read(ask)
    assert replica.instead(lambda: (ask(), replica.seen_at() < asked), of=away.value) == (True, True)


def test_when_both_are_away_the_primarys_error_is_told(standby, no_primary, monkeypatch):
    connections[replica.ALIAS].close()
    monkeypatch.setitem(connections[replica.ALIAS].settings_dict, "HOST", "/nonexistent")
    error = OperationalError("the primary's")
    for _ in range(2):
        with pytest.raises(OperationalError, match="the primary's"):
            replica.instead(ask, of=error)
    assert replica._watch.is_gone


def test_an_error_of_the_primarys_is_no_fault_of_the_replica(standby, no_primary):
    with pytest.raises(OperationalError, match="the primary's"):
        replica.instead(lambda: connections["default"].cursor(), of=OperationalError("the primary's"))
    assert not replica._watch.is_gone


@pytest.fixture
def refusing(monkeypatch):
    """A primary that hangs up on everybody; whom it saw is told by the list."""
    callers = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def refuse():
            with contextlib.suppress(OSError):
                while True:
                    caller, address = listener.accept()
                    # Before the caller learns of it and the test goes on.
                    callers.append(address)
                    caller.close()

        thread = threading.Thread(target=refuse)
        thread.start()
        monkeypatch.setitem(connections["default"].settings_dict, "HOST", "127.0.0.1")
        monkeypatch.setitem(connections["default"].settings_dict, "PORT", str(listener.getsockname()[1]))
        yield callers
        # A thread that waits in accept() keeps a listener open that was merely closed.
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def test_a_primary_that_cannot_be_reached_is_tried_once_a_second_not_by_everybody(
    standby, no_primary, refusing, monkeypatch
):
    monkeypatch.setattr(replica, "_CHECK_SECONDS", 60)
    with pytest.raises(OperationalError):
        replica.read(ask)
    tried = len(refusing)
    assert tried
    for _ in range(20):
        with pytest.raises(OperationalError) as away:
            replica.read(ask)
        assert replica.instead(ask, of=away.value)
    assert len(refusing) == tried
    monkeypatch.undo()
    replica._watch._next = 0
    wait_for(on_replica)
