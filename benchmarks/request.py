"""One cached search, whole: requests a second against a bare Django view that returns the same bytes."""

import statistics
import subprocess

import requests

from benchmarks import harness, wrk
from benchmarks.client import Ask, run_clients, search_path
from benchmarks.harness import Site, Web
from benchmarks.results import Cell, Goal, Result, Table
from sandbox.home import PROJECT

_QUERY = "타이레놀"
BARE, FULL, SIGNED_IN, UNLIMITED, REDIS, REDIS_UNLIMITED = (
    "bare Django view (gunicorn sync)",
    "memory hit, throttle, metrics and log on",
    "the same, signed in",
    "memory hit, throttle off",
    "Redis hit, throttle on",
    "Redis hit, throttle off",
)
# The goals of docs/benchmarks.md: variant, least share of the bare view.
_GOALS = ((FULL, 0.45), (SIGNED_IN, 0.4), (UNLIMITED, 0.7), (REDIS_UNLIMITED, 0.35))

# Redis hits come from a product whose memory keeps nothing.
_VARIANTS = {
    UNLIMITED: {"THROTTLE_ENABLED": "0"},
    REDIS: {"L1_SECONDS": "0"},
    REDIS_UNLIMITED: {"L1_SECONDS": "0", "THROTTLE_ENABLED": "0"},
}


def run(*, quick: bool) -> Result:
    rounds, seconds = (1, 1) if quick else (5, 6)
    with Site(quick=quick) as site:
        result = Result("request", "One search, whole", site.load())
        webs = _start(site)
        load = _wrk if wrk.is_here() else _clients
        rates: dict[str, list[float]] = {name: [] for name in webs}
        costs: dict[str, list[float]] = {name: [] for name in webs}
        for web in () if quick else webs.values():
            load(web, 1)
        for _ in range(rounds):
            tokens = {SIGNED_IN: _token(site)}
            for name, web in webs.items():
                before = _cpu_seconds(web)
                rates[name].append(load(web, seconds, tokens.get(name, "")))
                costs[name].append((_cpu_seconds(web) - before) / (rates[name][-1] * seconds) * 1e6)
        _describe(result, rates, costs)
        result.notes += [
            f"{load.__doc__}",
            f"One query, 2 server processes, {seconds} s a round, medians of {rounds} interleaved rounds.",
            "A share is the median of the rounds' own shares, since the machine's speed drifts between them.",
            "The limits are raised, not removed. The bare view returns the bytes of the product's own answer.",
        ]
    return result


def _start(site: Site) -> dict[str, Web]:
    """Every variant on its own port; in a quick run one with all of the variables, since a start is what is dear."""
    full = site.start_web()
    body = site.home.run / "body.json"
    body.write_bytes(_get(full).content)
    # With a second address gunicorn's sync workers would have to look which of them is asked.
    sync = {"GUNICORN_CMD_ARGS": "--worker-class sync", "WEB_PORTS": "", "BARE_BODY": str(body)}
    bare = site.start_web(workers=2, application="benchmarks.bare", **sync)
    variants = {name: each for name, each in _VARIANTS.items() if not site.quick or name == REDIS_UNLIMITED}
    return {BARE: bare, FULL: full, SIGNED_IN: full} | {
        name: site.start_web(workers=2, **variables) for name, variables in variants.items()
    }


def _token(site: Site) -> str:
    """An access token, as after a login; it lives ten minutes."""
    imports = "from accounts.models import User; from accounts.services.tokens import issue"
    code = f"{imports}; user, _ = User.objects.get_or_create(kakao_sub='1:1'); print(issue(user_id=user.pk).access)"
    command = site.command("shell", "--no-imports", "-c", code)
    done = subprocess.run(command, env=site.env, cwd=PROJECT, capture_output=True, text=True, check=True)
    return done.stdout.split()[-1]


def _cpu_seconds(web: Web) -> float:
    """What the server's workers have used; says more than a rate when something else has part of the machine."""
    times = [worker.cpu_times() for worker in web.workers]
    return sum(each.user + each.system for each in times)


def _get(web: Web) -> requests.Response:
    answer = requests.get(web.url + search_path(_QUERY), timeout=10)
    answer.raise_for_status()
    return answer


def _wrk(web: Web, seconds: int, token: str = "") -> float:
    """Requests a second as wrk sees them."""
    headers = [f"Authorization: Bearer {token}"] if token else []
    return wrk.hammer(web.url + search_path(_QUERY), seconds=seconds, headers=headers).per_second


def _clients(web: Web, seconds: int, token: str = "") -> float:
    """Requests a second as our own clients see them, which use a good part of the machine themselves."""
    asks = [Ask("search", search_path(_QUERY), token=token)] * (seconds * 20_000)
    load = run_clients(web.port, asks, clients=4, seconds=seconds)
    if bad := [sample for sample in load.samples if sample.status != 200]:
        raise RuntimeError(f"{len(bad)} answers were errors")
    return load.per_second


def _describe(result: Result, rates: dict[str, list[float]], costs: dict[str, list[float]]) -> None:
    medians = {name: statistics.median(each) for name, each in rates.items()}
    cpu = {name: statistics.median(each) for name, each in costs.items()}
    shares = {name: _share(rates, name) for name in rates}
    rows: list[list[Cell]] = [
        [name, round(rate), round(shares[name], 2), round(cpu[name]), round(cpu[BARE] / cpu[name], 2),
         ", ".join(f"{each:.0f}" for each in rates[name])]
        for name, rate in medians.items()
    ]  # fmt: skip
    result.tables.append(
        Table("Requests a second", ["what", "median", "× bare", "CPU µs", "bare CPU / its CPU", "rounds"], rows)
    )
    for name, least in ((name, least) for name, least in _GOALS if name in shares):
        result.goals.append(Goal(name, f"≥ {least} of bare", f"{shares[name]:.2f}", shares[name] >= least))


def _share(rates: dict[str, list[float]], name: str) -> float:
    return statistics.median(each / bare for each, bare in zip(rates[name], rates[BARE], strict=True))


if __name__ == "__main__":
    harness.main(run)
