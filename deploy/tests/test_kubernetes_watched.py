"""Prometheus in Kubernetes finds who is measured, under the names that rules go by."""

import json
import re
import shutil

import pytest
import yaml

from deploy.tests.test_kubernetes import FOLDER, OBJECTS, containers, of_kind
from deploy.tests.test_monitoring import RULES, needs_promtool, promtool
from sandbox.home import PROJECT

FILE = FOLDER / "prometheus.yml"
CONFIG = yaml.safe_load(FILE.read_text())
JOBS = {job["job_name"]: job for job in CONFIG["scrape_configs"]}
NAMESPACE = yaml.safe_load((FOLDER / "overlays/production/kustomization.yaml").read_text())["namespace"]
ENDED = "worker-batch"


def meta(name, values):
    return {f"__meta_kubernetes_{name}_{re.sub(r'[^a-z0-9]', '_', key)}": value for key, value in values.items()}


def pods():
    """Each port of each pod, as Prometheus' discovery tells it: one of each deployment, and one that has ended."""
    for number, each in enumerate(of_kind("Deployment"), start=1):
        name = each["metadata"]["name"]
        yield from ports_of(each, f"{name}-1", f"10.1.0.{number}", "Running")
        if name == ENDED:
            yield from ports_of(each, f"{name}-2", "10.1.1.1", "Failed")


def ports_of(each, pod, address, phase):
    template = each["spec"]["template"]["metadata"]
    told = meta("pod_label", template["labels"]) | meta("pod_annotation", template.get("annotations", {}))
    told |= {"__meta_kubernetes_namespace": NAMESPACE} | meta("pod", {"name": pod, "phase": phase})
    for container in containers(each):
        for port in container.get("ports", [{}]):
            number = str(port.get("containerPort", ""))
            where = f"{address}:{number}".rstrip(":")
            yield {"targets": [where], "labels": told | meta("pod_container_port", {"number": number})}


def offline(folder, targets):
    """The configuration, told of pods by the manifests: Debian's Prometheus knows no Kubernetes."""
    job = {**JOBS["pods"], "static_configs": targets}
    assert job.pop("kubernetes_sd_configs") == [{"role": "pod", "namespaces": {"names": [NAMESPACE]}}]
    jobs = [job, *(other for name, other in JOBS.items() if name != "pods")]
    file = folder / "prometheus.yml"
    file.write_text(yaml.safe_dump(CONFIG | {"scrape_configs": jobs}))
    return file


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """The labels of what stays, by pod."""
    file = offline(tmp_path_factory.mktemp("prometheus"), list(pods()))
    copy_rules(file.parent)
    done = promtool("check", "service-discovery", file, "pods")
    assert done.returncode == 0, done.stdout + done.stderr
    stays = [each["labels"] for each in json.loads(done.stdout) if each.get("labels")]
    assert len({each["pod"] for each in stays}) == len(stays), "each pod once"
    return {each["pod"]: each for each in stays}


def copy_rules(folder):
    for name in CONFIG["rule_files"]:
        shutil.copy(PROJECT / "deploy" / "prometheus" / name, folder)


@needs_promtool
def test_prometheus_takes_it_beside_the_rules(tmp_path):
    copy_rules(tmp_path)
    done = promtool("check", "config", offline(tmp_path, []))
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(CONFIG['rule_files'])} rule files found" in done.stdout


@needs_promtool
def test_the_web_and_every_worker_are_found_and_nobody_else(found):
    who = {pod: (each["job"], each["__address__"].partition(":")[2]) for pod, each in found.items()}
    workers = {
        f"{d['metadata']['name']}-1" for d in of_kind("Deployment") if d["metadata"]["name"].startswith("worker-")
    }
    assert len(workers) == 3
    assert who == {"web-1": ("web", "8000")} | dict.fromkeys(workers, ("worker", "9808"))
    assert f"{ENDED}-2" not in found


@needs_promtool
def test_they_have_the_labels_that_scalers_and_people_ask_by(found):
    for pod, each in found.items():
        assert (each["namespace"], each["pod"], each["instance"]) == (NAMESPACE, pod, pod)


@needs_promtool
def test_every_job_that_an_alert_looks_at_is_there(found):
    asked = {job for rule in RULES for job in re.findall(r'job="(\w+)"', rule["expr"])}
    assert {"web", "worker", "edge"} <= asked
    assert asked <= {each["job"] for each in found.values()} | JOBS.keys()


def test_alerts_that_are_left_out_are_those_of_the_compose_files_backup():
    (rule,) = CONFIG["alerting"]["alert_relabel_configs"]
    assert (rule["action"], rule["source_labels"]) == ("drop", ["alertname"])
    measured_there = {each["alert"] for each in RULES if re.search(r"absent\((backup|wal)_", each["expr"])}
    assert set(rule["regex"].split("|")) == measured_there


def test_nginx_is_asked_as_in_compose():
    job = JOBS["edge"]
    (there,) = (
        job
        for job in yaml.safe_load((PROJECT / "deploy/prometheus/prometheus.yml").read_text())["scrape_configs"]
        if job["job_name"] == "edge"
    )
    (target,) = there["params"]["target"]
    moved = target.replace("//nginx/", f"//nginx.{NAMESPACE}/")
    assert job == {**there, "params": there["params"] | {"target": [moved]}}
    (service,) = (each for each in OBJECTS if each["kind"] == "Service" and each["metadata"]["name"] == "nginx")
    assert 443 in {port["port"] for port in service["spec"]["ports"]}
