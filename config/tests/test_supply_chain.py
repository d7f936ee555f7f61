"""What the product is made of: pinned with hashes, watched for known holes, and without a secret in it."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from detect_secrets import SecretsCollection
from detect_secrets.settings import transient_settings

from sandbox.home import PROJECT

LOCKED = sorted(PROJECT.glob("requirements*.txt"))
# Full of hashes, which look like secrets.
HASHES = re.compile(r"(requirements.*\.txt|\.secrets\.baseline)$")
BASELINE = json.loads((PROJECT / ".secrets.baseline").read_text())


@pytest.mark.parametrize("file", LOCKED, ids=lambda file: file.name)
def test_every_package_is_pinned_with_hashes(file):
    """One `name==version` a package and at least one hash below it; no address of another place."""
    text = file.read_text()
    assert not re.search(r"^(-e|--index-url|--extra-index-url|--find-links)|\b(git\+|https?://)", text, re.MULTILINE)
    packages = re.split(r"^(?=[A-Za-z0-9])", text.replace("\\\n", " "), flags=re.MULTILINE)[1:]
    assert len(packages) > 20
    for package in packages:
        assert re.match(r"[A-Za-z0-9._-]+==[^ ;]+ .*--hash=sha256:[0-9a-f]{64}", package), package[:80]


@pytest.mark.parametrize("file", LOCKED, ids=lambda file: file.name)
def test_the_lock_has_all_that_was_asked_for(file):
    asked = [
        re.split(r"[\[~=<> #]", line)[0].lower().replace(".", "-")
        for line in file.with_suffix(".in").read_text().splitlines()
        if line and line[0] not in "#-"
    ]
    locked = {line.split("==")[0] for line in file.read_text().splitlines() if "==" in line}
    assert asked
    assert set(asked) <= locked


def test_dependabot_watches_packages_and_actions():
    watched = yaml.safe_load((PROJECT / ".github" / "dependabot.yml").read_text())["updates"]
    assert {each["package-ecosystem"] for each in watched} == {"pip", "github-actions", "docker", "docker-compose"}


@pytest.mark.parametrize("file", sorted((PROJECT / ".github/workflows").glob("*.yml")), ids=lambda file: file.name)
def test_workflows_may_only_read(file):
    flow = yaml.safe_load(file.read_text())
    assert flow["permissions"] == {"contents": "read"}
    # The key `on` is read as true.
    assert "pull_request_target" not in flow[True]
    uses = [step for job in flow["jobs"].values() for step in job["steps"] if "checkout" in step.get("uses", "")]
    assert all(step["with"]["persist-credentials"] is False for step in uses)


def found(*files):
    with transient_settings({name: BASELINE[name] for name in ("plugins_used", "filters_used")}):
        collection = SecretsCollection(root=str(PROJECT))
        for file in files:
            collection.scan_file(file)
        return {(file, secret.secret_hash) for file, secret in collection}


def test_no_secret_is_in_the_repository():
    """What is known to be none (made up for a test, an alphabet) is in .secrets.baseline:
    `detect-secrets scan --baseline .secrets.baseline` writes it anew, `detect-secrets audit` shows it."""
    if not (PROJECT / ".git").exists() or not shutil.which("git"):
        pytest.skip("no git checkout: what belongs to the repository is not known")
    listed = subprocess.run(["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    files = [name for name in listed.splitlines() if (PROJECT / name).is_file() and not HASHES.search(name)]
    assert len(files) > 100
    known = {(file, one["hashed_secret"]) for file, ones in BASELINE["results"].items() for one in ones}
    assert not found(*files) - known


def test_a_secret_would_be_found(tmp_path):
    key = tmp_path / "settings.py"
    key.write_text("KEY = '" + "AKIA" + "IOSFODNN7EXAMPL1'\n-----BEGIN " + "RSA PRIVATE KEY-----\n")
    assert len(found(str(key))) == 2


@pytest.mark.parametrize("file", sorted((PROJECT / ".github/workflows").glob("*.yml")), ids=lambda file: file.name)
def test_workflows_are_well_formed_and_their_actions_pinned(file):
    """To a commit: a tag may be moved to another one."""
    tool = Path(sys.executable).parent / "check-jsonschema"
    done = subprocess.run([tool, "--builtin-schema", "vendor.github-workflows", file], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    used = re.findall(r"uses: (\S+)( # v[\d.]+)?", file.read_text())
    assert used
    assert all(re.search(r"@[0-9a-f]{40}$", action) and version for action, version in used)
