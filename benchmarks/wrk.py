"""wrk, the client that costs little: one address again and again, or a list of requests, each once."""

import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

_RATE = re.compile(r"Requests/sec:\s+([\d.]+)")
_COUNT = re.compile(r"(\d+) requests in")
_BAD = re.compile(r"Non-2xx or 3xx responses:\s+(\d+)|Socket errors: (.*)")
_LIST = Path(__file__).with_name("wrk_list.lua")
CONNECTIONS = 16


@dataclass(frozen=True, slots=True)
class Run:
    per_second: float
    count: int


def is_here() -> bool:
    return shutil.which("wrk") is not None


def hammer(url: str, *, seconds: int, headers: Sequence[str] = ()) -> Run:
    """One address for so long. Raises RuntimeError when an answer was an error."""
    return _run(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", *_headers(headers), url])


def replay(url: str, asks: Path, *, at_most: int, headers: Sequence[str] = ()) -> Run:
    """Each line of a file once (`write_list`). Raises RuntimeError for errors, and when the time was too short."""
    run, wanted = _run(_listed(url, asks, at_most, headers, "once")), len(asks.read_text().splitlines())
    if run.count < wanted - CONNECTIONS:
        raise RuntimeError(f"{run.count} of {wanted} requests in {at_most} s")
    return run


def around(url: str, asks: Path, *, seconds: int, headers: Sequence[str] = ()) -> Run:
    """The lines of a file again and again, for so long. Raises RuntimeError as `hammer` does."""
    return _run(_listed(url, asks, seconds, headers, "around"))


def _listed(url: str, asks: Path, seconds: int, headers: Sequence[str], how: str) -> list[str]:
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(_LIST), *_headers(headers), url]
    return [*command, "--", str(asks), how]


def write_list(path: Path, asks: Iterable[tuple[str, str]]) -> None:
    """(path with query, the client's address as a balancer tells it)."""
    path.write_text("".join(f"{wanted} {address}\n" for wanted, address in asks))


def _headers(headers: Sequence[str]) -> list[str]:
    return [part for header in headers for part in ("-H", header)]


def _run(command: Sequence[str]) -> Run:
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rate, count, bad = _RATE.search(said), _COUNT.search(said), _BAD.search(said)
    if rate is None or count is None or bad:
        raise RuntimeError(f"wrk met errors:\n{said}")
    return Run(float(rate[1]), int(count[1]))
