"""The order of a deployment, with an engine's place taken by a script that writes down what it was told.

And, with real servers, that nobody notices when nginx is led from one web to another in this order.
"""

import contextlib
import functools
import itertools
import os
import re
import shutil
import subprocess

import pytest
import yaml

from config.tests.callers import Caller, asking
from config.tests.running import wait_for
from deploy.tests import compose
from deploy.tests.edge import HOST, Edge, Web, needs_nginx
from deploy.tests.engine import (
    ENGINE,
    OPERATORS,
    calls,
    files,
    files_of,
    given,
    led,
    release,
    served,
    start_nginx,
    state,
    tag,
    webs,
)
from sandbox.home import PROJECT

WORKFLOW = yaml.safe_load((PROJECT / ".github/workflows/deploy.yml").read_text())

# A line to this very machine, which starts no release but tells of it.
SSH = r"""#!/usr/bin/env bash
cd "$HOME"
case "${*: -1}" in
  *deploy/release*) echo "${*: -1}" > last ;;
  *) sh -c "${*: -1}" ;;
esac
"""


def test_migrate_then_a_new_web_beside_the_old_then_the_rest(server):
    done = release(server, "ccc")
    assert done.returncode == 0, done.stderr
    order = [" ".join(line.split()[1:5]).removeprefix("releases/ccc ") for line in calls(server)]
    assert order == ["pull --quiet web", "run --rm --no-deps", "run --rm --no-deps", "up -d --no-deps",
                     "exec -T nginx", "exec -T nginx", "stop -t 40 web-bbb-1", "rm --force web-bbb-1", "exec -T nginx",
                     "exec -T nginx", "up -d --no-deps", "stop -t 40 1", "rm --force 1", "stop -t 40 4",
                     "rm --force 4"]  # fmt: skip
    assert all(line.startswith("ccc ") for line in calls(server))
    assert webs(server) == ["web-ccc-2"]
    assert (served(server), tag(server)) == (["aaa", "bbb", "ccc"], ["ccc"])


def test_every_service_of_ours_is_in_it():
    """One that is not would go on with the image of before."""
    (named,) = re.findall(r"^workers=\((.+)\)$", (PROJECT / "deploy" / "release").read_text(), re.MULTILINE)
    ours = [name for name, service in compose.load()["services"].items() if service["image"] == "pilling:latest"]
    assert {*named.split(), "web", "migrate"} == set(ours)


def test_what_it_starts_has_nothing_of_the_folder_that_comes_last():
    """`deploy/` is replaced when all is well: until then a new file of it is not there to be mounted."""
    services = [each for each in compose.load()["services"].values() if each["image"] == "pilling:latest"]
    assert not [mount for each in services for mount in each.get("volumes", []) if mount.startswith(".")]


def test_its_files_take_the_place_of_the_old_ones_and_the_operators_stay(server):
    (server / "releases/bbb/deploy/gone").write_text("bbb")
    (server / "deploy/gone").write_text("bbb")
    (server / "releases/ccc/deploy/more").mkdir()
    (server / "releases/ccc/deploy/more/new").write_text("ccc")
    mounted = (server / "deploy/backup").stat().st_ino
    release(server, "ccc")
    assert files(server) == files_of(server, "ccc") | OPERATORS
    assert (server / "deploy/backup").stat().st_ino == mounted, "containers would go on with a folder that is gone"


def test_until_all_is_well_nothing_has_taken_their_place(server):
    """The engine refuses a call whose compose file is another tag's; these workers look at what lies there."""
    before = state(server)
    spy = ENGINE.replace(
        "*celery*) ", "*celery*) cmp docker-compose.prod.yml file-of-bbb && grep TAG=bbb .env || exit 1; "
    )
    (server / "docker").write_text(spy)
    assert release(server, "ccc").returncode == 0
    assert state(server) != before


@pytest.mark.parametrize("name", ["pulls", "migrates", "ups", "reloads"])
def test_a_gate_that_fails_leaves_everything_as_it_was(server, name):
    before = state(server)
    (server / name).write_text("1")
    assert release(server, "ccc").returncode == 1
    assert state(server) == before
    started = [line for line in calls(server) if " up -d" in line]
    assert all("--no-recreate --scale web=2 web" in line for line in started), "nothing else is started anew"


@pytest.mark.parametrize("health", ["unhealthy", "starting"])
def test_a_web_that_is_not_well_goes_and_the_old_one_stays(server, health):
    before = state(server)
    (server / "health").write_text(health)
    assert release(server, "ccc").returncode == 1
    assert state(server) == before
    assert not [line for line in calls(server) if "exec" in line], "nginx was led elsewhere"


def test_nginx_knows_the_new_web_alone_while_the_old_one_ends(server):
    """A web that was told to end lets what still comes wait in its queue, and then drops it."""
    release(server, "ccc")
    lines = calls(server)
    new, former = (
        next(number for number, line in enumerate(lines) if f'"server {name}:$port' in line)
        for name in ("web-ccc-2", "web")
    )
    ended = next(number for number, line in enumerate(lines) if " stop " in line)
    assert new < ended < former
    assert any("pgrep" in line for line in lines[new:ended]), "nginx's workers of before were not waited for"


@pytest.mark.parametrize("ports", ["8001 8002", ""])
def test_nginx_is_led_to_each_of_the_processes(server, ports):
    """As it starts with, and as an nginx from before the processes had addresses of their own."""
    start_nginx(server, ports)
    before = led(server)
    assert release(server, "ccc", WEB_PORTS=ports).returncode == 0
    assert led(server) == before
    assert [line.split()[1] for line in before.splitlines()] == [
        *(f"web:{port}" for port in ports.split()), "web:8000" if ports else "web:8000;"
    ]  # fmt: skip


