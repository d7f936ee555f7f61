"""The embedded servers are configured as production's must be."""

import fcntl
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg2
import pytest
import redis

from sandbox.engines.postgres import Postgres
from sandbox.environment import _borrow, claim, publish, start_environment
from sandbox.home import PROJECT, Home
from sandbox.supervisor import Supervisor


def test_the_database_sees_hangul():
    with psycopg2.connect(os.environ["DATABASE_URL"]) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        cursor.execute("SELECT current_setting('server_version_num')::int, cardinality(show_trgm('타이레놀'))")
        version, trigrams = cursor.fetchone()
    connection.close()
    assert version >= 180000
    assert trigrams == 5


def test_the_cache_may_forget_and_the_broker_may_not():
    with redis.from_url(os.environ["REDIS_URL"]) as cache, redis.from_url(os.environ["CELERY_BROKER_URL"]) as broker:
        assert cache.config_get("maxmemory-policy")["maxmemory-policy"] == "allkeys-lru"
        assert broker.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"
        assert broker.config_get("appendonly")["appendonly"] == "yes"


def test_two_commands_share_one_home_and_leave_nothing(tmp_path):
    env = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL")}
    env["PILLING_HOME"] = str(tmp_path)
    command = [sys.executable, "manage.py", "showmigrations", "accounts"]
    running = [subprocess.Popen(command, cwd=PROJECT, env=env) for _ in range(2)]
    assert [process.wait(100) for process in running] == [0, 0]
    shown = subprocess.run(["ps", "axww", "-o", "command"], capture_output=True, text=True).stdout
    assert str(tmp_path) not in shown


def test_whoever_waits_for_the_servers_does_not_hold_up_their_owner(tmp_path):
    """An owner that ends waits for its borrowers: they may not wait for it meanwhile."""
    home = Home(tmp_path)
    assert claim(home)
    with ThreadPoolExecutor(1) as threads, (home.run / "borrowers.lock").open("a+") as file:
        waiting = threads.submit(_borrow, home)
        time.sleep(0.5)
        free = False
        for _ in range(100):
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                free = True
                break
            except BlockingIOError:
                time.sleep(0.02)
        fcntl.flock(file, fcntl.LOCK_UN)
        publish(home, {"PILLING_TEST_ONLY": "here"})
        assert waiting.result(10) == {"PILLING_TEST_ONLY": "here"}
        with pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    assert free


@pytest.mark.parametrize("here", [True, False])
def test_only_a_server_of_our_own_data_is_ended(tmp_path, here):
    """The number in an old pid file may be another copy's server by now."""
    postgres = Postgres(Home(tmp_path))
    postgres.data.mkdir()
    data = postgres.data if here else tmp_path / "another" / "postgres"
    sleeping = "import time; print('up', flush=True); time.sleep(60)"
    command = [sys.executable, "-c", sleeping, "postgres", "-D", str(data)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        process.stdout.readline()
        (postgres.data / "postmaster.pid").write_text(f"{process.pid}\n")
        assert postgres.leftover() == (process.pid if here else None)
        if here:
            process.kill()
            process.wait()
        postgres._end_leftover()
        assert (process.poll() is None) == (not here)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.parametrize("content", ["", "no number", "999999999\n"])
def test_an_old_pid_file_that_means_nothing_is_passed_over(tmp_path, content):
    postgres = Postgres(Home(tmp_path))
    postgres.data.mkdir()
    assert postgres.leftover() is None
    (postgres.data / "postmaster.pid").write_text(content)
    assert postgres.leftover() is None


SERVERS = {"DATABASE_URL": "PostgreSQL", "REDIS_URL": "Valkey (cache)", "CELERY_BROKER_URL": "Valkey (broker)"}
KAKAO_ADDRESSES = {"KAKAO_AUTH_BASE_URL", "KAKAO_API_BASE_URL", "KAKAO_LOCAL_BASE_URL"}
KAKAO_SECRETS = {"KAKAO_APP_ID", "KAKAO_APP_KEYS", "KAKAO_ADMIN_KEY", "KAKAO_CLIENT_SECRET"}
# Each vendor's key, and what the stand-in gives beside it.
KEYS = {
    "DATA_GO_KR_SERVICE_KEY": {"DATA_GO_KR_BASE_URL", "MEDICINE_PICTURES_BASE_URL"},
    "OPENAI_API_KEY": {"OPENAI_BASE_URL"},
    "KAKAO_REST_API_KEY": KAKAO_ADDRESSES | KAKAO_SECRETS,
    "EXPO_ACCESS_TOKEN": {"EXPO_BASE_URL"},
}


@pytest.fixture
def started(tmp_path, monkeypatch):
    """`started(NAME=value…)`: what is started, and the variables that it adds, when only these are given."""
    supervisor, home = Supervisor(lambda _: None), Home(tmp_path)
    home.make()

    def start(**given):
        for name in (*SERVERS, *KEYS, *set().union(*KEYS.values()), "DJANGO_SECRET_KEY"):
            monkeypatch.delenv(name, raising=False)
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        variables = start_environment(supervisor, home, durable=False)
        return [service.name for service in supervisor.services], variables

    yield start
    supervisor.stop()


@pytest.mark.parametrize("name", SERVERS)
def test_each_server_is_replaced_by_its_variable(started, name):
    services, variables = started(**{name: "given:"}, **dict.fromkeys(KEYS, "given"))
    assert services == [service for variable, service in SERVERS.items() if variable != name]
    assert variables.keys() == {*SERVERS, "DJANGO_SECRET_KEY"} - {name}


@pytest.mark.parametrize("key", KEYS)
def test_each_stand_in_is_replaced_by_its_key(started, key):
    services, variables = started(**dict.fromkeys(SERVERS, "given:"), **{key: "given"})
    assert services == ["stand-ins"]
    others = set(KEYS) - {key}
    assert variables.keys() == others.union({"DJANGO_SECRET_KEY"}, *(KEYS[other] for other in others))


def test_with_everything_given_nothing_is_started(started):
    given = dict.fromkeys((*SERVERS, *KEYS, "DJANGO_SECRET_KEY"), "given:")
    assert started(**given) == ([], {})


_ASK_ALL = """
from celery import current_app
from django.core.cache import cache
from django.db import connection
connection.ensure_connection()
cache.set("k", 1)
with current_app.connection_for_write() as broker:
    broker.ensure_connection(max_retries=1)
print("all there")
"""


@pytest.mark.parametrize(("folder", "below"), [
    ("/srv/pilling", True), ("/srv/내 문서", False), ("/srv/a,b&c=d#e?f%20g", False), ("/srv/" + "long" * 30, False),
])  # fmt: skip
def test_sockets_are_below_the_home_where_its_path_is_plain(folder, below):
    home = Home(Path(folder))
    assert (home.sockets == home.run) == below


def test_the_state_may_be_in_any_folder(tmp_path):
    """One that is awkward in every way: letters, what addresses and command lines make something of, length."""
    env = {k: v for k, v in os.environ.items() if k not in (*SERVERS, "DJANGO_SECRET_KEY")}
    env |= {"PILLING_HOME": str(tmp_path / "내 문서" / "a,b&c=d#e?f%20g" / ("long" * 30))}
    command = [sys.executable, "manage.py", "shell", "-v", "0", "-c", _ASK_ALL]
    done = subprocess.run(command, cwd=PROJECT, env=env, capture_output=True, text=True, timeout=100)
    assert done.stdout.strip() == "all there", done.stderr
