"""The files in which processes count, and one a kind for those that ended: a pool replaces its processes day and night,
and each would leave its files for ever, to be read at every scrape.
"""

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from prometheus_client.mmap_dict import MmapedDict

_Value = tuple[float, float]
_ENDED = "ended"


def _sum(one: _Value, other: _Value) -> _Value:
    return one[0] + other[0], 0.0


def _later(one: _Value, other: _Value) -> _Value:
    return max(one, other, key=lambda value: value[1])


_KINDS: dict[str, Callable[[_Value, _Value], _Value]] = {
    "counter": _sum, "histogram": _sum, "gauge_mostrecent": _later,
}  # fmt: skip


@contextlib.contextmanager
def reading(folder: Path) -> Iterator[None]:
    """No file is gathered meanwhile: it would be counted twice, or not at all."""
    with _locked(folder, fcntl.LOCK_SH):
        yield


def gather(folder: Path) -> None:
    """Add the figures of the processes that ended to those of the earlier ones, and forget their live gauges."""
    with _locked(folder, fcntl.LOCK_EX):
        for kind, merged in _KINDS.items():
            if ended := [file for file in folder.glob(f"{kind}_*.db") if _has_ended(file)]:
                _merge(folder / f"{kind}_{_ENDED}.db", ended, merged)
        for file in folder.glob("gauge_live*.db"):
            if _has_ended(file):
                file.unlink(missing_ok=True)


@contextlib.contextmanager
def _locked(folder: Path, how: int) -> Iterator[None]:
    with (folder / "lock").open("a") as file:
        fcntl.flock(file, how)
        yield


def _has_ended(file: Path) -> bool:
    pid = file.stem.rpartition("_")[2]
    if not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _merge(into: Path, ended: list[Path], merged: Callable[[_Value, _Value], _Value]) -> None:
    values: dict[str, _Value] = {}
    for file in (into, *ended) if into.exists() else ended:
        for key, value, moment, _ in MmapedDict.read_all_values_from_file(file):  # type: ignore[no-untyped-call]
            values[key] = merged(values[key], (value, moment)) if key in values else (value, moment)
    new = into.with_suffix(".new")
    new.unlink(missing_ok=True)
    _write(new, values)
    new.replace(into)
    for file in ended:
        file.unlink(missing_ok=True)


def _write(file: Path, values: dict[str, _Value]) -> None:
    held = MmapedDict(str(file))  # type: ignore[no-untyped-call]
    for key, (value, moment) in values.items():
        held.write_value(key, value, moment)  # type: ignore[no-untyped-call]
    held.close()  # type: ignore[no-untyped-call]
