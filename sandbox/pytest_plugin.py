"""Starts embedded servers in a fresh home for one test run, before Django reads its settings.

Settings are read while pytest loads its plugins, so the servers are started when this module is imported
(`-p sandbox.pytest_plugin`), and ended when the process ends. Variables that name servers are used as they are.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from sandbox.environment import claim, say, start_environment
from sandbox.home import Home
from sandbox.supervisor import Supervisor


def _start() -> None:
    home = Home(Path(tempfile.mkdtemp(prefix="pilling-test-")).resolve())
    supervisor = Supervisor(say)
    atexit.register(shutil.rmtree, home.root, ignore_errors=True)
    atexit.register(supervisor.stop)
    claim(home)
    # Whitenoise warns, and a warning fails a test, when the folder of collected files is missing.
    (home.root / "static").mkdir(exist_ok=True)
    # Tests start stand-ins of their own, in threads, so that each can switch faults without disturbing another.
    os.environ.update(start_environment(supervisor, home, durable=False, standins=False))
    os.environ.setdefault("PILLING_HOME", str(home.root))
    os.environ.setdefault("ALLOWED_HOSTS", "testserver,localhost,127.0.0.1")
    os.environ.setdefault("INSECURE_HTTP", "1")


_start()
