"""The stand-ins as a process: its ports, its end, and what it does unless told otherwise."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from sandbox.standins import Standins
from sandbox.tests.test_standins_faults import ROOT, SAMPLE


def test_stop_frees_the_ports():
    standins = Standins(data=SAMPLE)
    standins.start()
    ports = standins.ports()
    standins.stop()
    with Standins(data=SAMPLE, ports=ports) as again:
        assert again.ports() == ports


def test_stop_ends_a_stalled_request():
    with Standins(data=SAMPLE) as standins, ThreadPoolExecutor(1) as pool:
        standins.set_fault("openai", "latency", seconds=3600)
        stalled = pool.submit(requests.get, standins.url("openai"), timeout=60)
        while not standins.calls("openai"):
            time.sleep(0.01)
        standins.stop()
        with pytest.raises(requests.ConnectionError):
            stalled.result()


def test_a_taken_port_is_replaced_by_another():
    with Standins(data=SAMPLE) as first, Standins(data=SAMPLE, ports=first.ports()) as second:
        assert not set(second.ports().values()) & set(first.ports().values())


@pytest.fixture
def start_process(tmp_path) -> Iterator[tuple[subprocess.Popen, dict]]:
    started: list[subprocess.Popen] = []

    def start() -> tuple[subprocess.Popen, dict]:
        file = tmp_path / "run" / "ports.json"
        written_before = file.stat().st_mtime_ns if file.exists() else None
        command = [sys.executable, "-m", "sandbox.standins", "--ports-file", str(file), "--set", "daily_quota=3"]
        environment = {**os.environ, "SANDBOX_DATA": str(SAMPLE)}
        started.append(subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL))
        while not file.exists() or file.stat().st_mtime_ns == written_before:
            assert started[-1].poll() is None
            time.sleep(0.05)
        return started[-1], json.loads(file.read_text())

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_process_writes_its_ports_ends_on_a_signal_and_takes_them_again(start_process, signum):
    process, ports = start_process()
    assert ports.keys() == {"control", "datagokr", "expo", "kakao", "kakao_local", "mfds_pictures", "openai"}
    state = requests.get(f"http://127.0.0.1:{ports['control']}/", timeout=60).json()
    assert state["datagokr"]["settings"]["daily_quota"] == 3
    process.send_signal(signum)
    assert process.wait(60) == 0
    again, same_ports = start_process()
    assert same_ports == ports
    assert again.poll() is None


def test_a_permit_detail_takes_four_seconds_unless_told_otherwise():
    assert Standins(data=SAMPLE)._vendors[0].seconds("getDrugPrdtPrmsnDtlInq06") == 4.0
    query = {"serviceKey": "sandbox-key", "type": "json"}
    with Standins(data=SAMPLE, detail_seconds=0) as standins:
        address = standins.url("datagokr") + "/1471000/DrugPrdtPrmsnInfoService07/getDrugPrdtPrmsnDtlInq06"
        assert requests.get(address, params=query, timeout=60).ok
        standins.set("permit_detail_seconds", 30)
        with pytest.raises(requests.ReadTimeout):
            requests.get(address, params=query, timeout=(10, 0.3))
