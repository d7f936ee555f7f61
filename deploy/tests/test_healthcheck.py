"""What the engine asks about beat: with the broker's address as containers are given it."""

import os
import subprocess
import sys

import pytest
import redis

from core.tests.test_sentinel import HOST, Watched
from deploy.tests import compose
from sandbox.home import PROJECT

LEASE = "pilling:beat::lock"


def is_well(**variables):
    _, program, *arguments = compose.service("celery-beat")["healthcheck"]["test"]
    assert program == "python"
    env = {name: value for name, value in os.environ.items() if name != "CELERY_BROKER_URL"} | variables
    done = subprocess.run([sys.executable, *arguments], env=env, cwd=PROJECT, capture_output=True, text=True)
    assert done.stderr == ""
    return done.returncode == 0


def test_a_broker_whose_address_stands_in_a_file(own_valkey, tmp_path):
    (tmp_path / "url").write_text(own_valkey.url + "\n")
    given = {"CELERY_BROKER_URL_FILE": str(tmp_path / "url")}
    assert not is_well(**given)
    with redis.Redis.from_url(own_valkey.url) as broker:
        broker.set(LEASE, "somebody's")
    assert is_well(**given)


def test_a_broker_that_is_gone(tmp_path):
    assert not is_well(CELERY_BROKER_URL=f"unix://{tmp_path}/none.sock?db=0")


@pytest.mark.slow
def test_a_broker_behind_sentinels(tmp_path):
    watched = Watched(tmp_path)
    given = {"CELERY_BROKER_URL": watched.url, "CELERY_BROKER_MASTER": "pilling"}
    try:
        watched.start()
        assert not is_well(**given)
        with redis.Redis(host=HOST, port=watched.master, protocol=2) as broker:
            broker.set(LEASE, "somebody's")
        assert is_well(**given)
    finally:
        watched.stop()
