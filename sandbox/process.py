"""Child processes that never outlive the process that started them."""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_ORDINARY_USER = "nobody"


def run_as_root() -> bool:
    return os.geteuid() == 0


def unprivileged(command: Sequence[str]) -> list[str]:
    """The command as an ordinary user who may still pass folders that only root may pass.

    PostgreSQL refuses to run as root. Keeping the two file capabilities spares the usual `chmod o+rx` on every parent
    folder of the data and of the virtual environment.
    """
    capabilities = "+dac_override,+dac_read_search"
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise RuntimeError(
            "As root, PostgreSQL needs `setpriv` (Debian package util-linux), or run as an ordinary user."
        )
    return [
        setpriv, f"--reuid={_ORDINARY_USER}", "--regid=nogroup", "--clear-groups", "--pdeathsig=INT",
        f"--inh-caps={capabilities}", f"--ambient-caps={capabilities}", "--", *command,
    ]  # fmt: skip


def _die_with_parent(signal_number: int) -> Callable[[], None] | None:
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(_PR_SET_PDEATHSIG, signal_number)


@dataclass
class Child:
    """One running process of ours, its output in a log file."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    stop_signal: int = signal.SIGTERM

    def alive(self) -> bool:
        return self.process.poll() is None

    def stop(self, *, patience: float = 15) -> None:
        """Ask, wait `patience` seconds, then insist, with whatever it started itself."""
        if self.alive():
            self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            # It leads a process group of its own (`spawn`); a worker's busy children would outlive it.
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def log_tail(self, lines: int = 15) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def spawn(
    name: str,
    command: Sequence[str],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stop_signal: int = signal.SIGTERM,
) -> Child:
    """Start a child in a session of its own (a Ctrl-C reaches only us: we end children in order)."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=cwd,
            start_new_session=True,
            preexec_fn=_die_with_parent(stop_signal),
        )
    return Child(name, process, log, stop_signal)


def wait_until(ready: Callable[[], bool], child: Child, *, seconds: float) -> None:
    """Wait for `ready()`; raises RuntimeError with the end of the child's log when it dies or time runs out."""
    deadline = time.monotonic() + seconds
    while not ready():
        if not child.alive() or time.monotonic() > deadline:
            why = "did not become ready in time" if child.alive() else f"ended with {child.process.returncode}"
            child.stop()
            raise RuntimeError(f"{child.name} {why}:\n{child.log_tail()}")
        time.sleep(0.05)
