"""`make bench-report`: docs/benchmarks.md, written from the records of the last runs and from nothing else."""

from collections.abc import Iterable, Sequence

from benchmarks.results import Result
from sandbox.home import PROJECT

REPORT = PROJECT / "docs" / "benchmarks.md"


def write(names: Sequence[str], results: Iterable[Result]) -> None:
    REPORT.write_text(text(names, list(results)))


def text(names: Sequence[str], results: Sequence[Result]) -> str:
    """The whole report; a benchmark without a record is named as not run."""
    missing = [name for name in names if name not in {result.name for result in results}]
    blocks = [
        "# Benchmarks",
        "Written by `make bench-report` from the records of `make bench`; do not edit. Absolute figures drift between "
        "machines and with what else runs on them: the ratios are between figures of the same run. Clients, servers "
        "and stand-ins share the machine's cores.",
        _runs(results),
        f"Not run: {', '.join(missing)}." if missing else "",
        _missed(results),
        *(result.printed().strip() for result in results),
    ]
    return "\n\n".join(filter(None, blocks)) + "\n"


def _runs(results: Sequence[Result]) -> str:
    lines = ["| benchmark | run | seconds | code | machine | load before |", "|---|---|---|---|---|---|"]
    for result in results:
        at = result.stamp
        machine = f"{at['cores']} cores, {at['memory']}, {at['system']}, Python {at['python']}"
        command = f"`make bench ARGS={result.name}`"
        lines.append(f"| {command} | {at['date']} | {result.seconds:.0f} | {at['commit']} | {machine} | {at['load']} |")
    return "\n".join(lines)


def _missed(results: Sequence[Result]) -> str:
    goals = [(result.name, goal) for result in results for goal in result.goals]
    missed = [f"- {name}: {goal.what}: {goal.measured} (wanted {goal.goal})" for name, goal in goals if not goal.met]
    if not missed:
        return f"All {len(goals)} goals are met."
    return f"{len(goals) - len(missed)} of {len(goals)} goals are met. Missed:\n\n" + "\n".join(missed)
