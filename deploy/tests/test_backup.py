"""Backups with the real scripts and the real server: encrypted, tried, and good for any moment since."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import psycopg2
import pytest

from config.tests.running import wait_for
from deploy.tests import compose
from sandbox.engines.postgres import _BINARIES, Postgres
from sandbox.home import PROJECT, Home
from sandbox.process import run_as_root, spawn, unprivileged

SCRIPTS = PROJECT / "deploy" / "backup"
RUNBOOK = (PROJECT / "docs" / "runbook.md").read_text()
pytestmark = [pytest.mark.slow, pytest.mark.skipif(shutil.which("gpg") is None, reason="needs Debian's package gnupg")]


class Archiving(Postgres):
    """Writes its WAL away as the compose file's `db` does."""

    variables: dict[str, str]

    def _command(self) -> list[str]:
        # A server that is restored somewhere else, without this file's options, takes fewer connections than this one.
        connections = next(part for part in compose.service("db")["command"] if part.startswith("max_connections="))
        settings = {"archive_mode": "on", "archive_command": f"{SCRIPTS}/archive_wal %p %f"}
        settings |= dict([connections.split("=")])
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        named = [f"{name}={value}" for name, value in self.variables.items()]
        return ["env", *named, *super()._command(), *options]


class Site:
    """A server with a table, and folders that belong to whom it runs as."""

    def __init__(self) -> None:
        self.home = Home(Path(tempfile.mkdtemp(prefix="pilling-backup-")).resolve())
        self.home.make()
        self.folder = Path(tempfile.mkdtemp(prefix="pilling-backups-"))
        self.temporary = self.folder / "tmp"
        for name in ("wal", "backups", "trial", "tmp"):
            (self.folder / name).mkdir()
        (self.folder / "passphrase").write_text("a long passphrase of the test\n")
        if run_as_root():
            for path in (self.folder, *self.folder.iterdir()):
                shutil.chown(path, "nobody", "nogroup")
        self.postgres = Archiving(self.home, durable=False)
        self.variables = {
            "PATH": f"{_BINARIES}:/usr/bin:/bin",
            "BACKUP_PASSPHRASE_FILE": str(self.folder / "passphrase"),
            "WAL_ARCHIVE": str(self.folder / "wal"),
            "BACKUPS": str(self.folder / "backups"),
            "TRIAL": str(self.folder / "trial"),
            "TMPDIR": str(self.folder / "tmp"),
            "PGHOST": str(self.postgres.sockets),
            "PGUSER": "pilling",
            "PGDATABASE": "pilling",
            "PGPASSWORD": self.home.secret("postgres"),
            "LANG": "C.UTF-8",
        }
        self.postgres.variables = {k: v for k, v in self.variables.items() if not k.startswith("PG")}
        self.child = self.postgres.start()

    def run(self, script: str, *arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
        command = [str(SCRIPTS / script), *map(str, arguments)]
        command = unprivileged(command) if run_as_root() else command
        return subprocess.run(command, env=self.variables | variables, capture_output=True, text=True, timeout=100)

    def sql(self, statement: str) -> list[tuple]:
        with contextlib.closing(psycopg2.connect(self.postgres.url())) as connection:
            connection.autocommit = True
            cursor = connection.cursor()
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def base(self) -> Path:
        done = self.run("base")
        assert done.returncode == 0, done.stderr
        return Path(done.stdout.strip())

    def archived(self) -> None:
        """Until what was written so far is in the archive."""
        self.sql("SELECT pg_logical_emit_message(true, 'test', 'so that there is something to switch from')")
        (name,) = self.sql("SELECT pg_walfile_name(pg_switch_wal())")[0]
        wait_for((self.folder / "wal" / f"{name}.gpg").exists, why=self.child.log_tail())

    def waiting(self) -> int | None:
        """Since when the oldest file waits for the archive, None when none does."""
        oldest = "SELECT extract(epoch FROM min(modification))::bigint FROM pg_ls_archive_statusdir()"
        return self.sql(f"{oldest} WHERE name LIKE '%.ready'")[0][0]

    def block_next(self) -> Path:
        """Another file lies in the archive where the next one belongs: PostgreSQL's is refused until that is gone."""
        name = self.sql("SELECT pg_walfile_name(pg_current_wal_insert_lsn())")[0][0]
        blocked = self.folder / "wal" / f"{name}.gpg"
        blocked.write_text("not this server's")
        self.sql("SELECT pg_logical_emit_message(true, 'test', 'something'); SELECT pg_switch_wal()")
        return blocked

    def rows_at(self, base: Path, moment: str) -> list[tuple]:
        """What the table held then, read from a server restored to that moment."""
        data = self.folder / "trial" / "then"
        done = self.run("restore", base, data, moment)
        assert done.returncode == 0, done.stderr
        (options,) = re.findall(r'pg_ctl -D then [^"]*-o "(.+?)" start', RUNBOOK)
        assert "listen_addresses= " in options, "nobody else reaches it"
        options = options.replace("=/tmp", f"={self.temporary}")
        start = [
            str(_BINARIES / "pg_ctl"),
            "-D",
            str(data),
            "-w",
            "-l",
            str(self.temporary / "log"),
            "start",
            "-o",
            options,
        ]
        stop = [str(_BINARIES / "pg_ctl"), "-D", str(data), "-m", "fast", "stop"]
        as_user = unprivileged if run_as_root() else list
        subprocess.run(as_user(start), env=self.variables, check=True, capture_output=True)
        try:
            password = self.home.secret("postgres")
            given = {"host": str(self.temporary), "user": "pilling", "password": password, "dbname": "pilling"}
            ready = [str(_BINARIES / "pg_isready"), "-q", "-h", str(self.temporary)]
            wait_for(lambda: subprocess.run(ready, env=self.variables).returncode == 0)
            with contextlib.closing(psycopg2.connect(**given)) as connection:
                cursor = connection.cursor()
                cursor.execute("SELECT id FROM medicine ORDER BY id")
                return cursor.fetchall()
        finally:
            subprocess.run(as_user(stop), env=self.variables, check=True, capture_output=True)

    def stop(self) -> None:
        self.child.stop()
        shutil.rmtree(self.home.root, ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture(scope="module")
def site():
    running = Site()
    try:
        running.sql("CREATE TABLE django_migrations AS SELECT 1 AS id")
        running.sql("CREATE TABLE medicine AS SELECT 1 AS id, 'sentinel-of-the-test' AS name")
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def base(site):
    """A backup that all share who only read one: making one takes a second or two."""
    return site.base()


def test_a_backup_is_made_tried_and_told(site):
    done = site.run("run")
    assert done.returncode == 0, done.stderr
    assert "1 medicines, 1 migrations" in done.stdout
    metric = (site.folder / "backups" / "metrics" / "backup.prom").read_text()
    assert metric.startswith("backup_last_success_timestamp_seconds ")
    assert not list((site.folder / "trial").glob("data*"))


def told(site):
    """Until when the archive has everything, as it was told."""
    done = site.run("tell_archive")
    assert done.returncode == 0, done.stderr
    name, value = (site.folder / "backups" / "metrics" / "archive.prom").read_text().split()
    assert name == "wal_archived_until_timestamp_seconds"
    return int(value)


def now(site):
    return site.sql("SELECT extract(epoch FROM now())::bigint")[0][0]


def test_an_archive_that_cannot_be_written_is_told_until_it_can(site):
    site.archived()
    wait_for(lambda: not site.waiting())
    before = now(site)
    assert told(site) >= before, "nothing waits, however long nothing was written"
    blocked = site.block_next()
    wait_for(site.waiting)
    site.sql("SELECT pg_sleep(2.1)")
    assert told(site) < now(site) - 1
    assert told(site) == site.waiting()
    blocked.unlink()
    site.archived()  # another file: PostgreSQL tries again at once
    wait_for(lambda: not site.waiting(), why=site.child.log_tail())
    since = now(site)
    assert told(site) >= since


def test_the_schedule_tells_by_itself_how_old_the_archive_is(site):
    file = site.folder / "backups" / "metrics" / "archive.prom"
    file.unlink(missing_ok=True)
    command = [str(SCRIPTS / "schedule")]
    command = unprivileged(command) if run_as_root() else command
    running = spawn("schedule", command, log=site.home.logs / "schedule.log", env=site.variables)
    try:
        wait_for(file.exists, why=running.log_tail())
    finally:
        os.killpg(running.process.pid, signal.SIGKILL)
        running.process.wait()


@pytest.mark.usefixtures("base")
def test_nothing_leaves_the_server_in_the_clear(site):
    site.archived()
    files = [*(site.folder / "backups").glob("base-*"), *(site.folder / "wal").iterdir()]
    assert len(files) >= 2
    assert all(file.suffix == ".gpg" and b"sentinel-of-the-test" not in file.read_bytes() for file in files)
    assert all(file.stat().st_mode & 0o077 == 0 for file in files)


def test_a_quiet_minute_costs_the_archive_little(site):
    """PostgreSQL hands over 16 MB each minute in which anything was written: 23 GB a day."""
    site.archived()
    site.archived()
    newest = max((site.folder / "wal").glob("0*.gpg"), key=lambda file: file.name)
    assert newest.stat().st_size < 1_000_000


def test_any_moment_since_the_backup_can_be_had_again(site):
    base = site.base()
    site.sql("INSERT INTO medicine VALUES (2, 'after the backup')")
    (moment,) = site.sql("SELECT clock_timestamp()::text")[0]
    site.sql("SELECT pg_sleep(0.1)")
    site.sql("DELETE FROM medicine")  # the mistake
    site.archived()
    assert site.rows_at(base, moment) == [(1,), (2,)]
    site.sql("INSERT INTO medicine VALUES (1, 'again')")


def test_a_backup_that_breaks_off_gets_no_name_of_one(site):
    """The server goes away in the middle: gzip and gpg end well with what they have got by then."""
    broken = site.temporary / "bin"
    broken.mkdir()
    (broken / "pg_basebackup").write_text(f'#!/bin/sh\n"{_BINARIES}/pg_basebackup" "$@" | head -c 2000000\nexit 1\n')
    (broken / "pg_basebackup").chmod(0o755)
    before = set((site.folder / "backups").glob("base-*.gpg"))
    done = site.run("base", PATH=f"{broken}:{site.variables['PATH']}")
    assert (done.returncode, done.stdout) == (1, "")
    assert set((site.folder / "backups").glob("base-*.gpg")) == before
    assert site.base() not in before
    assert not list((site.folder / "backups").glob("*.partial"))


def test_a_damaged_backup_is_noticed(site, base):
    whole, damaged = base.read_bytes(), site.temporary / base.name
    damaged.write_bytes(whole[: len(whole) // 2] + b"\0" + whole[len(whole) // 2 + 1 :])
    assert site.run("trial", damaged, site.folder / "trial").returncode != 0


def test_another_passphrase_opens_nothing(site, base):
    wrong = site.folder / "tmp" / "wrong"
    wrong.write_text("another\n")
    done = site.run("restore", base, site.folder / "trial" / "wrong", BACKUP_PASSPHRASE_FILE=str(wrong))
    assert done.returncode != 0


def test_wal_that_is_there_is_never_overwritten(site):
    site.archived()
    kept = next((site.folder / "wal").glob("0*.gpg"))
    other = site.folder / "tmp" / "other"
    other.write_bytes(b"something else")
    assert site.run("archive_wal", other, kept.name.removesuffix(".gpg")).returncode != 0
    assert os.path.getsize(kept) > 0
