"""The two Redis behind one guard: `cache` may forget, `broker` may not. Callers catch `redis.RedisError`.

Clients are made lazily, once per process (also after a fork), with short timeouts and no retries. After a failure the
server is taken for down for a moment, so that a dead Redis does not cost each request its timeout. The cache may be a
cluster: each of its servers is guarded alone, so that one that is gone takes its own keys with it and no others.
"""

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.exceptions import AskError, ClusterDownError
from redis.retry import Retry
from redis.sentinel import Sentinel

from core.cluster import SCHEMES, Slots, slot_of

Word = str | bytes | int
T = TypeVar("T")
CONNECT_SECONDS = 0.2
OPERATION_SECONDS = 0.5
DOWN_SECONDS = 1.0
POOL_SIZE = 64
SENTINEL = "sentinel://"


class StoreDown(redis.ConnectionError):
    """Not asked: this Redis failed a moment ago."""


def connect(url: str, *, operation_seconds: float | None = OPERATION_SECONDS) -> redis.Redis:
    """A client with our timeouts; bytes in, bytes out; `redis://`, `rediss://` and `unix://` or Sentinels."""
    options: dict[str, Any] = {
        "socket_connect_timeout": CONNECT_SECONDS,
        "socket_timeout": operation_seconds,
        # redis-py retries ten times with growing pauses unless told not to.
        "retry": Retry(NoBackoff(), 0),
        "max_connections": POOL_SIZE,
        "protocol": 2,
    }
    if url.startswith(SENTINEL):
        return _master(url, options)
    return redis.Redis.from_url(url, **options)


def sentinels(url: str) -> list[tuple[str, int]]:
    """`sentinel://one:26379;sentinel://two:26379`, as Celery spells it → their hosts and ports."""
    parts = [urlsplit(part) for part in url.split(";")]
    return [(part.hostname or "", part.port or 26379) for part in parts]


def master_options(url: str) -> dict[str, Any]:
    """What their master asks for: user, password and number of the database, from the first, as Celery reads them."""
    first = urlsplit(url.split(";")[0])
    given = {"username": first.username, "password": first.password}
    return {name: unquote(value) for name, value in given.items() if value} | {"db": int(first.path.strip("/") or 0)}


def _master(url: str, options: dict[str, Any]) -> redis.Redis:
    """Whoever is the master when a connection is made; one to a former master breaks, and the next finds the new."""
    short = {"socket_connect_timeout": CONNECT_SECONDS, "socket_timeout": OPERATION_SECONDS, "protocol": 2}
    watch: Any = Sentinel(sentinels(url), sentinel_kwargs=short)  # type: ignore[no-untyped-call]
    client: redis.Redis = watch.master_for(settings.CELERY_BROKER_MASTER, **options, **master_options(url))
    return client


class Server:
    """One Redis. `lost` is told when it fails, or says that a key is another's."""

    def __init__(self, connect: Callable[[], redis.Redis], *, lost: Callable[[], None] = lambda: None) -> None:
        self.connect = connect
        self._lost = lost
        self._client: redis.Redis | None = None
        self._down_until = 0.0
        self._lines = threading.local()

    @property
    def client(self) -> redis.Redis:
        if self._client is None:
            self._client = self.connect()
        return self._client

    @property
    def is_down(self) -> bool:
        return time.monotonic() < self._down_until

    def run(self, command: Callable[[redis.Redis], T]) -> T:
        """What `command` returns. Raises redis.RedisError; StoreDown at once for a second after a failure."""
        with self._watched():
            return command(self.client)

    def ask(self, *words: Word) -> Any:
        """One command on this thread's own connection, for the hot path; raises as `run` does.

        A third of the pooled client's processor time (24 µs against 61 for a script call, measured).
        """
        return self._told(lambda line: _talk(line, words))

    def ask_each(self, commands: Sequence[Sequence[Word]]) -> list[Any]:
        """The same for several commands in one round trip. Raises the first refusal."""
        if len(commands) == 1:
            return [self.ask(*commands[0])]
        return self._told(lambda line: _talk_of_each(line, commands))

    def _told(self, talk: Callable[[Any], T]) -> T:
        with self._watched():
            line, used = self._line()
            try:
                return talk(line)
            except redis.ConnectionError:
                # One that lay idle may have been closed by the server; a new connection tells whether it is gone.
                line.disconnect()
                if not used:
                    raise
                return talk(line)
            except redis.TimeoutError:
                # The answer may still come, and must not be taken for the next command's.
                line.disconnect()
                raise

    def _line(self) -> tuple[Any, bool]:
        """This thread's connection, and whether it was used before."""
        line = getattr(self._lines, "line", None)
        if line is not None:
            return line, True
        pool = self.client.connection_pool
        self._lines.line = pool.connection_class(**pool.connection_kwargs)
        return self._lines.line, False

    @contextlib.contextmanager
    def _watched(self) -> Iterator[None]:
        if self.is_down:
            raise StoreDown("this Redis failed a moment ago")
        try:
            yield
        except (redis.ConnectionError, redis.TimeoutError):
            self._down_until = time.monotonic() + DOWN_SECONDS
            self._lost()
            raise
        except (AskError, ClusterDownError):
            self._lost()
            raise


