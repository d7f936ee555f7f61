"""Reminders due in one minute, through real workers to Expo's stand-in, which refuses more than 600 a second."""

import contextlib
import os
import random
import signal
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass

from benchmarks import harness
from benchmarks.harness import Site
from benchmarks.results import Cell, Goal, Result, Table
from sandbox.engines.valkey import Valkey
from sandbox.home import PROJECT
from sandbox.process import Child, spawn
from sandbox.standins import Standins
from sandbox.standins.expo import Expo
from sandbox.supervisor import Service

MANY, MOST, FEW = 30_000, 300_000, 600
WORKERS = 2
# Longer than any run should take: leases of killed workers included.
_PATIENCE = 300.0
_KILL_EVERY = (5.0, 9.0)
_BROKER = "Valkey (broker)"
_PEOPLE = """
INSERT INTO accounts_user (id, password, is_superuser, nickname, picture, time_zone, meal_times, large_text,
  prefs_version, session_epoch, is_staff, is_active, created_at)
SELECT md5('bench' || n)::uuid, '', false, '', '', 'Asia/Seoul', '{}', false, 1, 0, false, true, now()
FROM generate_series(1, %s) n
"""
_DEVICES = """
INSERT INTO schedule_device (id, user_id, token, platform, name, created_at)
SELECT gen_random_uuid(), id, 'ExponentPushToken[' || replace(id::text, '-', '') || ']', 'ios', '', now()
FROM accounts_user WHERE kakao_sub IS NULL AND username IS NULL
"""
_INTAKES = """
INSERT INTO schedule (id, user_id, plan_version, slot, scheduled_time, completed, item_seq, medicine_name, dose_amount,
  dose_unit, notes, changed_seq, remind_at)
SELECT gen_random_uuid(), md5('bench' || (1 + n %% %s))::uuid, 1, n::text, to_timestamp(%s), false, '', '약', 1, '정',
  '', 1, to_timestamp(%s)
FROM generate_series(1, %s) n
"""


@dataclass(slots=True)
class Outcome:
    """One run: seconds from the due minute to the last push, and what arrived."""

    due: int
    seconds: float
    received: Counter[str]
    refused: int
    unsure: int
    busiest: int
    kills: int = 0

    @property
    def lost(self) -> int:
        return self.due - len(self.received)

    @property
    def twice(self) -> int:
        return sum(count - 1 for count in self.received.values())


class Workers:
    """Celery workers of one process each and beat; killed and started again when asked."""

    def __init__(self, site: Site, expo_url: str) -> None:
        self.site = site
        self.env = site.env | {"EXPO_BASE_URL": expo_url, "LOG_LEVEL": "WARNING"}
        self.kills = 0
        self._children = [self._worker(number) for number in range(WORKERS)]
        beat = [*self._celery(), "beat", "--pidfile", ""]
        self._children.append(spawn("beat", beat, log=site.home.logs / "beat.log", env=self.env, cwd=PROJECT))

    def close(self) -> None:
        for child in self._children:
            child.stop(patience=30)

    def kill(self, *numbers: int) -> None:
        """SIGKILL to workers and their processes."""
        for number in numbers:
            os.killpg(self._children[number].process.pid, signal.SIGKILL)
            self._children[number].process.wait()
            self.kills += 1

    def replace(self, *numbers: int) -> None:
        """New ones in the place of those that were killed."""
        for number in numbers:
            self._children[number] = self._worker(number)

    def _worker(self, number: int) -> Child:
        command = [*self._celery(), "worker", "--concurrency", "1", "--queues", "reminders", "-n", f"bench{number}@%h"]
        log = self.site.home.logs / f"worker-{number}.log"
        return spawn(f"worker {number}", command, log=log, env=self.env, cwd=PROJECT)

    @staticmethod
    def _celery() -> list[str]:
        return [sys.executable, "-m", "celery", "-A", "config"]


def run(*, quick: bool) -> Result:
    with Site(quick=quick, borrow=quick) as site, Standins(detail_seconds=0) as standins:
        site.migrate()
        _own_broker(site)
        result = Result("reminders", "Reminders due in one minute", "made-up people, ten intakes each", quick=quick)
        sizes = [FEW] if quick else [MANY] if os.environ.get("PILLING_BENCH_SHORT") else [MANY, MOST]
        with contextlib.ExitStack() as stack:
            # A quick run measures nothing, so its workers may stay; else none is there while rows are made.
            kept = stack.enter_context(_workers(site, standins)) if quick else None
            plain = [_measure(site, standins, kept, size, kill=False) for size in sizes]
            killed = _measure(site, standins, kept, sizes[0], kill=True)
    result.tables.append(_table([*plain, killed]))
    result.goals += _goals(plain, killed)
    result.notes.append(
        f"{WORKERS} workers of one process, beat, the embedded PostgreSQL and Valkey and the stand-in on the same "
        "machine. Time runs from the minute in which they are due to the last push that the stand-in took. In the last "
        "run a worker is killed (SIGKILL, process group) every 5 to 9 s and the broker once; a push is “twice” when "
        "the worker died between handing it over and writing that down, which the product counts as unsure."
    )
    return result


def _own_broker(site: Site) -> None:
    """One that may be killed, where the site's is lent to other benchmarks."""
    if not any(service.name == _BROKER for service in site.supervisor.services):
        broker = Valkey(site.home, "broker")
        site.supervisor.start(Service(_BROKER, broker.start))
        site.env["CELERY_BROKER_URL"] = broker.url


