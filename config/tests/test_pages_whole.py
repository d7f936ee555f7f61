"""Pages that many write at once are not torn: a merge of both sides once left halves of entries in one another."""

import re
from collections import Counter
from itertools import combinations

import pytest

from sandbox.home import PROJECT

DOCS = PROJECT / "docs"
RUNBOOK, DECISIONS = ((DOCS / name).read_text() for name in ("runbook.md", "decisions.md"))
PAGES = {"runbook": RUNBOOK, "decisions": DECISIONS}


def prose(text):
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES)
def test_no_heading_stands_twice(page):
    found = Counter(re.findall(r"^##+ .+", prose(PAGES[page]), re.MULTILINE))
    assert len(found) > 20
    assert [heading for heading, count in found.items() if count > 1] == []


@pytest.mark.parametrize("page", PAGES)
def test_no_line_stands_beside_another_wording_of_itself(page):
    lines = [line for line in prose(PAGES[page]).splitlines() if not line.startswith("|")]
    near = (pair for start in range(len(lines)) for pair in combinations(lines[start : start + 5], 2))
    assert {(one, other) for one, other in near if len(one) > 60 and one[:30] == other[:30]} == set()


def test_every_entry_of_the_runbook_stands_apart_and_says_more_than_a_line():
    entries = RUNBOOK.partition("## When something is wrong\n")[2].partition("\n## ")[0]
    found = re.split(r"^### (.+)\n", entries, flags=re.MULTILINE)[1:]
    bodies = dict(zip(found[::2], found[1::2], strict=True))
    assert len(bodies) > 15
    assert [name for name, body in bodies.items() if len(body.strip().splitlines()) < 2] == []
    assert [name for name, body in list(bodies.items())[:-1] if not body.endswith("\n\n")] == []


def test_every_block_of_the_runbook_is_shut():
    assert len(re.findall(r"^```", RUNBOOK, re.MULTILINE)) == 2 * len(re.findall(r"^```\w+$", RUNBOOK, re.MULTILINE))
