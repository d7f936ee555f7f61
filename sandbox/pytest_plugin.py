"""Starts embedded servers in a fresh home for each process that runs tests, before Django reads its settings.

Settings are read while pytest loads its first conftest, so the servers are started just before that, and ended when
the process ends. Variables that name servers are used as they are. With `-n` the first process only hands out the
tests: it gets addresses where nothing listens, and each worker starts servers of its own. `SHARED` names a folder that
all of them share, for what is dear to make.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.environment import claim, say, start_environment
from sandbox.home import Home
from sandbox.supervisor import Supervisor

_NOWHERE = {
    "DJANGO_SECRET_KEY": "only-for-the-process-that-hands-out-tests",
    "DATABASE_URL": "postgresql://127.0.0.1:1/nowhere",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "CELERY_BROKER_URL": "redis://127.0.0.1:1/1",
}

SHARED = "PILLING_TEST_SHARED"


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    worker = "PYTEST_XDIST_WORKER" in os.environ
    if not worker:
        os.environ[SHARED] = _folder()
    if not worker and getattr(early_config.known_args_namespace, "numprocesses", None):
        os.environ.update({name: os.environ.get(name) or nowhere for name, nowhere in _NOWHERE.items()})
    else:
        start_servers()
    yield


def start_servers() -> None:
    """For this process and its children; whatever ends the process ends them."""
    for name in [name for name, nowhere in _NOWHERE.items() if os.environ.get(name) == nowhere]:
        del os.environ[name]
    home = Home(Path(_folder()).resolve())
    supervisor = Supervisor(say)
    atexit.register(supervisor.stop)
    claim(home)
    # Whitenoise warns, and a warning fails a test, when the folder of collected files is missing.
    (home.root / "static").mkdir(exist_ok=True)
    # Tests start stand-ins of their own, in threads, so that each can switch faults without disturbing another.
    os.environ.update(start_environment(supervisor, home, durable=False, standins=False))
    os.environ.setdefault("PILLING_HOME", str(home.root))
    os.environ.setdefault("ALLOWED_HOSTS", "testserver,localhost,127.0.0.1")
    os.environ.setdefault("INSECURE_HTTP", "1")


def _folder() -> str:
    """A new one, removed when this process ends."""
    folder = tempfile.mkdtemp(prefix="pilling-test-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
