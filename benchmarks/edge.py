"""The edge: 50,000 searches by Zipf through the shipped nginx.conf, against a peer; the hottest one; what it costs."""

import contextlib
import gzip
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import requests

from benchmarks import edge_growth, edges, harness, traffic, wrk
from benchmarks.client import search_path
from benchmarks.edge_sides import GIVEN, ROUNDS, Side, Sides, interleave, listed
from benchmarks.harness import Site, Web
from benchmarks.peer_site import running_peer
from benchmarks.results import Goal, Result, Table
from deploy.tests.edge import HOST

_DISTINCT, _DRAWS = 50_000, 20_000
_AT_MOST = 120
_QUERY = "타이레놀"
# Of three, whose shares may lie between 0.83 and 1.01 within a minute, the median is chance.
_SECONDS, _HOTTEST_ROUNDS = 4, 7
BARE = "a Django view that returns ready bytes, in Pilling's place"
OURS, PEER, PEER_CACHED = "Pilling", "the peer behind nginx as a plain proxy", "the peer behind the same micro-cache"
HOTTEST, ALONE = "nginx.conf as shipped", "nginx alone: a cached body, as large and with the same headers"
PLAIN = ", to clients that take no gzip"


def run(*, quick: bool) -> Result:
    if not edges.has_tools():
        raise SystemExit("This benchmark needs Debian's packages nginx and wrk.")
    with Site(quick=quick) as site:
        result = Result("edge", "The edge, and what it costs", site.load())
        web = site.start_web(workers=2, **edges.ALIKE)
        replayed = _replay(site, web, result, quick=quick)
        _hottest(site, web, result, quick=quick)
        edge_growth.describe(result, edge_growth.measure(site, _QUERY, quick=quick), replayed)
    return result


# --- by Zipf, against the peer ---


def _replay(site: Site, web: Web, result: Result, *, quick: bool) -> float:
    """Ours and the peers answer the same lists in turn, each cold at first. Returns our rate."""
    rounds, draws, distinct = (1, 300, 500) if quick else (ROUNDS, _DRAWS, _DISTINCT)
    asks = traffic.drawn(site, rounds * draws, distinct=distinct)
    with _against(site, web, workers=1 if quick else 2) as sides:
        for number in range(rounds):
            _one_round(sides, listed(site, asks[number * draws : (number + 1) * draws]))
    result.notes += _notes(len(asks), distinct, met=len({path for path, _ in asks}))
    _describe_replay(result, sides)
    return sides[OURS].whole


def _one_round(sides: Sides, asks: Path) -> None:
    for name, side in sides.items():
        side.measure(lambda side: wrk.replay(side.url, asks, at_most=_AT_MOST, headers=side.headers))
        print(f"{name}: {side.rates[-1]:,.0f} requests/s", flush=True)


@contextlib.contextmanager
def _against(site: Site, web: Web, *, workers: int) -> Iterator[Sides]:
    """All on the same PostgreSQL; the peers, of so many processes, have caches of their own in the same Redis."""
    with contextlib.ExitStack() as stack:
        ours = stack.enter_context(edges.front(site, "ours", web.own_ports))
        stack.enter_context(edges.counting(site, ours))
        sides = {OURS: Side(ours.url, web.master.children)}
        for name, database, cached in ((PEER, 1, False), (PEER_CACHED, 2, True)):
            peer = stack.enter_context(running_peer(site, workers=workers, database=database))
            front = stack.enter_context(edges.front(site, f"peer-{database}", peer.ports, cached=cached))
            sides[name] = Side(front.url, peer.processes)
        bare = site.start_web(workers=workers, application="benchmarks.bare", BARE_BODY=str(_body(site, web)))
        sides[BARE] = Side(stack.enter_context(edges.front(site, "bare", bare.own_ports)).url, bare.master.children)
        site.flush_cache()
        yield sides


def _body(site: Site, web: Web) -> Path:
    """A search's answer, compressed as the product gives it to who takes that."""
    file = site.home.run / "body.json.gz"
    headers = {"Host": HOST, "X-Forwarded-Proto": "https"}
    answer = requests.get(web.url + search_path(_QUERY), headers=headers, timeout=10)
    answer.raise_for_status()
    file.write_bytes(gzip.compress(answer.content))
    return file


def _notes(draws: int, distinct: int, *, met: int) -> list[str]:
    return [
        f"The replay: {draws:,} searches by Zipf (weight 1/rank) over {distinct:,} distinct ones, of which {met:,} "
        "came up, typed as in the replay benchmark but for names that nobody has, from "
        f"{traffic.ADDRESSES:,} addresses. Each side starts cold, has two processes and answers the same lists in "
        "turn; its rate is of all rounds, the cold ones too.",
        f"Client: wrk, {wrk.CONNECTIONS} connections over TLS, which takes gzip as browsers do, on the same cores as "
        "everything else. nginx.conf as shipped, its limits too, behind a balancer that tells addresses; those of "
        "product and peer are raised, not removed. nginx's cache lies in memory, as in the compose file.",
        "The peer (benchmarks/peer): FastAPI, uvicorn, asyncpg and redis.asyncio on the same tables, cached as long, "
        "with limit, log line, request id, metrics and counted searches. It asks no outside source, so neither does "
        "Pilling. The bare view says how far any Django behind gunicorn's threads could come here, whatever it does.",
    ]


def _describe_replay(result: Result, sides: Sides) -> None:
    ours = sides[OURS]
    rows = [side.row(name, side.whole, ours.whole / side.whole) for name, side in sides.items()]
    columns = ["what", "requests/s", "Pilling's × this", "CPU µs of its processes a request", "rounds"]
    result.tables.append(Table("A replay by Zipf, misses included", columns, rows))
    times = ours.whole / sides[PEER].whole
    result.goals.append(Goal("replay by Zipf against the peer", "≥ 2 ×", f"{times:.2f} ×", times >= 2))


# --- the hottest search ---


def _hottest(site: Site, web: Web, result: Result, *, quick: bool) -> None:
    path = search_path(_QUERY)
    with contextlib.ExitStack() as stack:
        front = stack.enter_context(edges.front(site, "hottest", web.own_ports))
        stack.enter_context(edges.counting(site, front))
        sides: dict[str, Side] = {}
        for encoding, named, headers in (("gzip", "", GIVEN), ("", PLAIN, (edges.HOST_HEADER,))):
            alone = stack.enter_context(edges.nginx_alone(site, front, path, encoding=encoding))
            sides[HOTTEST + named] = Side(front.url, front.processes, headers)
            sides[ALONE + named] = Side(alone.url, alone.processes, headers)
        interleave(site, sides, path, seconds=_SECONDS, quick=quick, rounds=_HOTTEST_ROUNDS)
    _describe_hottest(result, sides)


def _describe_hottest(result: Result, sides: Sides) -> None:
    rows = [
        side.row(name, median(side.rates), side.share_of(sides[ALONE + (PLAIN if name.endswith(PLAIN) else "")]))
        for name, side in sides.items()
    ]
    columns = ["what", "requests/s", "× nginx alone", "CPU µs of nginx a request", "rounds"]
    result.tables.append(Table("The hottest search alone", columns, rows))
    share = sides[HOTTEST].share_of(sides[ALONE])
    result.goals.append(Goal("the hottest search alone", "≥ 0.9 of nginx alone", f"{share:.2f}", share >= 0.9))


if __name__ == "__main__":
    harness.main(run)
