"""The environment that a bare machine lacks: engines and stand-ins for whatever no variable names.

`manage.py` borrows what a running `make run` of the same home has up, or starts its own for its duration.
"""

import atexit
import fcntl
import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from sandbox import standin_process
from sandbox.engines.postgres import Postgres
from sandbox.engines.valkey import Valkey
from sandbox.home import Home, write_private
from sandbox.supervisor import Service, Supervisor

_BORROW_SECONDS = 150.0
_locks: list[int] = []


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def complete(given: Mapping[str, str]) -> bool:
    """Whether the variables name every server, as in production, so that nothing need be started."""
    servers = ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL", "DJANGO_SECRET_KEY")
    return all(given.get(name) or given.get(f"{name}_FILE") for name in servers)


def start_environment(
    supervisor: Supervisor, home: Home, *, durable: bool = True, standins: bool = True
) -> dict[str, str]:
    """Start what the process environment does not name; returns the variables that name it."""
    given = os.environ
    variables = {} if given.get("DJANGO_SECRET_KEY") else {"DJANGO_SECRET_KEY": home.secret("django")}
    if not given.get("DATABASE_URL"):
        postgres = Postgres(home, durable=durable)
        supervisor.start(Service("PostgreSQL", postgres.start))
        variables["DATABASE_URL"] = postgres.url()
    for name, role in (("REDIS_URL", "cache"), ("CELERY_BROKER_URL", "broker")):
        if not given.get(name):
            valkey = Valkey(home, role)
            supervisor.start(Service(f"Valkey ({role})", valkey.start))
            variables[name] = valkey.url
    if standins and standin_process.needed(given):
        supervisor.start(Service("stand-ins", lambda: standin_process.start(home)))
        variables |= standin_process.variables(home, given)
    return variables


def publish(home: Home, variables: Mapping[str, str]) -> None:
    """Tell borrowers of this home where things are."""
    write_private(home.state_file, json.dumps(variables))


def lock(path: Path, kind: int) -> bool:
    """Hold a file lock until this process ends (however it ends); False when another holds it and `kind` won't wait."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, kind)
    except BlockingIOError:
        os.close(descriptor)
        return False
    _locks.append(descriptor)
    return True


def claim(home: Home) -> bool:
    """Become the one process that starts this home's engines."""
    home.make()
    claimed = lock(home.run / "owner.lock", fcntl.LOCK_EX | fcntl.LOCK_NB)
    if claimed:
        home.state_file.unlink(missing_ok=True)
    return claimed


def ensure_environment() -> None:
    """For `manage.py`: complete `os.environ`, borrowing or starting the embedded servers of `PILLING_HOME`."""
    if complete(os.environ):
        return
    home = Home.from_environment()
    variables = _start_own(home) if claim(home) else _borrow(home)
    os.environ.update(variables)


def _borrowed(home: Home) -> dict[str, str] | None:
    """What the owner published, which keeps its servers up until we end; None, and no hold on it, when it has not."""
    lock(home.run / "borrowers.lock", fcntl.LOCK_SH)
    state = home.read_state()
    if state is None:
        # The owner may be leaving: it waits for its borrowers, so whoever waits for the owner must not be one.
        os.close(_locks.pop())
    return state


def _start_own(home: Home) -> dict[str, str]:
    supervisor = Supervisor(say)
    atexit.register(_leave, home, supervisor, os.getpid())
    variables = start_environment(supervisor, home)
    publish(home, variables)
    return variables


def _leave(home: Home, supervisor: Supervisor, owner: int) -> None:
    if os.getpid() != owner:
        return
    home.state_file.unlink(missing_ok=True)
    lock(home.run / "borrowers.lock", fcntl.LOCK_EX)
    supervisor.stop()


def _borrow(home: Home) -> dict[str, str]:
    deadline = time.monotonic() + _BORROW_SECONDS
    while time.monotonic() < deadline:
        if state := _borrowed(home):
            return {name: value for name, value in state.items() if not os.environ.get(name)}
        if claim(home):
            return _start_own(home)
        time.sleep(0.2)
    raise RuntimeError(f"Another process has {home.root} and did not say where its servers are.")
