"""The whole product as in production, on embedded servers that keep what they promised, with nginx in front."""

import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg2
import requests

from config.tests.running import wait_for
from config.tests.standby import Standby
from deploy.tests.edge import HOST, Behind, Edge
from sandbox.engines.postgres import Postgres
from sandbox.home import PROJECT
from sandbox.process import Child, spawn

__all__ = ["HOST", "Site"]


class Durable(Behind):
    """With fsync on: what was acknowledged must be there after any death. And with a replica of the catalogue."""

    concurrency = 2

    def __init__(self) -> None:
        super().__init__()
        self.postgres = Postgres(self.home)
        self.standby = Standby(self.postgres)

    def _environment(self) -> dict[str, str]:
        return super()._environment() | {"L1_SECONDS": "30", "DATABASE_REPLICA_URL": self.standby.url()}

    def _fill(self) -> None:
        super()._fill()
        self.standby.up()

    def stop(self) -> None:
        if hasattr(self.standby, "child"):
            self.standby.child.stop()
        super().stop()


class Site:
    def __init__(self) -> None:
        self.product = Durable()
        self.folder = Path(tempfile.mkdtemp(prefix="pilling-chaos-"))
        self.beats: list[Child] = []

    edge: Edge

    def start(self) -> None:
        self.product.start()
        self.edge = Edge(self.folder / "edge", self.product.own_ports, shared=self.product.port)
        self.edge.start()
        self.start_beat()
        self.patient = self.sign_in(40)
        self._register_phone()

    def stop(self) -> None:
        for beat in self.beats:
            beat.stop()
        if hasattr(self, "edge"):
            self.edge.stop()
        self.product.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- processes ---

    def start_beat(self) -> Child:
        command = [sys.executable, "-m", "celery", "-A", "config", "beat", "--pidfile", ""]
        log = self.product.home.logs / f"beat-{len(self.beats)}.log"
        self.beats.append(spawn("beat", command, log=log, env=self.product.env, cwd=PROJECT))
        return self.beats[-1]

    def web_workers(self) -> list[psutil.Process]:
        return psutil.Process(self.product.children["gunicorn"].process.pid).children()

    def kill_worker(self) -> None:
        """The Celery worker and all of its processes, at once."""
        child = self.product.children["worker"]
        os.killpg(child.process.pid, signal.SIGKILL)
        child.process.wait(30)

    @contextlib.contextmanager
    def another_worker(self, variables: dict[str, str]) -> Iterator[None]:
        child = self.product.start_worker(**variables)
        try:
            yield
        finally:
            child.stop()

    def let_tasks_fail(self, *tasks: str) -> None:
        """Send them, and wait until the worker has taken them up and given the longest of them, a mirror's, up."""
        for task in tasks:
            self.product.send(task)
        wait_for(lambda: not self._waiting(), seconds=40, why="the worker takes nothing up")
        time.sleep(1)
        wait_for(lambda: not self._is_mirroring(), seconds=40, why="the mirror does not end")

    def _waiting(self) -> int:
        with self.product.redis("broker") as client:
            return sum(int(client.llen(queue)) for queue in ("people", "reminders", "batch"))

    def _is_mirroring(self) -> bool:
        with self.product.redis("broker") as client:
            return bool(client.exists("pilling:lock:mirror:pharmacies"))

    def mend(self) -> None:
        """Whatever a fault has left: everything runs, and says so."""
        self.product.standins.clear_faults()
        if not self.standby.child.alive():
            self.standby.up()
        self.product.revive()
        wait_for(lambda: self.status("/readyz") == 200, seconds=60, why=self.product.output()[-2000:])

    @property
    def standby(self) -> Standby:
        return self.product.standby

    def status(self, path: str, *, address: str = "") -> int:
        """0 when there is no answer."""
        try:
            return requests.get((address or self.product.address) + path, timeout=5).status_code
        except requests.RequestException:
            return 0

    # --- asking past the people ---

    def sign_in(self, number: int) -> str:
        answer = self.edge.ask(
            "/api/v1/auth/kakao", method="POST", body=b'{"access_token": "sandbox-user-%d"}' % (number + 1),
            Content_Type="application/json",
        )  # fmt: skip
        assert answer.status == 200, answer.body
        token: str = answer.json()["access"]
        return token

    def column(self, statement: str) -> list[Any]:
        with contextlib.closing(psycopg2.connect(self.product.postgres.url())) as connection:
            cursor = connection.cursor()
            cursor.execute(statement)
            return [row[0] for row in cursor.fetchall()]

    def direct(self, path: str, *, address: str = "", body: object = None, token: str = "") -> requests.Response:
        """Past nginx, as nginx asks; POST with a body. `address`: another web's."""
        headers = {"Host": HOST, "X-Forwarded-Proto": "https"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        url, method = (address or self.product.address) + path, "GET" if body is None else "POST"
        return requests.request(method, url, json=body, headers=headers, timeout=30)

    def _register_phone(self) -> None:
        body = {"token": "ExponentPushToken[chaos]", "platform": "android"}
        answer = self.direct("/api/v1/devices", body=body, token=self.patient)
        assert answer.status_code in (200, 201), answer.text

    def reminder_rounds(self) -> int:
        """How often beat has sent the reminder round, by its own notes."""
        with self.product.redis("broker") as client:
            notes = client.hget("pilling:beat:remind", "meta")
        return int(json.loads(notes).get("total_run_count", 0)) if notes else 0
