"""The embedded servers are configured as production's must be."""

import os
import subprocess
import sys

import psycopg2
import redis

from sandbox.home import PROJECT


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
