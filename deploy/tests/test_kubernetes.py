"""The manifests follow Kubernetes' own schemas, and say what the product needs."""

import re
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


@pytest.mark.parametrize("each", of_kind("Deployment", "Job"), ids=name_of)
def test_everybody_reaches_nginx_alone(each):
    """Whom a policy selects is closed to all that no policy lets in."""
    labels = each["spec"]["template"]["metadata"]["labels"]
    policies = [p["spec"] for p in of_kind("NetworkPolicy")]
    own = [p for p in policies if p["podSelector"].get("matchLabels", {}).items() <= labels.items()]
    assert own
    rules = [rule for policy in own for rule in policy["ingress"]]
    assert any("from" not in rule for rule in rules) == (labels["app"] == "nginx")
    # Ports by a name that some container has.
    named = {port["name"] for container in containers(each) for port in container.get("ports", [])}
    let_in = {port["port"] for rule in rules for port in rule["ports"]}
    assert named <= let_in


@pytest.mark.parametrize("each", of_kind("PodDisruptionBudget"), ids=name_of)
def test_a_node_can_be_emptied(each):
    """A budget of one where only one runs lets nobody go, ever."""
    app = each["spec"]["selector"]["matchLabels"]["app"]
    (target,) = (d for d in of_kind("Deployment") if d["metadata"]["name"] == app)
    scalers = of_kind("HorizontalPodAutoscaler")
    least = [s["spec"]["minReplicas"] for s in scalers if s["spec"]["scaleTargetRef"]["name"] == app]
    (runs,) = least or [target["spec"].get("replicas", 1)]
    assert runs > each["spec"]["minAvailable"]


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


def test_the_web_can_write_where_it_has_to():
    """The rest of its file system is read-only."""
    (settings,) = of_kind("ConfigMap")
    (web,) = (d for d in of_kind("Deployment") if d["metadata"]["name"] == "web")
    env = settings["data"] | {each["name"]: each.get("value") for each in containers(web)[0]["env"]}
    places = [each["mountPath"] for each in containers(web)[0]["volumeMounts"] if not each.get("readOnly")]
    folders = {name: Path(env[name]) for name in compose.written()}
    assert {n for n, folder in folders.items() if not any(folder.is_relative_to(place) for place in places)} == set()


def named(variables):
    """What the settings find: `NAME_FILE` gives `NAME`."""
    return {name.removesuffix("_FILE") for name in variables}


def test_the_same_variables_as_in_compose():
    """And the one that compose leaves to pilling.env, without which every login is refused."""
    (settings,) = of_kind("ConfigMap")
    (web,) = (d for d in of_kind("Deployment") if d["metadata"]["name"] == "web")
    given = named(settings["data"]) | {each["name"] for each in containers(web)[0]["env"]}
    # A Service chooses among pods, not among a pod's processes.
    assert named(compose.service("web")["environment"]) - {"WEB_PORTS"} | {"KAKAO_APP_ID"} <= given
    (patch,) = yaml.safe_load((FOLDER / "overlays/production/kustomization.yaml").read_text())["patches"]
    patched = {each["path"]: each["value"] for each in yaml.safe_load(patch["patch"])}
    assert patched.keys() == {"/data/ALLOWED_HOSTS", "/data/KAKAO_APP_ID"}
    assert all(patched.values())


def test_the_web_answers_by_the_name_that_it_is_scraped_by():
    """Prometheus finds pods by their annotations, and asks them by their address."""
    (settings,) = of_kind("ConfigMap")
    (web,) = (d for d in of_kind("Deployment") if d["metadata"]["name"] == "web")
    assert web["spec"]["template"]["metadata"]["annotations"]["prometheus.io/scrape"] == "true"
    env = {each["name"]: each for each in containers(web)[0]["env"]}
    assert env["POD_IP"]["valueFrom"] == {"fieldRef": {"fieldPath": "status.podIP"}}
    known = {**settings["data"], "POD_IP": "10.1.2.3"}
    hosts = re.sub(r"\$\((\w+)\)", lambda found: known[found[1]], env["ALLOWED_HOSTS"]["value"]).split(",")
    assert hosts == [*settings["data"]["ALLOWED_HOSTS"].split(","), "10.1.2.3"]
    assert list(env).index("POD_IP") < list(env).index("ALLOWED_HOSTS"), "only what stands before is known"


def test_migrations_come_first_with_all_that_they_need():
    """The README's commands pick these by their label."""
    first = {name_of(each) for each in OBJECTS if each["metadata"].get("labels", {}).get("step") == "migrate"}
    assert first == {"Job/migrate", "ConfigMap/pilling", "ServiceAccount/pilling", "Namespace/pilling"}
    text = (PROJECT / "deploy" / "README.md").read_text()
    order = ("delete job migrate", "-l step=migrate\n", "wait job/migrate", "overlays/production\n```")
    assert sorted(order, key=text.index) == list(order)


def test_whoever_works_is_asked_whether_it_does():
    for each in of_kind("Deployment"):
        assert all("livenessProbe" in c for c in containers(each) if c["name"] != "edge-counter"), name_of(each)
    (beat,) = (d for d in of_kind("Deployment") if d["metadata"]["name"] == "beat")
    check = compose.service("celery-beat")["healthcheck"]["test"]
    assert containers(beat)[0]["livenessProbe"]["exec"]["command"] == check[1:]


def test_none_of_our_processes_is_the_first_of_its_container():
    """As in compose: the pod's own first process reaps, and ours are ended by TERM at any moment."""
    ours = [each for each in of_kind("Deployment", "Job") if any(c["image"] == "pilling" for c in containers(each))]
    assert len(ours) >= 6
    assert all(each["spec"]["template"]["spec"]["shareProcessNamespace"] is True for each in ours)


def test_nobody_is_killed_before_the_work_is_done():
    for each in of_kind("Deployment"):
        if each["metadata"]["name"].startswith("worker"):
            assert each["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] > 120


def megabytes(size):
    number, unit = re.fullmatch(r"(\d+)([mg])i?", size.lower()).groups()
    return int(number) * {"m": 1, "g": 1024}[unit]


def test_nginxs_cache_lies_in_memory_here_and_in_compose():
    """What misses it writes a file."""
    kept = megabytes(re.search(r"proxy_cache_path .*max_size=(\w+)", (PROJECT / "nginx.conf").read_text())[1])
    pod = next(d["spec"]["template"]["spec"] for d in of_kind("Deployment") if d["metadata"]["name"] == "nginx")
    volume = next(each["emptyDir"] for each in pod["volumes"] if each["name"] == "cache")
    service = compose.service("nginx")
    place = dict(mount.split(":size=") for mount in service["tmpfs"])["/var/cache/nginx"]
    assert volume["medium"] == "Memory"
    for size, limits in (
        (volume["sizeLimit"], pod["containers"][0]["resources"]["limits"]),
        (place, service["deploy"]["resources"]["limits"]),
    ):
        assert kept < megabytes(size) <= megabytes(limits["memory"]) - 64