def _talk(line: Any, words: Sequence[Word]) -> Any:
    line.send_packed_command(line.pack_command(*words))
    return line.read_response()


def _talk_of_each(line: Any, commands: Sequence[Sequence[Word]]) -> list[Any]:
    line.send_packed_command(line.pack_commands(commands))
    answers = [_heard(line) for _ in commands]
    if refusal := next((answer for answer in answers if isinstance(answer, redis.ResponseError)), None):
        raise refusal
    return answers


def _heard(line: Any) -> Any:
    """An answer or a refusal: the next command's answer stands behind either."""
    try:
        return line.read_response()
    except redis.ResponseError as error:
        return error


class Store:
    """One Redis or a cluster, by the name of the setting that holds its address."""

    def __init__(self, setting: str) -> None:
        self._setting = setting
        self.reset()
        os.register_at_fork(after_in_child=self.reset)

    def reset(self) -> None:
        """Forget clients and failures; the next call connects anew."""
        self._url = ""
        self._slots: Slots | None = None
        self._servers: dict[str, Server] = {}

    @property
    def url(self) -> str:
        address: str = getattr(settings, self._setting)
        return address

    @property
    def client(self) -> redis.Redis:
        return self.at().client

    def run(self, command: Callable[[redis.Redis], T], *, key: str = "") -> T:
        """As `Server.run`. `key`: one that the command names, and in a cluster all of them share its slot."""
        return self.at(key).run(command)

    def ask(self, *words: Word, key: str = "") -> Any:
        return self.at(key).ask(*words)

    def at(self, key: str = "") -> Server:
        """The server that has a key; without one any that answers, for what concerns them all (messages)."""
        slots = self._known()
        if slots is None:
            return self._servers[self._url]
        if key:
            return self._server(slots.address(slot_of(key)))
        servers = self.servers()
        return next((server for server in servers if not server.is_down), servers[0])

    def servers(self) -> list[Server]:
        slots = self._known()
        return [self._server(url) for url in (slots.addresses() if slots else [self._url])]

    def split(self, keys: Iterable[str]) -> list[tuple[Server, list[list[str]]]]:
        """Who has the keys, each server's in groups that one command may name. Keys that nobody has are left out."""
        slots, names = self._known(), list(keys)
        if slots is None:
            return [(self._servers[self._url], [names])] if names else []
        groups: dict[int, list[str]] = {}
        for name in names:
            groups.setdefault(slot_of(name), []).append(name)
        split: dict[str, list[list[str]]] = {}
        for slot, group in groups.items():
            with contextlib.suppress(redis.ConnectionError):
                split.setdefault(slots.address(slot), []).append(group)
        return [(self._server(url), parts) for url, parts in split.items()]

    def _known(self) -> Slots | None:
        url = self.url
        if url != self._url:
            self.reset()
            if url.partition("://")[0] in SCHEMES:
                self._slots = Slots(url, connect)
            else:
                self._server(url)
            self._url = url
        return self._slots

    def _server(self, url: str) -> Server:
        found = self._servers.get(url)
        if found is None:
            lost = self._slots.outdated if self._slots else lambda: None
            found = self._servers[url] = Server(lambda: connect(url), lost=lost)
        return found


cache = Store("REDIS_URL")
broker = Store("CELERY_BROKER_REDIS_URL")
