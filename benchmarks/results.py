"""What a benchmark hands over: tables and goals, kept as JSON so that the report is written from what was measured."""

import json
import math
import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from sandbox.home import PROJECT

Cell = str | int | float


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile; raises ValueError when there is nothing to rank."""
    if not values:
        raise ValueError("no values")
    ranked = sorted(values)
    return ranked[max(0, math.ceil(percent / 100 * len(ranked)) - 1)]


def milliseconds(seconds: Sequence[float], *percents: float) -> list[float]:
    """The percentiles of durations in seconds, as rounded milliseconds."""
    return [round(percentile(seconds, percent) * 1_000, 3) for percent in percents]


@dataclass(frozen=True, slots=True)
class Table:
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Goal:
    """What was wished for, what was measured, and whether that is enough."""

    what: str
    goal: str
    measured: str
    met: bool


@dataclass(slots=True)
class Result:
    """One benchmark's outcome. `data`: which rows it ran on; `notes`: how it was measured, a sentence each."""

    name: str
    title: str
    data: str
    notes: list[str] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    goals: list[Goal] = field(default_factory=list)
    quick: bool = False
    seconds: float = 0.0
    stamp: dict[str, str] = field(default_factory=dict)

    def printed(self) -> str:
        """The result as a reader of the terminal sees it, and as the report shows it: Markdown."""
        goals = [[goal.what, goal.goal, goal.measured, "met" if goal.met else "**missed**"] for goal in self.goals]
        blocks = [f"## {self.title}", f"Data: {self.data}. {' '.join(self.notes)}".strip()]
        if goals:
            blocks.append(_markdown(["goal", "wanted", "measured", ""], goals))
        for table in self.tables:
            blocks += [f"### {table.title}", _markdown(table.columns, table.rows)]
            blocks += [table.note] if table.note else []
        return "\n\n".join(blocks) + "\n"


def _markdown(columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(value: Cell) -> str:
    if isinstance(value, float):
        return f"{value:,.3f}".rstrip("0").rstrip(".")
    return f"{value:,}" if isinstance(value, int) else value


def stamp() -> dict[str, str]:
    """When, on what machine, with which code a benchmark ran."""
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=8"], cwd=PROJECT, capture_output=True, text=True
    )
    return {
        "date": datetime.now(UTC).astimezone().isoformat(timespec="minutes"),
        "cores": str(psutil.cpu_count()),
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GB",
        "load": f"{os.getloadavg()[0]:.1f}",
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "commit": described.stdout.strip() or "unknown",
    }


def folder(*, quick: bool) -> Path:
    """Where records are kept: `PILLING_BENCH_RESULTS`, else below `var/`. Quick runs never stand in for real ones."""
    root = Path(os.environ.get("PILLING_BENCH_RESULTS") or PROJECT / "var" / "benchmarks")
    return root / "quick" if quick else root


def save(result: Result) -> Path:
    path = folder(quick=result.quick) / f"{result.name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(result), ensure_ascii=False, indent=1) + "\n")
    return path


def load(name: str, *, quick: bool = False) -> Result | None:
    """The last record of a benchmark; None when there is none."""
    path = folder(quick=quick) / f"{name}.json"
    if not path.is_file():
        return None
    raw: dict[str, Any] = json.loads(path.read_text())
    tables = [Table(**table) for table in raw.pop("tables")]
    goals = [Goal(**goal) for goal in raw.pop("goals")]
    return Result(tables=tables, goals=goals, **raw)
