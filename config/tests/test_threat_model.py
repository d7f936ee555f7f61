"""docs/threat-model.md names a test for each threat; a test that is renamed or gone is missed here."""

import re

import pytest

from sandbox.home import PROJECT

THREATS = (PROJECT / "docs" / "threat-model.md").read_text().split("## Threats", 1)[1].split("\n\n")[0].splitlines()[3:]
NAMED = sorted({test for line in THREATS for test in re.findall(r"`(\w[\w/]*/test_\w+\.py(?:::\w+)?)`", line)})


def test_every_threat_has_a_test():
    assert len(THREATS) > 25
    for line in THREATS:
        assert re.search(r"/test_\w+\.py", line.rstrip("| ").rsplit("|", 1)[1]), line


@pytest.mark.parametrize("test", NAMED)
def test_the_test_exists(test):
    file, _, name = test.partition("::")
    text = (PROJECT / file).read_text()
    assert f"\ndef {name}(" in text if name else "\ndef test_" in text
