"""A streaming replica of an embedded PostgreSQL, which a test may kill, hold back and cut off."""

import contextlib
import os
import shutil
import signal
import subprocess
from typing import Any

import psycopg2

from config.tests.running import wait_for
from sandbox.engines.postgres import _BINARIES, Postgres
from sandbox.process import Child


class Standby(Postgres):
    """Made by pg_basebackup, as the runbook says; `child` is its process."""

    child: Child

    def __init__(self, primary: Postgres) -> None:
        super().__init__(primary.home, durable=False)
        self.primary = primary
        self.data = self.home.root / "standby"
        self.sockets = self.home.sockets / "sb"

    def _create_cluster(self) -> None:
        self._make_folder(self.data)
        command = [str(_BINARIES / "pg_basebackup"), "-d", self.primary.url("postgres"), "-D", str(self.data), "-R",
                   "-X", "stream", "-c", "fast"]  # fmt: skip
        made = subprocess.run(self._as_user(command), env=os.environ, capture_output=True, text=True, timeout=100)
        assert made.returncode == 0, made.stderr

    def up(self) -> None:
        self.child = self.start()

    def kill(self) -> None:
        """Gone at once, as after a crash."""
        self.child.process.send_signal(signal.SIGQUIT)
        self.child.process.wait(60)

    def remove(self) -> None:
        self.child.stop()
        shutil.rmtree(self.data, ignore_errors=True)

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        with contextlib.closing(psycopg2.connect(self.url())) as connection:
            connection.autocommit = True
            cursor = connection.cursor()
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def hold_back(self) -> None:
        """It receives, and replays nothing."""
        self.sql("SELECT pg_wal_replay_pause()")
        wait_for(lambda: self.sql("SELECT pg_get_wal_replay_pause_state()") == [("paused",)])

    def go_on(self) -> None:
        self.sql("SELECT pg_wal_replay_resume()")

    def cut_off(self) -> str:
        """It receives nothing more; returns what `joined` needs."""
        primary = str(self.sql("SHOW primary_conninfo")[0][0])
        self._follow("")
        wait_for(lambda: self.sql("SELECT pid FROM pg_stat_wal_receiver") == [])
        return primary

    def joined(self, primary: str) -> None:
        self._follow(primary)

    def _follow(self, primary: str) -> None:
        escaped = primary.replace("'", "''")
        self.sql(f"ALTER SYSTEM SET primary_conninfo = '{escaped}'")
        self.sql("SELECT pg_reload_conf()")
