"""The compose file is one that engines take, and keeps what it promises."""

import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.tests import compose
from sandbox.engines.postgres import _BINARIES, _SETTINGS
from sandbox.home import PROJECT
from sandbox.process import run_as_root, unprivileged

SEED = {"nginx", "web", "db", "redis", "celery", "celery-beat"}
SERVICES = sorted(compose.load()["services"])
BIN = Path(sys.executable).parent


def run(*command: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(part) for part in command], cwd=PROJECT, capture_output=True, text=True)


def test_it_follows_the_schema():
    done = run(BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", compose.FILE)
    assert done.returncode == 0, done.stdout


def test_the_dockerfile_has_no_fault_that_hadolint_knows():
    done = run(BIN / "hadolint", "--failure-threshold", "info", PROJECT / "Dockerfile")
    assert done.returncode == 0, done.stdout


def test_the_services_of_the_design_are_there():
    assert set(SERVICES) >= SEED
    assert compose.service("db")["image"] == "postgres:18"


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_is_bounded_and_watched(name):
    service = compose.service(name)
    limits = service["deploy"]["resources"]["limits"]
    assert {"cpus", "memory", "pids"} <= limits.keys()
    assert service["logging"]["options"]["max-size"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is True
    assert "healthcheck" in service or name == "web", "the web has the image's"
    assert not service["image"].endswith(":latest") or "pilling" in service["image"]


@pytest.mark.parametrize("name", SERVICES)
def test_none_of_our_processes_is_the_first_of_its_container(name):
    """Which TERM ends only once it has a handler: beat has none until all is loaded, a shell's script never."""
    service = compose.service(name)
    ours = "pilling" in service["image"] and name != "nginx"
    assert service.get("init", False) == (ours or name == "backup")


@pytest.mark.parametrize("name", SERVICES)
def test_who_waits_for_whom_waits_for_its_health(name):
    """And each of those can say how it is."""
    for other, how in compose.service(name).get("depends_on", {}).items():
        once = compose.service(other).get("restart") == "no"
        assert how["condition"] == ("service_completed_successfully" if once else "service_healthy")


@pytest.mark.parametrize("name", SERVICES)
def test_no_secret_is_a_variable(name):
    """Each is a file, which the service is given and the settings read."""
    service = compose.service(name)
    variables = service.get("environment", {})
    words = ("SECRET", "PASSWORD", "TOKEN", "API_KEY", "ADMIN_KEY", "DATABASE_URL", "SERVICE_KEY")
    secret = {key for key in variables if any(word in key for word in words)}
    assert all(key.endswith("_FILE") for key in secret), secret
    named = {value.removeprefix("/run/secrets/") for key, value in variables.items() if key.endswith("_FILE")}
    assert named == set(service.get("secrets", []))
    assert named <= compose.load()["secrets"].keys()


def test_secrets_are_made_once_and_for_their_owner_alone(tmp_path):
    """Files that any container's user may read, in a folder that no other user of the machine enters."""
    script = shutil.copy(PROJECT / "deploy" / "make_secrets", tmp_path)
    folder = tmp_path / "secrets"
    run("sh", script)
    made = {file.name: file.read_text() for file in folder.iterdir()}
    assert made.keys() == compose.load()["secrets"].keys()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o644}, "to be edited by its owner"
    run("sh", script)
    assert {file.name: file.read_text() for file in folder.iterdir()} == made


def test_cache_and_broker_are_two_and_only_one_may_forget():
    cache, broker = compose.service("redis")["command"], compose.service("redis-broker")["command"]
    assert "allkeys-lru" in cache
    assert "noeviction" in broker
    assert broker[broker.index("--appendonly") + 1] == "yes"
    environment = compose.service("web")["environment"]
    assert environment["REDIS_URL"] != environment["CELERY_BROKER_URL"]


@pytest.mark.parametrize("name", ["redis", "redis-broker"])
def test_a_full_valkey_answers_for_itself(name):
    """Before it meets its container's limit and is killed; writing its file anew takes a part of that, too."""
    service = compose.service(name)
    most = service["command"][service["command"].index("--maxmemory") + 1]
    limit = service["deploy"]["resources"]["limits"]["memory"]
    assert int(most.removesuffix("mb")) * 3 / 2 <= int(limit.removesuffix("M"))


def test_callers_by_ipv6_are_seen_apart():
    (front,) = [name for name in compose.service("nginx")["networks"] if name != "inner"]
    assert compose.load()["networks"][front]["enable_ipv6"] is True


@pytest.mark.parametrize("name", ["redis", "redis-broker"])
def test_a_valkey_needs_no_right_to_own_its_folder(name):
    """As root its entrypoint looks through /data and gives it away, which takes rights that it does not have here."""
    service = compose.service(name)
    uid, gid = service["user"].split(":")
    assert int(uid) > 0
    assert "cap_add" not in service
    mounts = [mount for mount in service.get("tmpfs", []) if mount.startswith("/data:")]
    assert all({f"uid={uid}", f"gid={gid}"} <= set(mount.partition(":")[2].split(",")) for mount in mounts)
    assert mounts or "broker:/data" in service["volumes"], "a new volume takes the owner that the image's folder has"


def test_the_database_is_well_only_when_others_can_reach_it():
    """The image makes the database with a server that has no address, and pg_isready asks a socket unless told."""
    test = compose.service("db")["healthcheck"]["test"]
    assert test[test.index("-h") + 1] == "127.0.0.1"


def writable(service):
    mounts = [mount.split(":") for mount in service["volumes"] if not mount.endswith(":ro")]
    return {target: source for source, target in mounts}


def test_what_postgres_user_writes_to_is_given_to_it():
    """An engine makes volumes and missing folders root's; without capabilities nobody else can give them away."""
    folders = compose.service("folders")
    program, owner, *given = folders["command"]
    assert (program, owner, folders["cap_add"]) == ("chown", compose.service("backup")["user"], ["CHOWN"])
    assert set(given) == set(writable(folders))
    wanted = writable(compose.service("backup")) | writable(compose.service("db"))
    wanted.pop("/var/lib/postgresql")  # the image's own, whose entrypoint sees to it
    assert writable(folders) == wanted
    assert all("folders" in compose.service(name)["depends_on"] for name in ("db", "backup"))


def test_the_web_can_write_where_it_has_to():
    """The rest of its file system is read-only."""
    web = compose.service("web")
    places = [mount.partition(":")[0] for mount in web["tmpfs"]] + list(writable(web))
    folders = {name: Path(web["environment"][name]) for name in compose.written()}
    assert "PICTURES_ROOT" in folders
    lost = {name for name, folder in folders.items() if not any(folder.is_relative_to(place) for place in places)}
    assert lost == set()


def test_grafana_has_a_place_for_what_is_temporary():
    """Without it one whose file system is read-only does not start."""
    assert any(mount.startswith("/tmp:") for mount in compose.service("grafana")["tmpfs"])  # noqa: S108


def test_volumes_of_the_product_begin_as_its_users():
    """A new volume takes the owner of the image's folder, and is root's where the image has none."""
    (made,) = re.findall(r"install -d -o 10001 -g 10001 (.+)", (PROJECT / "Dockerfile").read_text())
    services = [each for each in compose.load()["services"].values() if each["image"] == "pilling:latest"]
    targets = {target for each in services for target in writable(each | {"volumes": each.get("volumes", [])})}
    assert targets == set(made.split())


def test_every_queue_has_a_worker():
    commands = [
        service["command"] for service in compose.load()["services"].values() if "worker" in service.get("command", [])
    ]
    served = {queue for command in commands for queue in command[command.index("--queues") + 1].split(",")}
    assert served == {"people", "reminders", "batch"}


def test_only_nginx_is_reached_from_outside():
    ports = {name: compose.service(name).get("ports", []) for name in SERVICES}
    assert [name for name, open_ in ports.items() if any(not port.startswith("127.0.0.1:") for port in open_)] == [
        "nginx"
    ]
    assert compose.load()["networks"]["inner"]["internal"] is True
    for name in ("db", "redis", "redis-broker"):
        assert compose.service(name)["networks"] == ["inner"]


def test_nginx_reaches_the_web_from_addresses_that_it_trusts():
    """A second network in common, and the engine might lead nginx there: every page would be a redirect to itself."""
    web = compose.service("web")
    assert set(compose.service("nginx")["networks"]) & set(web["networks"]) == {"inner"}
    (pool,) = compose.load()["networks"]["inner"]["ipam"]["config"]
    assert web["environment"]["TRUSTED_PROXIES"] == pool["subnet"]


def test_nginx_knows_an_address_for_each_process_of_the_web():
    web, nginx = compose.service("web"), compose.service("nginx")
    assert nginx["environment"]["WEB_PORTS"] == web["environment"]["WEB_PORTS"]
    ports = web["environment"]["WEB_PORTS"].split()
    assert len(set(ports) - {"8000"}) == float(web["deploy"]["resources"]["limits"]["cpus"])


def test_whatever_nginx_reads_is_given_to_it():
    """Certificates, what their issuer asks for, the operator's files; the rest comes with the image."""
    read = set(re.findall(r"(/(?:etc|usr/share)/nginx/(?:tls|acme|conf\.d))\b", (PROJECT / "nginx.conf").read_text()))
    mounts = dict(mount.split(":")[1::-1] for mount in compose.service("nginx")["volumes"])
    assert len(read) == 3
    assert read <= mounts.keys()
    folders = {mounts[place].removeprefix("./") for place in read}
    kept_out = {line.rstrip("/") for line in (PROJECT / ".gitignore").read_text().splitlines()}
    assert {folder for folder in folders if not (PROJECT / folder).exists()} <= kept_out


def test_whom_alerts_go_to_outlives_a_release(monkeypatch):
    """A release unpacks `deploy` anew over what is there."""
    (command,) = re.findall(r"tar -c (.+?) \|", (PROJECT / ".github" / "workflows" / "deploy.yml").read_text())
    assert "deploy" in command.split()
    monkeypatch.setitem(compose.VALUES, "PILLING_ALERTMANAGER", "./alertmanager.yml")
    assert compose.service("alertmanager")["volumes"] == ["./alertmanager.yml:/etc/alertmanager/alertmanager.yml:ro"]


def test_the_database_tells_its_log_no_more_than_the_embedded_one():
    """Of which sandbox/tests/test_postgres_log.py knows that no value is in it."""
    command = compose.service("db")["command"]
    given = dict(part.split("=", 1) for part in command if "=" in part)
    silent = {
        name: value for name, value in _SETTINGS.items() if name in ("log_min_error_statement", "log_error_verbosity")
    }
    assert len(silent) == 2
    assert silent.items() <= given.items()


def test_connections_stay_below_what_the_database_takes():
    """Threads of the web, processes of the workers, and some for people."""
    command = compose.service("db")["command"]
    allowed = int(next(part for part in command if str(part).startswith("max_connections=")).partition("=")[2])
    services = compose.load()["services"].values()
    pools = sum(
        int(s["command"][s["command"].index("--concurrency") + 1])
        for s in services
        if "--concurrency" in s.get("command", [])
    )
    assert 4 * 8 + pools + 20 <= allowed, "four cores of eight threads each"


def test_the_locale_sees_hangul(tmp_path):
    """The arguments that make the database, run: in a C locale the trigram index would see no Hangul."""
    given = compose.service("db")["environment"]
    env = {"PATH": "/usr/bin:/bin", "LANG": given["LANG"]}
    command = [str(_BINARIES / "initdb"), "-D", str(tmp_path / "pg" / "data"), "-U", "pilling", "-A", "trust",
               *given["POSTGRES_INITDB_ARGS"].split()]  # fmt: skip
    (tmp_path / "pg").mkdir(mode=0o777)
    (tmp_path / "pg").chmod(0o777)
    as_user = unprivileged if run_as_root() else list
    subprocess.run(as_user(command), env=env, check=True, capture_output=True)
    single = [str(_BINARIES / "postgres"), "--single", "-D", str(tmp_path / "pg" / "data"), "template1"]
    sql = "CREATE EXTENSION pg_trgm;\nSELECT cardinality(show_trgm('타이레놀'));\nSHOW data_checksums;\n"
    done = subprocess.run(as_user(single), env=env, input=sql, capture_output=True, text=True)
    assert 'cardinality = "5"' in done.stdout, done.stdout + done.stderr
    assert 'data_checksums = "on"' in done.stdout
