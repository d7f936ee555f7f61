"""What a product begins with (tables, collected files, the sample): made once in a test run, and copied after that.

The folder for it is the run's, all processes of it included (sandbox.pytest_plugin); without one nothing is kept.
"""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from sandbox.home import Home
from sandbox.pytest_plugin import SHARED

_PARTS = ("postgres", "secrets", "static")


def copied(home: Home) -> bool:
    """Whether somebody has made it, and `home` has it now. Before its engines are started."""
    place = _place()
    if place is None or not place.exists():
        return False
    _copy(place, home.root)
    return True


def keep(home: Home, *, stopped: Callable[[], object]) -> None:
    """For those who come after, unless another process is at it. `stopped` ends the database, which must lie still."""
    place = _place()
    if place is None:
        return
    with place.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        if not place.exists():
            stopped()
            partial = place.with_suffix(".partial")
            shutil.rmtree(partial, ignore_errors=True)
            _copy(home.root, partial)
            partial.rename(place)


def _place() -> Path | None:
    folder = os.environ.get(SHARED)
    return Path(folder) / "product" if folder else None


def _copy(source: Path, target: Path) -> None:
    """With owners and modes: PostgreSQL looks at them."""
    for name in _PARTS:
        (target / name).mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-a", f"{source / name}/.", str(target / name)], check=True)
