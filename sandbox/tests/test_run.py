"""`make run` as a person meets it: real processes in a home of their own."""

import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests

from sandbox.home import PROJECT
from sandbox.ports import free_port

SERVERS = ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL", "DJANGO_SECRET_KEY")


ORDINARY_USER = pwd.getpwnam("nobody")


def as_ordinary_user(command: list[str]) -> list[str]:
    """As root: another user, who may read the project wherever it lies, but write to his own home only."""
    if os.geteuid() != 0:
        return command
    setpriv = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
    return [*setpriv, "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search", "--", *command]


class Product:
    """One run of the product in `home`; the process group's members are found by the home in their environment."""

    def __init__(self, home: Path, port: int, output: Path, *, root: bool = True, **variables: str) -> None:
        self.home = home
        self.address = f"http://127.0.0.1:{port}"
        env = {name: value for name, value in os.environ.items() if name not in SERVERS}
        self.env = env | {"PILLING_HOME": str(home), "PORT": str(port), "WEB_CONCURRENCY": "1"} | variables
        self.output = output
        with output.open("w") as file:
            command = [sys.executable, "-m", "sandbox.run"]
            command = command if root else as_ordinary_user(command)
            self.process = subprocess.Popen(command, cwd=PROJECT, env=self.env, stdout=file, stderr=file)

    def manage(self, code: str) -> str:
        """What a person types in another window."""
        command = [sys.executable, "manage.py", "shell", "-v", "0", "-c", code]
        return subprocess.run(command, cwd=PROJECT, env=self.env, capture_output=True, text=True, check=True).stdout

    def wait(self) -> "Product":
        deadline = time.monotonic() + 250
        while "Pilling is up" not in self.said():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.2)
        return self

    def said(self) -> str:
        return self.output.read_text()

    def end(self, number: int) -> None:
        self.process.send_signal(number)
        self.process.wait(120)

    def left_processes(self) -> list[str]:
        shown = subprocess.run(["ps", "axeww", "-o", "pid,command"], capture_output=True, text=True).stdout
        return [line for line in shown.splitlines() if str(self.home) in line and " ps axeww" not in line]

    def servers(self) -> set[str]:
        """The process ids of PostgreSQL and both Valkeys."""
        kinds = ("bin/postgres -D", "valkey-server")
        return {line.split()[0] for line in self.left_processes() if any(kind in line for kind in kinds)}

    def wait_until_nothing_is_left(self) -> None:
        deadline = time.monotonic() + 120
        while self.left_processes() and time.monotonic() < deadline:
            time.sleep(0.2)
        assert self.left_processes() == []


def search(product: Product, q: str) -> dict:
    return requests.get(f"{product.address}/api/v1/medicines", params={"q": q}, timeout=60).json()


@pytest.fixture(scope="module")
def homes(tmp_path_factory):
    started: list[Product] = []
    folder = tmp_path_factory.mktemp("homes")

    def start(name: str, *, root: bool = True, **variables: str) -> Product:
        home = folder / name
        home.mkdir(exist_ok=True)
        if not root and os.geteuid() == 0:
            os.chown(home, ORDINARY_USER.pw_uid, ORDINARY_USER.pw_gid)
        output = folder / f"{name}-{len(started)}.out"
        started.append(Product(home, free_port(), output, root=root, **variables))
        return started[-1]

    yield start
    for product in started:
        if product.process.poll() is None:
            product.process.kill()
            product.process.wait()


@pytest.fixture(scope="module")
def first(homes):
    """The first start of a home, which the first tests share."""
    return homes("first").wait()


@pytest.fixture(scope="module")
def dump(tmp_path_factory):
    """Our sample and a row that is none."""
    data = tmp_path_factory.mktemp("data") / "dump"
    shutil.copytree(PROJECT / "sandbox" / "sample", data)
    with (data / "permit.jsonl").open("ab") as file:
        file.write(json.dumps({"ITEM_SEQ": "abc", "ITEM_NAME": "", "ENTP_NAME": ""}).encode() + b"\n")
    return data


@pytest.fixture(scope="module")
def blocked(homes, dump):
    """Another user's start on another server's port. It waits half a minute for it: meanwhile `first` comes up."""
    with ThreadingHTTPServer(("127.0.0.1", 0), SaysReady) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        yield homes("second", root=False, SANDBOX_DATA=str(dump), PORT=str(other.server_port))
        other.shutdown()


@pytest.fixture(scope="module")
def cut_off(homes, dump, blocked, first):
    """The next start of that home, killed before it was up."""
    blocked.process.wait(120)
    blocked.wait_until_nothing_is_left()
    started = homes("second", root=False, SANDBOX_DATA=str(dump))
    deadline = time.monotonic() + 200
    while "Starting gunicorn" not in started.said() and time.monotonic() < deadline:
        time.sleep(0.05)
    started.end(signal.SIGKILL)
    return started


@pytest.fixture(scope="module")
def second(homes, dump, cut_off):
    """The third start, which comes up beside `first`."""
    return homes("second", root=False, SANDBOX_DATA=str(dump)).wait()


COUNT = "from medicines.models import Medicine; print(Medicine.objects.count())"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_first_start_that_came_to_nothing_spoils_no_later_one(blocked, cut_off, second):
    """Another's port is not taken for ours, the password that nobody saw is still shown, bad rows stop nothing."""
    assert blocked.process.returncode == 1
    assert "Pilling is up" not in blocked.said()
    assert f"Port {blocked.env['PORT']} is still in use" in blocked.said()
    assert "user admin" not in cut_off.said()
    assert "permit.jsonl line 306" in cut_off.said()
    assert "user admin, password" in second.said()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_copies_of_two_users_do_not_disturb_each_other(first, second):
    assert search(second, "타이레놀")["results"]
    owners = {path.stat().st_uid for path in second.home.rglob("*")}
    assert owners == {ORDINARY_USER.pw_uid if os.geteuid() == 0 else os.geteuid()}
    second.end(signal.SIGINT)
    second.wait_until_nothing_is_left()
    assert search(first, "부루펜")["results"]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_it_runs_stops_without_a_trace_and_survives_a_kill(homes, first):
    assert search(first, "타이레놀")["results"]
    assert "user admin, password" in first.said()
    before = first.servers()
    assert len(before) == 3
    assert int(first.manage(COUNT)) > 150, "manage.py did not find the running servers"
    assert first.servers() == before
    assert search(first, "부루펜")["results"], "manage.py took the servers with it"
    first.end(signal.SIGINT)
    first.wait_until_nothing_is_left()
    assert int(first.manage(COUNT)) > 150, "manage.py did not start the servers for itself"
    first.wait_until_nothing_is_left()

    killed = homes("first").wait()
    assert "password was shown at the first start" in killed.said()
    assert search(killed, "타이레놀")["results"]
    killed.end(signal.SIGKILL)
    again = homes("first").wait()
    assert search(again, "타이레놀")["results"]
    again.end(signal.SIGTERM)
    again.wait_until_nothing_is_left()


class SaysReady(BaseHTTPRequestHandler):
    """Any other server: whatever it is asked, all is well."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.mark.parametrize("port", ["eight thousand", "0", "65536", "-1"])
def test_a_port_that_is_none_is_told(homes, port):
    refused = homes("refused", PORT=port)
    assert refused.process.wait(120) == 1
    assert "PORT is no port number" in refused.said()
    assert "Traceback" not in refused.said()
