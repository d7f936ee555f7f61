"""A machine that runs the compose file's processes without an engine: built image, real commands, embedded servers.

What only a container has is replaced: `/run/secrets`, `/var/lib` and `/tmp` by folders, names of other services by
addresses.
"""

import re
import socket
import subprocess
import tempfile
from pathlib import Path

from config.tests.running import wait_for
from deploy.tests import compose
from deploy.tests.image import Build, clean
from sandbox.engines.postgres import Postgres
from sandbox.engines.valkey import Valkey
from sandbox.home import PROJECT, Home
from sandbox.ports import free_port
from sandbox.process import Child, spawn


class Machine:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = Home(Path(tempfile.mkdtemp(prefix="pilling-machine-")).resolve())
        self.home.make()
        self.image = Build(PROJECT, folder / "image").run()["pilling"]
        self.port = free_port()
        self.own_ports = [free_port(), free_port()]
        self.metrics = {name: free_port() for name in ("celery", "celery-reminders", "celery-batch")}
        self.postgres = Postgres(self.home, durable=False)
        self.redis = {"redis": Valkey(self.home, "cache"), "redis-broker": Valkey(self.home, "broker")}
        self.children = [self.postgres.start(), *(server.start() for server in self.redis.values())]
        self.running: dict[str, Child] = {}
        self.found_well: set[str] = set()
        self._write_secrets()

    def _write_secrets(self) -> None:
        (self.folder / "secrets").mkdir()
        (self.folder / "tmp").mkdir()
        for name in compose.load()["secrets"]:
            (self.folder / "secrets" / name).write_text("\n")
        (self.folder / "secrets" / "django_secret_key").write_text(self.home.secret("django") + "\n")
        (self.folder / "secrets" / "database_url").write_text(self.postgres.url() + "\n")

    def environment(self, service: str) -> dict[str, str]:
        here = {
            "REDIS_URL": self.redis["redis"].url,
            "CELERY_BROKER_URL": self.redis["redis-broker"].url,
            "GUNICORN_BIND": f"127.0.0.1:{self.port}",
            "WEB_PORTS": " ".join(map(str, self.own_ports)),
            "CELERY_METRICS_PORT": str(self.metrics.get(service, 0)),
        }
        given = {name: here.get(name, value) for name, value in compose.service(service)["environment"].items()}
        given = {name: self._here(value, service) for name, value in given.items()}
        path = self.image.env["PATH"].replace("$PATH", clean()["PATH"])
        return clean() | self.image.env | given | {"PATH": path, "HOSTNAME": socket.gethostname()}

    def _here(self, value: str, service: str) -> str:
        value = re.sub(r"^/run/secrets/", f"{self.folder}/secrets/", value)
        value = re.sub(r"^/var/lib/", f"{self.folder}/lib/", value)
        return value if str(self.folder) in value else re.sub(r"^/tmp/", f"{self.folder}/tmp/{service}-", value)  # noqa: S108

    def start(self, service: str) -> Child:
        command, log = self._found(compose.service(service)["command"]), self.folder / f"{service}.log"
        child = spawn(service, command, log=log, env=self.environment(service), cwd=self.image.place("."))
        self.children.append(child)
        self.running[service] = child
        self.found_well.discard(service)
        return child

    def once(self, service: str, command: list[str]) -> subprocess.CompletedProcess[str]:
        env = self.environment(service)
        return subprocess.run(
            self._found(command), env=env, cwd=self.image.place("."), capture_output=True, text=True, timeout=90
        )

    def is_well(self, service: str) -> bool:
        """By its own health check: the compose file's, or the image's."""
        kind, *test = compose.service(service).get("healthcheck", {}).get("test", ["CMD", *self.image.health])
        command = ["sh", "-c", test[0].replace("$$", "$")] if kind == "CMD-SHELL" else test
        return self.once(service, command).returncode == 0

    def wait_until_well(self, service: str) -> None:
        """By its check once; after that it only has to be alive, since a worker's check takes seconds."""
        if service in self.found_well:
            assert self.running[service].alive(), self.running[service].log_tail()
            return
        log = self.folder / f"{service}.log"
        wait_for(lambda: self.is_well(service), seconds=90, why=log.read_text()[-3000:] if log.exists() else "")
        self.found_well.add(service)

    def _found(self, command: list[str]) -> list[str]:
        """With the program looked up where the image looks."""
        ours = self.folder / "image" / "pilling" / "opt" / "venv" / "bin" / command[0]
        return [str(ours) if ours.exists() else command[0], *map(str, command[1:])]

    def stop(self) -> None:
        for child in reversed(self.children):
            child.stop(patience=25)
        for server in self.redis.values():
            server.socket.unlink(missing_ok=True)
