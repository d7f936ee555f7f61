"""The order of a deployment, with an engine's place taken by a script that writes down what it was told."""

import os
import shutil
import subprocess

import pytest

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
    return tmp_path


def release(server, *arguments):
    env = {"PATH": os.environ["PATH"], "DOCKER": str(server / "docker"), "GATE_TRIES": "2", "GATE_PAUSE": "0"}
    return subprocess.run([str(server / "deploy/release"), *arguments], env=env, capture_output=True, text=True)


def calls(server):
    lines = (server / "calls").read_text().replace("compose -f docker-compose.prod.yml ", "")
    return [line for line in lines.splitlines() if " ps " not in line and " inspect " not in line]


def served(server):
    return (server / "deploy" / "releases").read_text().split()


def test_migrate_then_a_new_web_beside_the_old_then_the_rest(server):
    done = release(server, "ccc")
    assert done.returncode == 0, done.stderr
    order = [" ".join(line.split()[1:4]) for line in calls(server)]
    assert order == ["pull --quiet web", "run --rm --no-deps", "run --rm --no-deps", "up -d --no-deps", "exec -T nginx",
                     "stop --time 40", "rm old", "exec -T nginx", "up -d --no-deps"]  # fmt: skip
    assert all(line.startswith("ccc ") for line in calls(server))
    assert (server / "webs").read_text().split() == ["new"]
    assert served(server) == ["aaa", "bbb", "ccc"]


@pytest.mark.parametrize("health", ["unhealthy", "starting"])
def test_a_web_that_is_not_well_goes_and_the_old_one_stays(server, health):
    (server / "health").write_text(health)
    assert release(server, "ccc").returncode == 1
    assert (server / "webs").read_text().split() == ["old"]
    assert calls(server)[-1].startswith("bbb up -d")
    assert served(server) == ["aaa", "bbb"]


def test_a_migration_that_fails_stops_it_before_anything_else(server):
    (server / "migrates").write_text("1")
    assert release(server, "ccc").returncode == 1
    assert not [line for line in calls(server) if line.startswith("ccc up")]
    assert (server / "webs").read_text().split() == ["old"]


def test_back_to_the_former_release_without_touching_the_database(server):
    done = release(server, "back")
    assert done.returncode == 0, done.stderr
    assert not [line for line in calls(server) if line.endswith("--no-deps migrate")]
    assert served(server)[-1] == "aaa"


def test_there_is_no_way_back_from_the_first(server):
    (server / "deploy" / "releases").write_text("")
    assert release(server, "back").returncode == 1
