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

from config.tests.callers import Caller, asking
from config.tests.running import wait_for
from deploy.tests.edge import HOST, Edge, Web, needs_nginx
from sandbox.home import PROJECT

# Old web: "old". A new one appears with `--scale web=2`. Its health is in the file `health`.
ENGINE = r"""#!/usr/bin/env bash
cd "$(dirname "$0")"
echo "${PILLING_TAG:-} $*" >> calls
case "$*" in
  *"ps --quiet web") cat webs ;;
  *"ps --quiet nginx") echo nginx ;;
  *"--scale web=2 web") echo new >> webs ;;
  *"run --rm --no-deps migrate") exit "$(cat migrates)" ;;
  *pgrep*) exit 1 ;;
  inspect*nginx) echo healthy ;;
  inspect*) cat health ;;
  stop*) last="${@: -1}"; grep -vxF "$last" webs > left; mv left webs ;;
esac
"""


@pytest.fixture
def server(tmp_path):
    (tmp_path / "deploy").mkdir()
    shutil.copy(PROJECT / "deploy" / "release", tmp_path / "deploy" / "release")
    for name, text in (
        ("webs", "old\n"),
        ("health", "healthy\n"),
        ("migrates", "0"),
        ("calls", ""),
        ("docker", ENGINE),
    ):
        (tmp_path / name).write_text(text)
    (tmp_path / "docker").chmod(0o755)
    (tmp_path / "deploy" / "releases").write_text("aaa\nbbb\n")
    (tmp_path / ".env").write_text("PILLING_HOST=pilling.test\nPILLING_TAG=bbb\nPILLING_IMAGE=pilling\n")
    return tmp_path


def release(server, *arguments):
    env = {"PATH": os.environ["PATH"], "DOCKER": str(server / "docker"), "GATE_TRIES": "2", "GATE_PAUSE": "0"}
    return subprocess.run([str(server / "deploy/release"), *arguments], env=env, capture_output=True, text=True)


def calls(server):
    lines = (server / "calls").read_text().replace("compose -f docker-compose.prod.yml ", "")
    return [line for line in lines.splitlines() if " ps " not in line and " inspect " not in line]


def tag(server):
    """What a `docker compose up -d` that somebody runs by hand would start."""
    lines = (server / ".env").read_text().splitlines()
    assert {"PILLING_HOST=pilling.test", "PILLING_IMAGE=pilling"} < set(lines)
    return [line.removeprefix("PILLING_TAG=") for line in lines if line.startswith("PILLING_TAG=")]


def served(server):
    return (server / "deploy" / "releases").read_text().split()


def test_migrate_then_a_new_web_beside_the_old_then_the_rest(server):
    done = release(server, "ccc")
    assert done.returncode == 0, done.stderr
    order = [" ".join(line.split()[1:4]) for line in calls(server)]
    assert order == ["pull --quiet web", "run --rm --no-deps", "run --rm --no-deps", "up -d --no-deps", "exec -T nginx",
                     "exec -T nginx", "stop --time 40", "rm old", "exec -T nginx", "exec -T nginx",
                     "up -d --no-deps"]  # fmt: skip
    assert all(line.startswith("ccc ") for line in calls(server))
    assert (server / "webs").read_text().split() == ["new"]
    assert served(server) == ["aaa", "bbb", "ccc"]
    assert tag(server) == ["ccc"]


def test_nginx_knows_the_new_web_alone_while_the_old_one_ends(server):
    """A web that was told to end lets what still comes wait in its queue, and then drops it."""
    release(server, "ccc")
    lines = calls(server)
    led, forgot = (
        next(number for number, line in enumerate(lines) if f"'server {name}:8000;'" in line) for name in ("new", "web")
    )
    (ended,) = (number for number, line in enumerate(lines) if " stop " in line)
    assert led < ended < forgot
    assert any("pgrep" in line for line in lines[led:ended]), "nginx's workers of before were not waited for"


@pytest.mark.parametrize("health", ["unhealthy", "starting"])
def test_a_web_that_is_not_well_goes_and_the_old_one_stays(server, health):
    (server / "health").write_text(health)
    assert release(server, "ccc").returncode == 1
    assert (server / "webs").read_text().split() == ["old"]
    up = [line for line in calls(server) if " up -d" in line]
    assert up[-1].startswith("bbb up -d")
    assert "'server web:8000;'" in [line for line in calls(server) if "exec" in line][-2]
    assert (served(server), tag(server)) == (["aaa", "bbb"], ["bbb"])


def test_a_migration_that_fails_stops_it_before_anything_else(server):
    (server / "migrates").write_text("1")
    assert release(server, "ccc").returncode == 1
    assert not [line for line in calls(server) if line.startswith("ccc up")]
    assert (server / "webs").read_text().split() == ["old"]


def test_back_to_the_former_release_without_touching_the_database(server):
    done = release(server, "back")
    assert done.returncode == 0, done.stderr
    assert not [line for line in calls(server) if line.endswith("--no-deps migrate")]
    assert (served(server)[-1], tag(server)) == ("aaa", ["aaa"])


def test_there_is_no_way_back_from_the_first(server):
    (server / "deploy" / "releases").write_text("")
    assert release(server, "back").returncode == 1


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
