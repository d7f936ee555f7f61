"""blackbox-exporter, with the file and the question that production has, tells when nobody gets through nginx."""

import os
import re
import shutil
import ssl
import subprocess
import time
from urllib.parse import urlencode

import pytest
import requests
import yaml

from deploy.tests import compose
from deploy.tests.edge import Edge, needs_nginx
from sandbox.home import PROJECT
from sandbox.ports import free_port
from sandbox.process import spawn, wait_until

EXPORTER = shutil.which("prometheus-blackbox-exporter")
FOLDER = PROJECT / "deploy" / "prometheus"
JOBS = {job["job_name"]: job for job in yaml.safe_load((FOLDER / "prometheus.yml").read_text())["scrape_configs"]}
PARAMS = {name: value for name, (value,) in JOBS["edge"]["params"].items()}
needs_exporter = pytest.mark.skipif(EXPORTER is None, reason="needs Debian's package prometheus-blackbox-exporter")
EXPIRY = "probe_ssl_earliest_cert_expiry"


@pytest.fixture(scope="module")
def probe(tmp_path_factory):
    """What the exporter tells of an edge, asked as Prometheus asks it."""
    address = f"127.0.0.1:{free_port()}"
    command = [EXPORTER, f"--config.file={FOLDER / 'blackbox.yml'}", f"--web.listen-address={address}"]
    child = spawn("blackbox", command, log=tmp_path_factory.mktemp("blackbox") / "output.log")
    wait_until(lambda: healthy(address), child, seconds=60)
    yield lambda edge: told(address, edge)
    child.stop()


def healthy(address):
    (check,) = (part for part in compose.service("blackbox")["healthcheck"]["test"] if part.startswith("http"))
    try:
        return requests.get(check.replace("127.0.0.1:9115", address), timeout=5).ok
    except requests.ConnectionError:
        return False


def told(address, edge):
    target = PARAMS["target"].replace("//nginx/", f"//127.0.0.1:{edge.tls}/")
    question = urlencode(PARAMS | {"target": target})
    text = requests.get(f"http://{address}{JOBS['edge']['metrics_path']}?{question}", timeout=30).text
    return {name: float(value) for name, value in re.findall(r"^(\w+) (\S+)$", text, re.MULTILINE)}


@pytest.fixture
def another(tmp_path):
    """An nginx of its own, in front of nobody."""
    edge = Edge(tmp_path / "edge", [free_port()])
    yield edge
    edge.stop()


def certificates_end(edge):
    command = ["openssl", "x509", "-noout", "-enddate", "-in", edge.folder / "tls" / "fullchain.pem"]
    line = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return ssl.cert_time_to_seconds(line.strip().removeprefix("notAfter="))


@needs_nginx
@needs_exporter
def test_who_gets_through_is_told_with_the_certificates_end(probe, edge):
    found = probe(edge)
    assert (found["probe_success"], found["probe_http_status_code"]) == (1, 200)
    assert found[EXPIRY] == certificates_end(edge)


@needs_nginx
@needs_exporter
def test_a_502_of_nginxs_own_is_told(probe, another):
    another.start()
    found = probe(another)
    assert (found["probe_success"], found["probe_http_status_code"]) == (0, 502)
    assert found[EXPIRY] == certificates_end(another)


@needs_nginx
@needs_exporter
def test_a_dead_nginx_is_told(probe, another):
    found = probe(another)
    assert found["probe_success"] == 0
    assert found.get(EXPIRY, 0) == 0


@needs_nginx
@needs_exporter
@pytest.mark.skipif(shutil.which("faketime") is None, reason="needs Debian's package faketime")
def test_a_certificate_that_has_ended_is_still_read(probe, another, monkeypatch, tmp_path):
    real = shutil.which("openssl")
    (tmp_path / "openssl").write_text(f'#!/bin/sh\nexec faketime "9 days ago" {real} "$@"\n')
    (tmp_path / "openssl").chmod(0o755)
    with monkeypatch.context() as patch:
        patch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
        another._certify()
    another.start()
    end = certificates_end(another)
    assert end < time.time()
    assert probe(another)[EXPIRY] == end


def test_prometheus_asks_the_exporter_of_the_compose_file():
    exporter = compose.service("blackbox")
    assert JOBS["edge"]["static_configs"] == [{"targets": ["blackbox:9115"]}]
    assert PARAMS["module"] in yaml.safe_load((FOLDER / "blackbox.yml").read_text())["modules"]
    (file,) = (part.partition("=")[2] for part in exporter["command"] if part.startswith("--config.file="))
    assert exporter["volumes"] == [f"./deploy/prometheus/blackbox.yml:{file}:ro"]
    shared = {*exporter["networks"]} & {*compose.service("prometheus")["networks"]}
    assert shared & {*compose.service("nginx")["networks"]}
