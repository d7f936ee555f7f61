"""The whole product as in production, on embedded servers that keep what they promised, with nginx in front."""

import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
import psycopg2
import requests

from config.tests.running import wait_for
from deploy.tests.edge import HOST, Behind, Edge
from sandbox.engines.postgres import Postgres
from sandbox.home import PROJECT
from sandbox.process import Child, spawn

__all__ = ["HOST", "Site"]


class Durable(Behind):
    """With fsync on: what was acknowledged must be there after any death."""

    def __init__(self) -> None:
        super().__init__()
        self.postgres = Postgres(self.home)

    def _environment(self) -> dict[str, str]:
        return super()._environment() | {"L1_SECONDS": "30"}


class Site:
    def __init__(self) -> None:
        self.product = Durable()
        self.folder = Path(tempfile.mkdtemp(prefix="pilling-chaos-"))
        self.beats: list[Child] = []

    edge: Edge

    def start(self) -> None:
        self.product.start()
        self.edge = Edge(self.folder / "edge", [self.product.port])
        self.edge.start()
        self.start_beat()

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

    def processes_of(self, name: str) -> list[psutil.Process]:
        return psutil.Process(self.product.children[name].process.pid).children(recursive=True)

    def kill_worker(self) -> None:
        """The Celery worker and all of its processes, at once."""
        child = self.product.children["worker"]
        os.killpg(child.process.pid, signal.SIGKILL)
        child.process.wait(30)

    def ready(self) -> bool:
        return self.product._status("/readyz") == 200

    def wait_until_ready(self) -> None:
        wait_for(self.ready, seconds=60, why=self.product.output()[-2000:])

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

    def direct(self, path: str) -> requests.Response:
        """Past nginx, as nginx asks."""
        headers = {"Host": HOST, "X-Forwarded-Proto": "https"}
        return requests.get(self.product.address + path, headers=headers, timeout=30)

    def reminder_rounds(self) -> int:
        """How often beat has sent the reminder round, by its own notes."""
        with self.product.redis("broker") as client:
            notes = client.hget("pilling:beat:remind", "meta")
        return int(json.loads(notes).get("total_run_count", 0)) if notes else 0

    def quiet(self, seconds: float) -> None:
        time.sleep(seconds)
