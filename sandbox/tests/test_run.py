"""`make run` as a person meets it: real processes in a home of their own."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from sandbox.home import PROJECT

SERVERS = ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL", "DJANGO_SECRET_KEY")


class Product:
    """One run of the product in `home`; the process group's members are found by the home in their environment."""

    def __init__(self, home: Path, port: int, output: Path) -> None:
        self.home = home
        self.address = f"http://127.0.0.1:{port}"
        env = {name: value for name, value in os.environ.items() if name not in SERVERS}
        env |= {"PILLING_HOME": str(home), "PORT": str(port), "WEB_CONCURRENCY": "1"}
        self.output = output
        with output.open("w") as file:
            command = [sys.executable, "-m", "sandbox.run"]
            self.process = subprocess.Popen(command, cwd=PROJECT, env=env, stdout=file, stderr=file)

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
        self.process.wait(60)

    def left_processes(self) -> list[str]:
        shown = subprocess.run(["ps", "axeww", "-o", "pid,command"], capture_output=True, text=True).stdout
        return [line for line in shown.splitlines() if str(self.home) in line and " ps axeww" not in line]

    def wait_until_nothing_is_left(self) -> None:
        deadline = time.monotonic() + 40
        while self.left_processes() and time.monotonic() < deadline:
            time.sleep(0.2)
        assert self.left_processes() == []


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def search(product: Product, q: str) -> dict:
    return requests.get(f"{product.address}/api/v1/medicines", params={"q": q}, timeout=10).json()


@pytest.fixture
def homes(tmp_path):
    started: list[Product] = []

    def start(name: str) -> Product:
        output = tmp_path / f"{name}-{len(started)}.out"
        started.append(Product(tmp_path / name, free_port(), output))
        return started[-1]

    yield start
    for product in started:
        if product.process.poll() is None:
            product.process.kill()
            product.process.wait()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_it_runs_stops_without_a_trace_and_survives_a_kill(homes):
    first = homes("a").wait()
    assert search(first, "타이레놀")["results"]
    assert "user admin, password" in first.said()
    first.end(signal.SIGINT)
    first.wait_until_nothing_is_left()

    killed = homes("a").wait()
    assert search(killed, "타이레놀")["results"]
    killed.end(signal.SIGKILL)
    again = homes("a").wait()
    assert search(again, "타이레놀")["results"]
    again.end(signal.SIGTERM)
    again.wait_until_nothing_is_left()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_copies_do_not_disturb_each_other(homes):
    first, second = homes("a"), homes("b")
    first.wait()
    second.wait()
    first.end(signal.SIGINT)
    assert search(second, "타이레놀")["results"]
    second.end(signal.SIGINT)
    second.wait_until_nothing_is_left()
