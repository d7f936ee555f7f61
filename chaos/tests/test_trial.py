"""The harness itself: a fault that fails or hangs is told, mended, and no hindrance to the next."""

import threading
import time
from typing import ClassVar

import pytest

from chaos import machine, report
from chaos.fault import Fault, OutOfTime, within
from chaos.load import Crowd, Person, Seen, failures, p99, share
from chaos.trial import _harm, tried


class Whole:
    """A site of which nothing is asked but to be mended."""

    def __init__(self):
        self.mended = 0

    def mend(self):
        self.mended += 1


def bad(site):
    raise AssertionError("a task was lost\nand more")


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (lambda site: "nothing", ("nothing", True)),
        (bad, ("**not as it should be**: AssertionError: a task was lost", False)),
        (lambda site: time.sleep(30), ("**not as it should be**: OutOfTime: not ended within 1 s", False)),
    ],
)
def test_what_a_fault_tells(harm, told):
    site = Whole()
    assert _harm(site, Fault("a fault", harm, seconds=1)) == told
    assert site.mended == 1


def test_what_hangs_is_cut_off():
    with pytest.raises(OutOfTime), within(1):
        time.sleep(30)


def test_when_time_is_up_the_rest_is_told_as_nottried(monkeypatch):
    monkeypatch.setattr("chaos.trial._LONGEST", -1.0)
    (outcome,) = tried(Whole(), None, [Fault("a fault", bad)])
    assert (outcome.well, outcome.told) == (False, "**not tried**: no time was left")
    assert report.verdict([outcome]) == "0 of 1 faults were met. Worse than it may be: a fault (at most 0 %)."


class Somebody:
    """Whoever is looked at has seen one answer."""

    seen: ClassVar = [Seen(0.0, 0.001, 200, "GET medicines")]
    alive = True

    def since(self, moment):
        return self.seen

    def settle(self):
        """Nothing is waited for."""

    def is_whole(self):
        return self.alive

    def lost(self):
        return 0


class Nobody(Somebody):
    seen: ClassVar = []


class Fewer(Somebody):
    alive = False


@pytest.mark.parametrize(("crowd", "well"), [(Somebody(), True), (Nobody(), False), (Fewer(), False)])
def test_what_nobody_saw_is_not_met(crowd, well, monkeypatch):
    monkeypatch.setattr("chaos.trial.CALM", 0.0)
    (outcome,) = tried(Whole(), crowd, [Fault("a fault", lambda site: "fine")])
    assert outcome.well is well


@pytest.mark.parametrize(
    ("only", "what", "well"),
    [("", "GET scraps", True), ("GET new", "GET new", True), ("GET new", "GET scraps", False)],
)
def test_only_what_may_fail_may(monkeypatch, only, what, well):
    monkeypatch.setattr("chaos.trial.CALM", 0.0)
    people = Somebody()
    people.seen = [Seen(0.0, 0.001, 200, "GET medicines")] * 99 + [Seen(0.0, 0.001, 503, what)]
    (outcome,) = tried(Whole(), people, [Fault("a fault", lambda site: "fine", most=3.0, only=only)])
    assert outcome.well is well


class Slow(Person):
    """Its second request hangs."""

    def _wait(self):
        return 0.0

    def _wish(self):
        return "GET", "/api/v1/scraps", ""

    def _ask(self, method, path, body):
        if self.seen:
            self.hangs.set()
            self.ended.wait(1)
            self.ended.set()
            return 0
        return 200


def test_what_hangs_when_the_harm_is_over_is_seen():
    crowd = Crowd.__new__(Crowd)
    person = Slow(None, 0, token=None)
    person.hangs, crowd.people = threading.Event(), [person]
    crowd.start()
    assert person.hangs.wait(10)
    crowd.settle()
    assert [seen.status for seen in crowd.since(0.0)] == [200, 0]


def test_what_the_machine_cannot_do_is_skipped_and_not_met(monkeypatch):
    monkeypatch.setattr("chaos.trial.CALM", 0.0)
    monkeypatch.setattr(machine, "_FAKETIME", None)
    site, faults = Whole(), [Fault("the clock jumps", machine.clock), Fault("nothing", lambda site: "fine")]
    skipped, met = tried(site, Somebody(), faults)
    assert (skipped.skipped, skipped.well, met.skipped, met.well) == (True, False, False, True)
    row = "| the clock jumps | – | – | – | – | – | **skipped**: the package faketime is missing |"
    assert report.line(skipped) == row
    assert report.verdict([skipped, met]) == "1 of 2 faults were met. Skipped: the clock jumps."
    assert site.mended == 2


def test_figures():
    seen = [Seen(0.0, 0.001 * number, 200, "GET medicines") for number in range(1, 99)]
    seen += [Seen(0.0, 9.0, 503, "POST scraps"), Seen(0.0, 9.0, 0, "GET scraps")]
    assert (share(seen), p99(seen)) == (2.0, 98.0)
    assert failures(seen) == "503 POST scraps ×1, no answer GET scraps ×1"
