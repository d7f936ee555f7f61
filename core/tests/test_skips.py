"""Skips where nothing may be missing, by a pytest of its own."""

import os
import subprocess
import sys

import pytest

from core.tests.skips import VARIABLE
from sandbox.home import PROJECT

_TESTS = """
import pytest

@pytest.mark.skipif(True, reason="needs Debian's package nginx")
def test_marked(): pass

def test_in_its_body(): pytest.skip("no Chromium on this machine")

@pytest.fixture
def missing(): pytest.skip("no server")

def test_by_a_fixture(missing): pass

@pytest.mark.skipif(True, reason="the full data (../shared) is not here")
def test_data(): pass

@pytest.mark.xfail(reason="known")
def test_known(): assert False

def test_good(): pass
"""


@pytest.fixture
def told(tmp_path):
    (tmp_path / "conftest.py").write_text("from core.tests.skips import pytest_runtest_makereport\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_skips.py").write_text(_TESTS)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:django", str(tmp_path)]

    def run(**variables):
        env = {name: value for name, value in os.environ.items() if name != VARIABLE} | variables
        env["PYTHONPATH"] = str(PROJECT)
        return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True).stdout

    return run


def test_skips_are_skips_on_a_developers_machine(told):
    assert "1 passed, 4 skipped, 1 xfailed" in told()


def test_where_all_is_installed_only_data_may_be_missing(told):
    output = told(**{VARIABLE: "1"})
    assert "1 failed, 1 passed, 1 skipped, 1 xfailed, 2 errors" in output
    assert "needs Debian's package nginx" in output


def test_ci_asks_for_it():
    assert f"export {VARIABLE}=1" in (PROJECT / ".ci" / "run").read_text()
