"""Servers that really die: what a statement raises then, and what it raises for faults of its own."""

import contextlib
import os
import signal
import socket
import threading
from pathlib import Path

import pytest
from django.db import DataError, IntegrityError, InternalError, ProgrammingError, connections
from django.db.utils import DatabaseError, OperationalError
from psycopg2 import DatabaseError as Bare

from config.tests.running import wait_for
from core.postgresql import DATABASE_AWAY
from core.problems import as_problem
from sandbox.engines.postgres import Postgres
from sandbox.home import Home

pytestmark = pytest.mark.slow
OWN = "own"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    home = Home(tmp_path_factory.mktemp("pg").resolve())
    home.make()
    postgres = Postgres(home, durable=False)
    postgres.child = postgres.start()
    yield postgres
    postgres.child.stop()


@pytest.fixture
def database(server, django_db_blocker):
    """A connection of Django's to a server that the test may kill."""
    parts = {"NAME": "pilling", "USER": "pilling", "PASSWORD": server.home.secret("postgres")}
    connections.settings[OWN] = connections.settings["default"] | parts | {"HOST": str(server.sockets), "PORT": ""}
    with django_db_blocker.unblock():
        yield connections[OWN]
        connections[OWN].close()
    del connections[OWN], connections.settings[OWN]


def pump(source, target):
    while data := source.recv(65_536):
        target.sendall(data)
    target.shutdown(socket.SHUT_WR)


@pytest.fixture
def over_tcp(server, database):
    """The same server by TCP, which it does not listen to itself."""
    with contextlib.ExitStack() as opened:
        listener = opened.enter_context(socket.create_server(("127.0.0.1", 0)))

        def relay():
            near = opened.enter_context(listener.accept()[0])
            far = opened.enter_context(socket.socket(socket.AF_UNIX))
            far.connect(str(server.sockets / ".s.PGSQL.5432"))
            back = threading.Thread(target=pump, args=(far, near))
            back.start()
            pump(near, far)
            back.join()

        relaying = threading.Thread(target=relay, daemon=True)
        relaying.start()
        database.settings_dict |= {"HOST": "127.0.0.1", "PORT": str(listener.getsockname()[1])}
        database.ensure_connection()
        yield database
        database.close()
        relaying.join()


def run(connection, statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]


def revive(server):
    server.child = server.start()


def test_a_server_that_died_while_the_connection_lay_idle_is_away(server, database):
    """By how far the socket was closed, psycopg2 raises its OperationalError or the bare class."""
    assert run(database, "SELECT 1") == 1
    server.child.process.send_signal(signal.SIGQUIT)
    server.child.process.wait(60)
    try:
        with pytest.raises(DATABASE_AWAY) as raised:
            run(database, "SELECT 1")
    finally:
        revive(server)
    assert as_problem(raised.value).status == 503
    database.close_if_unusable_or_obsolete()
    assert run(database, "SELECT 1") == 1


def test_psycopg2s_bare_error_is_an_operational_one(database):
    """Raised by hand, since a dead server does not always bring it. It is the base of every fault of a statement."""
    dead = Bare("server closed the connection unexpectedly")
    database.errors_occurred = False
    with pytest.raises(OperationalError) as raised, database.wrap_database_errors:
        raise dead
    assert raised.value.__cause__ is dead
    assert database.errors_occurred


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="only Linux can be told, and asked")
def test_a_machine_that_vanished_is_waited_for_for_seconds(over_tcp):
    """It sends no word: an answer that it owes, or a word that it is there, is missed by the kernel's own clock."""
    with socket.socket(fileno=os.dup(over_tcp.connection.fileno())) as line:
        kinds = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT, socket.TCP_USER_TIMEOUT)
        told = [line.getsockopt(socket.IPPROTO_TCP, kind) for kind in kinds]
    assert told == [5, 2, 2, 5_000]


def test_a_server_that_dies_in_mid_statement_is_away(server, database):
    backend = run(database, "SELECT pg_backend_pid()")
    killer = threading.Thread(target=kill_at_work, args=(backend,))
    killer.start()
    with pytest.raises(DATABASE_AWAY):
        run(database, "SELECT pg_sleep(20)")
    killer.join()
    wait_for(server.answers)


def kill_at_work(backend):
    wait_for(lambda: b"SELECT" in Path(f"/proc/{backend}/cmdline").read_bytes())
    os.kill(backend, signal.SIGKILL)


def test_a_server_that_is_gone_is_away(server, database):
    server.child.stop()
    with pytest.raises(OperationalError):
        run(database, "SELECT 1")
    revive(server)
    assert run(database, "SELECT 1") == 1


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("SELECT 1 / 0", DataError),
        ("SELECT nothing_of_that_name", ProgrammingError),
        ("INSERT INTO once VALUES (1), (1)", IntegrityError),
        ("DO $$ BEGIN RAISE EXCEPTION 'stop'; END $$", InternalError),
        ("DO $$ BEGIN RAISE EXCEPTION 'odd' USING ERRCODE = 'ZZ001'; END $$", DatabaseError),
    ],
)
def test_a_fault_of_the_statement_stays_one(database, statement, kind):
    with database.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE once (n int PRIMARY KEY)")
    with pytest.raises(DatabaseError) as raised:
        run(database, statement)
    assert type(raised.value) is kind
    assert not isinstance(raised.value, DATABASE_AWAY)
    assert as_problem(raised.value) is None
