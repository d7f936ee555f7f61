"""The manifests follow Kubernetes' own schemas, and say what the product needs."""

from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from deploy.tests import compose
from sandbox.home import PROJECT

FOLDER = PROJECT / "deploy" / "kubernetes"
BASE = yaml.safe_load((FOLDER / "base/kustomization.yaml").read_text())["resources"]
FILES = [*(FOLDER / "base" / name for name in BASE), FOLDER / "overlays/production/namespace.yaml"]
OBJECTS = [each for file in FILES for each in yaml.safe_load_all(file.read_text())]
VERSION = "1.32"


def name_of(each):
    return f"{each['kind']}/{each['metadata']['name']}"


def of_kind(*kinds):
    return [each for each in OBJECTS if each["kind"] in kinds]


def containers(each):
    return each["spec"]["template"]["spec"]["containers"]


@pytest.mark.parametrize("each", OBJECTS, ids=name_of)
def test_it_follows_the_schema(each):
    kubernetes_validate.validate(each, VERSION, strict=True)


def test_every_file_is_part_of_it():
    assert {Path(name).name for name in BASE} == {file.name for file in (FOLDER / "base").glob("*.yaml")} - {
        "kustomization.yaml"
    }


@pytest.mark.parametrize("each", of_kind("Deployment", "Job"), ids=name_of)
def test_every_container_is_bounded_and_may_do_little(each):
    for container in containers(each):
        assert {"requests", "limits"} <= container["resources"].keys()
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        assert container["securityContext"]["capabilities"]["drop"] == ["ALL"]


@pytest.mark.parametrize("each", of_kind("Service", "PodDisruptionBudget", "NetworkPolicy"), ids=name_of)
def test_what_selects_finds_somebody(each):
    spec = each["spec"]
    wanted = spec.get("selector") or spec["podSelector"]
    wanted = wanted.get("matchLabels", wanted)
    labels = [d["spec"]["template"]["metadata"]["labels"] for d in of_kind("Deployment")]
    assert any(wanted.items() <= each.items() for each in labels)


@pytest.mark.parametrize("each", of_kind("HorizontalPodAutoscaler"), ids=name_of)
def test_what_scales_is_there(each):
    names = {deployment["metadata"]["name"] for deployment in of_kind("Deployment")}
    assert each["spec"]["scaleTargetRef"]["name"] in names
    target = next(d for d in of_kind("Deployment") if d["metadata"]["name"] == each["spec"]["scaleTargetRef"]["name"])
    assert "replicas" not in target["spec"], "the scaler and the file would fight"


def test_the_same_commands_as_in_compose():
    """Queues and gunicorn's arguments; each queue has a worker."""
    (web,) = [d for d in of_kind("Deployment") if d["metadata"]["name"] == "web"]
    assert containers(web)[0]["args"] == compose.service("web")["command"]
    queues = {
        c["args"][c["args"].index("--queues") + 1]
        for d in of_kind("Deployment")
        for c in containers(d)
        if "worker" in c.get("args", [])
    }
    assert queues == {"people", "reminders", "batch"}


def test_nobody_is_killed_before_the_work_is_done():
    for each in of_kind("Deployment"):
        if each["metadata"]["name"].startswith("worker"):
            assert each["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] > 120
