"""The feed of a person with 20 plans over 30 days, through gunicorn: whole, as a delta, and unchanged."""

import subprocess
import time
from datetime import UTC, datetime

import requests

from benchmarks import harness
from benchmarks.harness import Site
from benchmarks.results import Goal, Result, Table, milliseconds
from sandbox.home import PROJECT

PLANS, REQUESTS, QUICK = 20, 400, 20
_SIGN_IN = """
from accounts.models import User
from accounts.services import tokens
user = User.objects.create_user(kakao_sub="1000:bench", nickname="bench")
print(tokens.issue(user_id=user.pk, device="").access)
"""


def run(*, quick: bool) -> Result:
    with Site(quick=quick) as site:
        result = Result("feed", "The feed that phones fill their alarms from", site.load(), quick=quick)
        web = site.start_web()
        # Closed before the web is: it would wait for a connection that is kept.
        with requests.Session() as session:
            session.headers["Authorization"] = f"Bearer {_token(site)}"
            rows = _fill(session, web.url)
            _measure(result, session, web.url, QUICK if quick else REQUESTS)
    result.notes.append(
        f"One person with {PLANS} plans of three doses a day ({rows:,} intakes in the window), one request after "
        "another over a kept connection, until the client has read the last byte."
    )
    return result


def _token(site: Site) -> str:
    command = site.command("shell", "-c", _SIGN_IN)
    done = subprocess.run(command, env=site.env, cwd=PROJECT, capture_output=True, text=True, check=True)
    return done.stdout.split()[-1]


def _fill(session: requests.Session, url: str) -> int:
    for number in range(PLANS):
        plan = {"medicine_name": f"약{number}", "starts_on": datetime.now(UTC).date().isoformat()}
        times = {"times": ["08:00", "13:00", "20:00"]}
        session.post(f"{url}/api/v1/plans", json=plan | times, timeout=30).raise_for_status()
    return len(session.get(f"{url}/api/v1/schedules", timeout=30).json()["results"])


def _measure(result: Result, session: requests.Session, url: str, count: int) -> None:
    feed = f"{url}/api/v1/schedules"
    first = session.get(feed, timeout=30).json()
    dose, since = first["results"][0]["id"], first["sync_token"]

    def tick() -> None:
        session.patch(f"{feed}/{dose}", json={"notes": str(time.time())}, timeout=30).raise_for_status()

    whole = [_get(session, feed)[0] for _ in range(count)]
    changed = []
    for _ in range(count):
        tick()
        seconds, answer = _get(session, f"{feed}?since={since}")
        since = answer.json()["sync_token"]
        changed.append(seconds)
    figures = {"whole": milliseconds(whole, 50, 99), "a delta of one change": milliseconds(changed, 50, 99)}
    result.tables.append(Table("Milliseconds", ["", "p50", "p99"], [[name, *both] for name, both in figures.items()]))
    for name, limit in (("whole", 60), ("a delta of one change", 20)):
        p99 = figures[name][1]
        result.goals.append(Goal(f"{name}: p99", f"< {limit} ms", f"{p99} ms", p99 < limit))


def _get(session: requests.Session, url: str) -> tuple[float, requests.Response]:
    """The seconds until the last byte was read, and the answer."""
    started = time.perf_counter()
    answer = session.get(url, timeout=30)
    seconds = time.perf_counter() - started
    answer.raise_for_status()
    return seconds, answer


if __name__ == "__main__":
    harness.main(run)
