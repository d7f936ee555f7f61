"""`make bench`: `python -m benchmarks [--quick] [--missing] [--report] [NAME…]`, each in a process of its own."""

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from types import FrameType

from benchmarks import report, results
from benchmarks.harness import Site
from sandbox.home import PROJECT

# In this order: what measures one piece before what measures the whole. Seconds after which one is stopped.
BENCHMARKS = {
    "search": 3_600, "request": 1_200, "replay": 1_800, "stampede": 600, "memory": 1_800, "grounding": 600,
    "summary_month": 1_500, "pharmacies": 1_800, "feed": 600, "reminders": 2_400, "edge": 900,
}  # fmt: skip
# These start servers of their own, except in a quick run.
_ALONE = frozenset({"memory", "reminders"})
_STOP_SECONDS = 30


def main() -> int:
    options = _options()
    names = options.names or list(BENCHMARKS)
    if options.missing:
        names = [name for name in names if results.load(name, quick=options.quick) is None]
    failed = _run_all(names, quick=options.quick)
    if options.report:
        kept = (results.load(name) for name in BENCHMARKS)
        report.write(list(BENCHMARKS), [result for result in kept if result is not None])
        print(f"Wrote {report.REPORT.relative_to(PROJECT)}.")
    if failed:
        print(f"Did not finish: {', '.join(failed)}.", file=sys.stderr)
    return 1 if failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--quick", action="store_true", help="few rows and requests: does it work at all?")
    parser.add_argument("--missing", action="store_true", help="only those without a record")
    parser.add_argument("--report", action="store_true", help="write docs/benchmarks.md from the records")
    options = parser.parse_args()
    if unknown := set(options.names) - set(BENCHMARKS):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    if options.report and options.quick:
        parser.error("a quick run is not reported")
    return options


def _run_all(names: Sequence[str], *, quick: bool) -> list[str]:
    """The names of those that failed. The catalogue is loaded once for all that can share it."""
    signal.signal(signal.SIGTERM, _terminate)
    alone = [] if quick else [name for name in names if name in _ALONE]
    sharing = [name for name in names if name not in alone]
    failed = [name for name in alone if not _run(name, quick=quick, lent={})]
    if sharing:
        print("Starting servers and loading the catalogue …", flush=True)
        with Site(quick=quick) as site:
            print(f"Loaded: {site.load()}.", flush=True)
            lent = site.lend()
            failed += [name for name in sharing if not _run(name, quick=quick, lent=lent)]
    return failed


def _terminate(signal_number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + signal_number)


def _run(name: str, *, quick: bool, lent: Mapping[str, str]) -> bool:
    print(f"--- {name}", flush=True)
    command = [sys.executable, "-m", f"benchmarks.{name}", *(["--quick"] if quick else [])]
    process = subprocess.Popen(command, cwd=PROJECT, env=os.environ | dict(lent))
    try:
        return process.wait(BENCHMARKS[name]) == 0
    except subprocess.TimeoutExpired:
        print(f"{name} takes longer than {BENCHMARKS[name]} s; stopping it.", file=sys.stderr)
        return False
    finally:
        _stop(process)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


if __name__ == "__main__":
    sys.exit(main())
