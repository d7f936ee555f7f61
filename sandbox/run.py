"""`make run`: the whole product on a bare machine, until Ctrl-C."""

import os
import signal
import socket
import subprocess
import sys
import time
from types import FrameType
from typing import NoReturn

import requests

from sandbox import standin_process
from sandbox.environment import claim, publish, say, start_environment
from sandbox.home import PROJECT, Home
from sandbox.ports import free_port
from sandbox.process import Child, spawn, wait_until
from sandbox.supervisor import Service, Supervisor

_ADMIN = "admin-password"
_TARGET_OF_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Run:
    """One `make run`: its home, its port, its services."""

    def __init__(self, home: Home, port: int) -> None:
        self.home = home
        self.port = port
        self.supervisor = Supervisor(say)
        self.env = dict(os.environ)
        self.admin_password: str | None = None
        self.worker_metrics_port = free_port()

    def start(self) -> None:
        say("Starting PostgreSQL, Valkey and the stand-ins …")
        variables = start_environment(self.supervisor, self.home)
        variables |= {
            "PILLING_HOME": str(self.home.root),
            "ALLOWED_HOSTS": os.environ.get("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]"),
            "DEBUG": os.environ.get("DEBUG", "0"),
            "INSECURE_HTTP": os.environ.get("INSECURE_HTTP", "1"),
            "PROMETHEUS_MULTIPROC_DIR": str(self.home.run / "prometheus"),
            "PORT": str(self.port),
        }
        self.env |= variables
        for folder in ("prometheus", "prometheus-worker", "prometheus-beat"):
            (self.home.run / folder).mkdir(exist_ok=True)
        publish(self.home, variables)
        self._prepare()
        self._serve()

    def _prepare(self) -> None:
        say("Bringing the database up to date …")
        # With the ministry's own key the catalogue is the ministry's: our made-up label texts stay out of it.
        sample = "" if os.environ.get("DATA_GO_KR_SERVICE_KEY") else str(PROJECT / "sandbox" / "sample")
        data = os.environ.get("SANDBOX_DATA") or sample
        made = self.home.run / "admin-made"
        # Kept until it was shown: a first start may end before that.
        unseen = self.home.keeps(_ADMIN) or not made.exists()
        password = self.home.secret(_ADMIN, size=12) if unseen else ""
        command = [sys.executable, "-m", "sandbox.prepare", data]
        subprocess.run(command, env=self.env | {"DJANGO_SUPERUSER_PASSWORD": password}, cwd=PROJECT, check=True)
        if unseen and made.read_text() == "made":
            self.admin_password = password

    def _serve(self) -> None:
        python = [sys.executable, "-m"]
        celery = [*python, "celery", "-A", "config"]
        say("Starting gunicorn, the Celery worker and beat …")
        metrics = {
            "PROMETHEUS_MULTIPROC_DIR": str(self.home.run / "prometheus-worker"),
            "CELERY_METRICS_PORT": str(self.worker_metrics_port),
        }
        self._service("worker", [*celery, "worker", "--concurrency", "2", "--without-gossip"], **metrics)
        beat = [*celery, "beat", "--pidfile", ""]
        self._service("beat", beat, PROMETHEUS_MULTIPROC_DIR=str(self.home.run / "prometheus-beat"))
        self.supervisor.start(Service("gunicorn", self._start_gunicorn))

    def _service(self, name: str, command: list[str], **variables: str) -> None:
        log = self.home.logs / f"{name}.log"
        env = self.env | variables
        self.supervisor.start(Service(name, lambda: spawn(name, command, log=log, env=env, cwd=PROJECT)))

    def _start_gunicorn(self) -> Child:
        command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "config.wsgi"]
        child = spawn("gunicorn", command, log=self.home.logs / "gunicorn.log", env=self.env, cwd=PROJECT)
        wait_until(self._ready, child, seconds=180)
        return child

    def _ready(self) -> bool:
        try:
            return requests.get(f"http://127.0.0.1:{self.port}/readyz", timeout=2).ok
        except requests.RequestException:
            return False

    def announce(self) -> None:
        address = f"http://localhost:{self.port}"
        say(
            f"\nPilling is up: {address}\n"
            f"  search    curl -G {address}/api/v1/medicines --data-urlencode q=타이레놀\n"
            f"  API docs  {address}/api/docs\n"
            f"  login     {address}/login  (Kakao's stand-in asks which member you are; 1 has sample plans)\n"
            f"  admin     {address}/admin/  {self._admin_password()}\n"
            f"  metrics   {address}/metrics and http://localhost:{self.worker_metrics_port}/metrics (worker)\n"
            f"  stand-ins {self._standins()}\n"
            f"  logs      {self.home.logs}\n"
            "Ctrl-C stops everything."
        )
        self.home.forget(_ADMIN)

    def _admin_password(self) -> str:
        if self.admin_password is None:
            return "(user admin; its password was shown at the first start)"
        return f"user admin, password {self.admin_password} (shown this once)"

    def _standins(self) -> str:
        if not self.home.standins_file.exists():
            return "none"
        return f"{standin_process.urls(self.home)['control']} (faults are switched there)"

    def watch(self) -> NoReturn:
        while True:
            time.sleep(0.5)
            self.supervisor.watch_once()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _interrupt(signal_number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _stop(run: Run) -> None:
    for number in _TARGET_OF_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    say("\nStopping …")
    run.home.state_file.unlink(missing_ok=True)
    run.supervisor.stop()
    say("Stopped.")


def _wait_for_home(home: Home) -> bool:
    """A `manage.py` command may have the home for a moment; another `make run` has it for good."""
    for attempt in range(60):
        if claim(home):
            return True
        if attempt == 0:
            say(f"{home.root} is in use by another process; waiting for it …")
        time.sleep(1)
    return False


def _wait_for_port(port: int) -> None:
    """A run that was killed may still be closing it. RuntimeError when it is somebody else's."""
    for attempt in range(30):
        if _is_free(port):
            return
        if attempt == 0:
            say(f"Port {port} is in use by another process; waiting for it …")
        time.sleep(1)
    raise RuntimeError(f"Port {port} is still in use. Give this copy another: PORT=… make run")


def _port() -> int:
    given = os.environ.get("PORT") or "8000"
    if given.isascii() and given.isdigit() and 0 < int(given) < 65_536:
        return int(given)
    raise RuntimeError(f"PORT is no port number: {given}")


def _run(home: Home) -> int:
    run = Run(home, _port())
    try:
        _wait_for_port(run.port)
        run.start()
        run.announce()
        run.watch()
    except KeyboardInterrupt:
        return 0
    except (RuntimeError, subprocess.CalledProcessError) as error:
        say(str(error))
        return 1
    finally:
        _stop(run)


def main() -> int:
    home = Home.from_environment()
    try:
        if _wait_for_home(home):
            for number in _TARGET_OF_SIGNALS:
                signal.signal(number, _interrupt)
            return _run(home)
    except (RuntimeError, OSError) as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        return 0
    say(f"{home.root} is still in use. Give this copy its own: PILLING_HOME=… PORT=… make run")
    return 1


if __name__ == "__main__":
    sys.exit(main())