def _workers(site: Site, standins: Standins) -> contextlib.closing[Workers]:
    return contextlib.closing(Workers(site, standins.url("expo")))


def _measure(site: Site, standins: Standins, kept: Workers | None, size: int, *, kill: bool) -> Outcome:
    standins.reset()
    expo = standins.stand("expo").vendor
    assert isinstance(expo, Expo)
    due_at = _prepare(site, size)
    with contextlib.nullcontext(kept) if kept else _workers(site, standins) as workers:
        _pass(site, _Killer(site, workers, expo, brief=size == FEW) if kill else None, size)
        outcome = _outcome(site, expo, size, due_at, workers.kills)
    print(f"{size:,} due: {outcome.seconds:.1f} s, {outcome.lost} lost, {outcome.twice} twice", flush=True)
    return outcome


def _pass(site: Site, killer: "_Killer | None", size: int) -> None:
    """Until all are handed over."""
    if killer:
        killer.start()
    try:
        _wait(site, size / 540 + _PATIENCE)
    finally:
        if killer:
            killer.stop()


def _prepare(site: Site, size: int) -> float:
    site.query("TRUNCATE schedule_push, schedule, schedule_device CASCADE")
    site.query("DELETE FROM accounts_user")
    site.query(_PEOPLE, [size // 10])
    site.query(_DEVICES)
    # Workers need some seconds to start; nothing is due before they are there, where it is measured.
    due_at = time.time() + (2 if size == FEW else 20 + size / 30_000)
    site.query(_INTAKES, [size // 10, due_at, due_at, size])
    site.query("ANALYZE")
    return due_at


class _Killer:
    """Kills a worker every few seconds, and the broker once, until stopped; `brief`: all at the first push, once."""

    def __init__(self, site: Site, workers: Workers, expo: Expo, *, brief: bool) -> None:
        self._site, self._workers, self._expo = site, workers, expo
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._all_at_once if brief else self._go)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def _go(self) -> None:
        self._over.wait(25)
        for number in range(6):
            if self._over.wait(random.uniform(*_KILL_EVERY)):
                return
            one = random.randrange(WORKERS)
            self._workers.kill(one)
            self._workers.replace(one)
            if number == 2:
                self._restart_broker()
        # What this thread started is ended with it (PR_SET_PDEATHSIG).
        self._over.wait()

    def _all_at_once(self) -> None:
        while not self._expo.arrivals:
            if self._over.wait(0.01):
                return
        self._workers.kill(*range(WORKERS))
        self._restart_broker()
        # The minute that their leases last.
        self._site.query("UPDATE schedule_push SET lease_until = now() WHERE lease_until IS NOT NULL")
        self._workers.replace(*range(WORKERS))
        self._over.wait()

    def _restart_broker(self) -> None:
        service = next(one for one in self._site.supervisor.services if one.name == _BROKER)
        if service.child:
            service.child.process.kill()
            service.child.process.wait()
        service.child = Valkey(self._site.home, "broker").start()


def _wait(site: Site, seconds: float) -> None:
    """Until no intake and no message waits any more."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        time.sleep(1)
        [[waiting]] = site.query(
            "SELECT (SELECT count(*) FROM schedule WHERE remind_at IS NOT NULL)"
            " + (SELECT count(*) FROM schedule_push WHERE state IN ('queued', 'claimed', 'sending'))"
        )
        if not waiting:
            return


def _outcome(site: Site, expo: Expo, size: int, due_at: float, kills: int) -> Outcome:
    last = max((at for at, _ in expo.arrivals), default=0.0)
    offset = time.time() - time.monotonic()
    [[unsure]] = site.query("SELECT coalesce(sum(unsure), 0) FROM schedule_push")
    received = Counter(expo.received)
    return Outcome(size, last + offset - due_at, received, expo.refused, int(unsure), _busiest(expo.arrivals), kills)


def _busiest(arrivals: list[tuple[float, int]]) -> int:
    """Most pushes in any second."""
    most, start, total = 0, 0, 0
    for at, count in arrivals:
        total += count
        while arrivals[start][0] <= at - 1:
            total -= arrivals[start][1]
            start += 1
        most = max(most, total)
    return most


def _table(outcomes: list[Outcome]) -> Table:
    columns = ["due", "killed", "seconds", "a second", "busiest second", "refused (429)", "lost", "twice", "unsure"]
    rows: list[list[Cell]] = [
        [one.due, one.kills, round(one.seconds, 1), round(one.due / one.seconds), one.busiest, one.refused, one.lost,
         one.twice, one.unsure]
        for one in outcomes
    ]  # fmt: skip
    return Table("From due to handed over", columns, rows)


def _goals(plain: list[Outcome], killed: Outcome) -> list[Goal]:
    goals = []
    for one in plain:
        limit = 600 if one.due > MANY else 60
        goals.append(Goal(f"{one.due:,} handed over", f"≤ {limit} s", f"{one.seconds:.1f} s", one.seconds <= limit))
        exact = one.lost == 0 and one.twice == 0
        goals.append(Goal(f"{one.due:,}: each exactly once", "0 lost, 0 twice", f"{one.lost}, {one.twice}", exact))
    goals.append(Goal("workers and broker killed: none lost", "0", str(killed.lost), killed.lost == 0))
    told = killed.twice <= killed.unsure
    goals.append(Goal("none twice but the unsure", f"≤ {killed.unsure}", str(killed.twice), told))
    return goals


if __name__ == "__main__":
    harness.main(run)
