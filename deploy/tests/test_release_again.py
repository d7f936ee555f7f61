"""What a release finds of those before it, and of one that was broken off: back, again, two at once."""

import fcntl
import os
import shutil
import subprocess

import pytest

from config.tests.running import wait_for
from deploy.tests.engine import (
    ENGINE,
    OPERATORS,
    bring,
    calls,
    files,
    files_of,
    given,
    release,
    served,
    state,
    tag,
    webs,
)


def test_the_tag_that_runs_once_more(server):
    """For variables that changed, also on a server that no release has come to yet."""
    shutil.rmtree(server / "releases")
    done = release(server, "bbb")
    assert done.returncode == 0, done.stderr
    assert all(line.startswith("bbb . ") for line in calls(server) if "bbb stop" not in line and "bbb rm" not in line)
    assert (webs(server), tag(server), served(server)) == (["web-bbb-2"], ["bbb"], ["bbb"])


def test_back_to_the_former_release_without_touching_the_database(server):
    done = release(server, "back")
    assert done.returncode == 0, done.stderr
    assert not [line for line in calls(server) if line.endswith("--no-deps migrate") or " pull " in line]
    assert all(line.startswith("aaa ") for line in calls(server))
    assert (served(server), tag(server)) == (["aaa"], ["aaa"])
    assert files(server) == files_of(server, "aaa") | OPERATORS


def test_back_twice_does_not_come_to_the_release_that_was_left(server):
    for what in ("ccc", "back", "back"):
        assert release(server, what).returncode == 0
    assert tag(server) == ["aaa"]
    assert release(server, "back").returncode == 1, "there is no other"
    assert tag(server) == ["aaa"]


def test_back_from_the_first_release_to_what_was_started_by_hand(server):
    """Which nobody brought: its files are kept when they are replaced."""
    shutil.rmtree(server / "releases")
    bring(server, "ccc")
    before = files(server)
    assert release(server, "ccc").returncode == 0
    assert files(server) != before
    done = release(server, "back")
    assert done.returncode == 0, done.stderr
    assert (files(server), tag(server)) == (before, ["bbb"])
    assert not (server / "releases/bbb/deploy/secrets").exists()


def test_there_is_no_way_back_from_the_first(server):
    (server / "releases/served").unlink()
    assert release(server, "back").returncode == 1
    assert calls(server) == []


def test_one_that_was_broken_off_is_run_again(server):
    """At the worst moment: two webs, one of which nobody is led to, and half of the files are new."""
    (server / "webs").write_text("web-bbb-1\nweb-ccc-2\n")
    shutil.copytree(server / "releases/ccc", server / "releases/.ready")
    shutil.copy(server / "releases/ccc/docker-compose.prod.yml", server)
    assert release(server, "ccc").returncode == 0
    assert (webs(server), tag(server)) == (["web-ccc-3"], ["ccc"])
    assert files(server) == files_of(server, "ccc") | OPERATORS
    assert release(server, "back").returncode == 0
    assert files(server) == files_of(server, "bbb") | OPERATORS


@pytest.mark.parametrize(("what", "whose"), [("ccc", "ccc"), ("back", "aaa")])
def test_each_release_is_brought_by_its_own_script(server, what, whose):
    """Which knows its services; the one that serves knows those of before, or of later."""
    (server / "releases" / whose / "deploy/release").write_text(f"#!/bin/sh\necho {whose} does $1\n")
    assert release(server, what).stdout == f"{whose} does {what}\n"
    assert calls(server) == []


def test_two_at_once_are_one(server):
    before = state(server)
    with (server / "releases/lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = release(server, "ccc")
    assert (done.returncode, calls(server), state(server)) == (1, [], before)
    assert "another release" in done.stderr


def test_a_line_that_breaks_does_not_break_it_off(server):
    """Whoever started it by ssh has gone: nobody reads what it and the engine say."""
    (server / "docker").write_text(ENGINE + "echo told >&2\n")
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([server / "deploy/release", "ccc"], env=given(server), stdout=write, stderr=write)
    os.close(write)
    assert (done.returncode, tag(server)) == (0, ["ccc"])
    wait_for(lambda: "ccc serves" in (server / "releases/log").read_text())


def test_what_nobody_goes_back_to_makes_room(server):
    """After the fourth the first, and one that never served."""
    (server / "images").write_text("aaa\nbbb\nfailed\n")
    bring(server, "failed")
    assert release(server, "ccc").returncode == 0
    bring(server, "ddd")
    assert release(server, "ddd").returncode == 0
    kept = ["bbb", "ccc", "ddd"]
    assert served(server) == (server / "images").read_text().split() == kept
    assert sorted(path.name for path in (server / "releases").iterdir() if path.is_dir()) == kept
