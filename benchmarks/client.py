"""HTTP clients that load a site: processes with one keep-alive connection each, so that no lock of ours delays them."""

import http.client
import json
import multiprocessing
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier
from urllib.parse import quote

_TIMEOUT = 40.0
# A client process must be ready to send within so long.
_START_SECONDS = 60.0
_ITEM = re.compile(rb'"item_seq":"(\d+)"')
_TIMING = re.compile(r"(\w+);dur=([\d.]+)")


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: `kind` groups it in the figures; `opens`: read the first hit's detail and summary afterwards.

    `address`: the client's, as a proxy tells it; `token`: of somebody signed in.
    """

    kind: str
    path: str
    address: str = ""
    opens: bool = False
    token: str = ""

    @property
    def headers(self) -> dict[str, str]:
        given = {"X-Forwarded-For": self.address, "Authorization": self.token and f"Bearer {self.token}"}
        return {name: value for name, value in given.items() if value}


@dataclass(frozen=True, slots=True)
class Sample:
    """One answer as the client saw it; `seconds` from the first byte sent to the last received; status 0: none came.

    `tier` is X-Cache, `server_ms` the server's own time for the whole request.
    """

    kind: str
    status: int
    seconds: float
    tier: str = ""
    server_ms: float = 0.0
    hits: int = 0


@dataclass(frozen=True, slots=True)
class Load:
    """What all clients saw. `cpu_seconds` is what the clients themselves used."""

    samples: list[Sample]
    seconds: float
    cpu_seconds: float

    @property
    def per_second(self) -> float:
        return len(self.samples) / self.seconds

    @property
    def client_microseconds(self) -> float:
        """A client's own CPU time for one request."""
        return self.cpu_seconds / len(self.samples) * 1e6

    def of(self, *kinds: str) -> list[Sample]:
        return [sample for sample in self.samples if sample.kind in kinds]

    def statuses(self) -> Counter[int]:
        return Counter(sample.status for sample in self.samples)


def search_path(query: str, *, limit: int | None = None) -> str:
    return f"/api/v1/medicines?q={quote(query)}" + (f"&limit={limit}" if limit else "")


def suggest_path(query: str) -> str:
    return f"/api/v1/medicines/suggest?q={quote(query)}"


class Connection:
    """A keep-alive connection that is opened again when the server has closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._http = self._open()

    def _open(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self._port, timeout=_TIMEOUT)

    def ask(self, ask: Ask) -> tuple[Sample, bytes]:
        started = time.perf_counter()
        try:
            return self._ask(ask, started)
        except (http.client.HTTPException, OSError):
            # Between two requests the server may close an idle connection; that is no failure of this request.
            self.close()
            self._http = self._open()
        try:
            return self._ask(ask, started)
        except (http.client.HTTPException, OSError):
            self.close()
            self._http = self._open()
            return Sample(ask.kind, 0, time.perf_counter() - started), b""

    def _ask(self, ask: Ask, started: float) -> tuple[Sample, bytes]:
        self._http.request("GET", ask.path, headers=ask.headers)
        response = self._http.getresponse()
        body = response.read()
        seconds = time.perf_counter() - started
        timing = dict(_TIMING.findall(response.getheader("Server-Timing") or ""))
        tier, total = response.getheader("X-Cache") or "", float(timing.get("total", 0))
        return Sample(ask.kind, response.status, seconds, tier, total, body.count(b'"item_seq":')), body

    def close(self) -> None:
        self._http.close()


_gates: list[Barrier] = []


def _remember(gate: Barrier) -> None:
    _gates.append(gate)


def _client(port: int, asks: Sequence[Ask], seconds: float) -> tuple[list[Sample], float, float]:
    """One client process, once all are ready: its samples, its CPU seconds, how long it took."""
    connection, samples = Connection(port), list[Sample]()
    _gates[0].wait(_START_SECONDS)
    cpu, started = time.process_time(), time.monotonic()
    for ask in asks:
        sample, body = connection.ask(ask)
        samples.append(sample)
        if ask.opens and (first := _ITEM.search(body)):
            samples += _open(connection, first[1].decode(), ask.address)
        if time.monotonic() - started > seconds:
            break
    connection.close()
    return samples, time.process_time() - cpu, time.monotonic() - started


def _open(connection: Connection, item_seq: str, address: str) -> list[Sample]:
    detail = Ask("detail", f"/api/v1/medicines/{item_seq}", address)
    summary = Ask("summary", f"/api/v1/medicines/{item_seq}/summary", address)
    opened, _ = connection.ask(detail)
    written, body = connection.ask(summary)
    return [opened, Sample(_summary_kind(written, body), written.status, written.seconds, written.tier)]


def _summary_kind(sample: Sample, body: bytes) -> str:
    """ "summary ai", "summary extractive" …: whose text the answer showed."""
    try:
        kind = json.loads(body)["kind"] or "without text" if sample.status in (200, 202) else str(sample.status)
    except (ValueError, KeyError, TypeError):
        kind = "unreadable"
    return f"summary {kind}"


def run_clients(
    port: int, asks: Sequence[Ask], *, clients: int, seconds: float, on_start: Callable[[], None] | None = None
) -> Load:
    """Send the requests from so many processes, each waiting for its answer before the next; at most so long.

    `on_start` is called when all clients are about to send their first request.
    """
    # Forked: to load all modules once more takes a second of the processor that the site is measured on.
    context = multiprocessing.get_context("fork")
    gate = context.Barrier(clients + 1)
    with ProcessPoolExecutor(clients, context, initializer=_remember, initargs=(gate,)) as pool:
        jobs = [pool.submit(_client, port, asks[number::clients], seconds) for number in range(clients)]
        gate.wait(_START_SECONDS)
        if on_start is not None:
            on_start()
        outcomes = [job.result() for job in jobs]
    samples = [sample for found, _, _ in outcomes for sample in found]
    return Load(samples, max(took for _, _, took in outcomes), sum(cpu for _, cpu, _ in outcomes))