def test_workers_that_are_not_well_bring_back_what_served(server):
    """By a web beside the one that is there, so without a pause, and with the compose file of before."""
    files_before = files(server)
    (server / "workers-of-ccc").write_text("1")
    (server / "running").write_text("1 pilling:bbb\n5 pilling:ccc\n")
    assert release(server, "ccc").returncode == 1
    assert webs(server) == ["web-bbb-2"]
    assert (files(server), tag(server), served(server)) == (files_before, ["bbb"], ["aaa", "bbb"])
    ups = [line for line in calls(server) if " up -d" in line]
    assert [line.split()[:2] for line in ups] == [["ccc", "releases/ccc"]] * 2 + [["bbb", "releases/bbb"]] * 2
    assert "--wait" in ups[1]
    assert calls(server)[-1].endswith("rm --force 5"), "a service that only the new release has"


def test_a_disk_that_is_full_stops_it_before_anything_else(server):
    before = state(server)
    (server / "cp").write_text("#!/bin/sh\nexit 1\n")
    (server / "cp").chmod(0o755)
    env = given(server) | {"PATH": f"{server}:{os.environ['PATH']}"}
    assert subprocess.run([server / "deploy/release", "ccc"], env=env, capture_output=True).returncode == 1
    assert state(server) == before
    assert [" ".join(line.split()[2:]) for line in calls(server)] == ["pull --quiet web"]


def test_a_tag_that_was_not_brought_is_refused(server):
    """Its images would run with the compose file of another release."""
    before = state(server)
    for name in ("ddd", "../../ccc", "-x"):
        assert release(server, name).returncode == 1
    assert state(server) == before
    assert calls(server) == []


def test_a_container_that_does_not_end_is_ended(server):
    (server / "stops").write_text("1")
    assert release(server, "ccc").returncode == 0
    assert webs(server) == ["web-ccc-2"]


def test_the_workflow_touches_nothing_that_serves(tmp_path):
    """Its step, run with a line to the same machine: what it sends lands beside what is there."""
    (step,) = [step for step in WORKFLOW["jobs"]["deploy"]["steps"] if "run" in step]
    home, bin_ = tmp_path / "home", tmp_path / "bin"
    (home / "pilling").mkdir(parents=True)
    bin_.mkdir()
    (home / "pilling/docker-compose.prod.yml").write_text("serves")
    (bin_ / "ssh").write_text(SSH)
    (bin_ / "ssh").chmod(0o755)
    env = {
        "PATH": f"{bin_}:{os.environ['PATH']}",
        "HOME": str(home),
        "HOST": "x",
        "KEY": "x",
        "KNOWN": "x",
        "TAG": "ccc1",
    }
    work = shutil.copytree(PROJECT / "deploy", tmp_path / "work/deploy").parent
    for name in ("docker-compose.prod.yml", "nginx.conf"):
        shutil.copy(PROJECT / name, work)
    for _ in range(2):
        subprocess.run(["bash", "-e", "-c", step["run"]], cwd=work, env=env, check=True)
    assert (home / "pilling/docker-compose.prod.yml").read_text() == "serves"
    assert not (home / "pilling/deploy").exists()
    brought = home / "pilling/releases/ccc1"
    assert (brought / "docker-compose.prod.yml").read_bytes() == (PROJECT / "docker-compose.prod.yml").read_bytes()
    assert (home / "last").read_text() == "cd pilling && releases/ccc1/deploy/release ccc1\n"
    assert os.access(brought / "deploy/release", os.X_OK)


def test_the_example_names_what_the_compose_file_asks_for():
    example = (PROJECT / "deploy" / "compose.env.example").read_text()
    asked = set(re.findall(r"\$\{(\w+)", (PROJECT / "docker-compose.prod.yml").read_text()))
    assert asked <= set(re.findall(r"^#?(\w+)=", example, re.MULTILINE))


@pytest.fixture
def two_webs(product, tmp_path):
    """An old one, a new one, and nginx before the old one."""
    with contextlib.ExitStack() as stack:
        webs = []
        for name in ("old", "new"):
            (tmp_path / name).mkdir()
            webs.append(Web(product, tmp_path / name))
            stack.callback(webs[-1].child.stop)
        edge = Edge(tmp_path / "edge", [webs[0].port])
        edge.start()
        stack.callback(edge.stop)
        yield (*webs, edge)


def caller(edge, number, *, keeps, writes):
    """Each from an address of its own, or nginx's limit would be met. A reload of nginx closes kept connections."""
    connect = functools.partial(edge.connect, source=f"127.0.7.{number}")
    return Caller(connect, path="/livez", host=HOST, keeps=keeps, writes=writes, patient=True)


@needs_nginx
@pytest.mark.slow
def test_nobody_notices_that_one_web_takes_the_place_of_another(two_webs):
    """The script's `lead` and `end`: who reads and who writes gets an answer each time."""
    old, new, edge = two_webs
    kinds = list(itertools.product((True, False), (True, False), range(2)))
    callers = [caller(edge, number, keeps=keeps, writes=writes) for number, (keeps, writes, _) in enumerate(kinds, 1)]
    with asking(callers) as asked:
        wait_for(lambda: asked() > 100)
        edge.lead([new.port])
        old.child.process.terminate()
        old.child.process.wait(60)
        so_far = asked()
        wait_for(lambda: asked() > so_far + 100)
    assert [caller.wrong for caller in callers if caller.wrong] == []
