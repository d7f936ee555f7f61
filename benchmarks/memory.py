"""Memory of a web process with the whole catalogue and of loading it; and the time of a hit in a process's memory.

Linux only: the figures come from /proc. Needs servers of its own, because it loads the catalogue itself.
"""

import subprocess
import time
from pathlib import Path

import psutil

from benchmarks import harness, traffic
from benchmarks.client import Ask, run_clients, search_path, suggest_path
from benchmarks.harness import Site, Web
from benchmarks.results import Cell, Goal, Result, Table, milliseconds, percentile
from sandbox.home import PROJECT

_MEGABYTE = 2**20
_LOAD_SECONDS = 1_200
_HOT_NAMES = 20
_HOT_PASSES = 250


def run(*, quick: bool) -> Result:
    with Site(quick=quick, borrow=quick) as site:
        site.migrate()
        seconds, peak = _load_watched(site)
        result = Result("memory", "Memory, and a hit in it", site.get_ready(), quick=quick)
        _describe_loading(result, seconds, peak)
        web = site.start_web()
        _warm(site, web, 40 if quick else 20_000)
        _describe_web(result, web)
        _describe_hits(result, site, web, 3 if quick else _HOT_PASSES)
    return result


def _load_watched(site: Site) -> tuple[float, float]:
    """Seconds and peak megabytes of loading. The peak is the kernel's own high-water mark, read until the end."""
    started, peak = time.monotonic(), 0.0
    log = site.home.logs / "load.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            site.command("load_catalogue", str(site.data)),
            env=site.env, cwd=PROJECT, stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
        while process.poll() is None:
            peak = max(peak, _high_water(process.pid))
            if time.monotonic() - started > _LOAD_SECONDS:
                process.kill()
            time.sleep(0.02)
    if process.returncode:
        raise RuntimeError(f"loading failed: {log.read_text(errors='replace')[-2_000:]}")
    return time.monotonic() - started, peak


def _high_water(pid: int) -> float:
    """VmHWM: it belongs to the program, unlike getrusage's maximum, which a child inherits from its parent."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    lines = (line.split() for line in status.splitlines() if line.startswith("VmHWM:"))
    return next((int(words[1]) / 1024 for words in lines), 0.0)


def _describe_loading(result: Result, seconds: float, peak: float) -> None:
    rows: list[list[Cell]] = [["load_catalogue", round(seconds, 1), round(peak, 1)]]
    result.tables.append(Table("Loading", ["command", "seconds", "peak MB"], rows))
    result.goals.append(Goal("peak of loading", "< 300 MB", f"{peak:.0f} MB", peak < 300))


def _warm(site: Site, web: Web, count: int) -> None:
    asks = traffic.searches(site, count, opened=0.05)
    suggests = [Ask("suggest", suggest_path(brand[:2]), ask.address)
                for ask, (brand, _) in zip(asks, traffic.names(site), strict=False)]  # fmt: skip
    run_clients(web.port, [*asks, *suggests], clients=min(4, 1 + count // 100), seconds=300)


def _describe_web(result: Result, web: Web) -> None:
    rows, largest = list[list[Cell]](), 0.0
    for number, process in enumerate([web.master, *web.workers]):
        memory = process.memory_full_info()
        sizes = [round(size / _MEGABYTE, 1) for size in (memory.rss, memory.pss, memory.uss)]
        rows.append(["master" if number == 0 else f"worker {number}", *sizes, _threads(process)])
        largest = max(largest, sizes[0])
    columns = ["process", "RSS MB", "PSS MB", "USS MB", "threads"]
    note = "RSS counts shared pages in each process, PSS divides them, USS leaves them out. The goal is read on RSS."
    result.tables.append(Table("gunicorn after searches, suggestions, details and summaries", columns, rows, note))
    result.goals.append(Goal("a web process, RSS", "< 200 MB", f"{largest:.0f} MB", largest < 200))


def _threads(process: psutil.Process) -> int:
    count: int = process.num_threads()
    return count


def _describe_hits(result: Result, site: Site, web: Web, passes: int) -> None:
    """One client, so that the time is the server's work and not a wait for a core."""
    hot = [Ask("hot", search_path(brand)) for brand, _ in traffic.names(site)[:_HOT_NAMES]]
    load = run_clients(web.port, hot * passes, clients=1, seconds=60)
    inside = [sample.server_ms / 1_000 for sample in load.samples if sample.tier == "memory"]
    outside = [sample.seconds for sample in load.samples if sample.tier == "memory"]
    rows: list[list[Cell]] = [
        ["inside the server (Server-Timing, total)", len(inside),
         *milliseconds(inside, 50, 99, 99.9)],
        ["at the client", len(outside), *milliseconds(outside, 50, 99, 99.9)],
    ]  # fmt: skip
    result.tables.append(Table("A search answered from memory", ["", "requests", "p50 ms", "p99 ms", "p99.9 ms"], rows))
    p99 = percentile(inside, 99) * 1_000
    result.goals.append(Goal("a memory hit inside the server, p99", "≤ 1 ms", f"{p99:.2f} ms", p99 <= 1))


if __name__ == "__main__":
    harness.main(run)
