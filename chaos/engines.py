"""PostgreSQL, its replica and the two Valkeys are gone, full, or hold garbage."""

import contextlib
import time
from typing import Any

import psycopg2

from chaos.site import Site
from config.tests.running import wait_for


def cache(site: Site) -> str:
    site.product.kill("cache")
    time.sleep(8)
    site.product.revive()
    return "nothing: the cache holds copies"


def broker(site: Site) -> str:
    site.kill_worker()
    for _ in range(20):
        site.product.send("ops.tasks.purge_idempotency_keys")
    before = _waiting(site)
    # The append-only file reaches the disk each second.
    time.sleep(1.5)
    site.product.kill("broker")
    time.sleep(6)
    site.product.children["broker"] = site.product.broker.start()
    after = _waiting(site)
    assert after >= before, f"{before - after} accepted tasks are lost"
    site.product.revive()
    wait_for(lambda: _waiting(site) == 0, seconds=40, why="tasks stay")
    return f"{after} accepted tasks waited; all were there when it came back, and were done"


def _waiting(site: Site) -> int:
    with site.product.redis("broker") as client:
        return int(client.llen("batch"))


def database(site: Site) -> str:
    site.product.kill("postgres")
    time.sleep(5)
    site.product.revive()
    return "nothing: see the writes"


def replica(site: Site) -> str:
    wait_for(lambda: _read_by(site, "replica") > 0, why="the replica is not read")
    before = _read_by(site, "primary")
    site.standby.kill()
    time.sleep(6)
    assert _read_by(site, "primary") > before, "the primary was not asked"
    site.standby.up()
    again = _read_by(site, "replica")
    wait_for(lambda: _read_by(site, "replica") > again, seconds=30, why="it is not read again")
    return "the primary was asked in its place; it was read again once it was level"


def _read_by(site: Site, server: str) -> float:
    return site.product.metric("catalogue_reads_total", server=server)


def connections(site: Site) -> str:
    held: list[Any] = []
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(psycopg2.OperationalError):
            while len(held) < 200:
                held.append(psycopg2.connect(site.product.postgres.url(), connect_timeout=3))
                stack.callback(held[-1].close)
        assert 0 < len(held) < 200, f"{len(held)} connections were taken, and none was refused"
        time.sleep(8)
    return f"{len(held)} connections were taken by a stranger; the product kept those it had"


def poison(site: Site) -> str:
    with site.product.redis("cache") as client:
        keys = [key for key in client.keys("pilling:*") if client.type(key) == b"string" and b"limit:" not in key]
        assert keys, "the cache is empty"
        for number, key in enumerate(keys):
            client.set(key, (b"\xff\xfe garbage", b"", b"{}", b"null")[number % 4], keepttl=True)
    site.product.forget_memory()
    time.sleep(5)
    site.product.forget()
    return f"{len(keys)} entries held garbage; what cannot be read was taken for a miss"
