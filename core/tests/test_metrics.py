import os
import subprocess
import sys

import pytest
from prometheus_client import CollectorRegistry, Counter, generate_latest

from core import metrics

_SCRIPT = """
import os, sys
from core import metrics
from prometheus_client import generate_latest
if sys.argv[1] == "work":
    metrics.cache_requests.labels("memory", "hit").inc(int(sys.argv[2]))
    metrics.cache_requests.labels("memory", "miss").inc(1)
    metrics.memory_entries.set(10)
    print(os.getpid())
elif sys.argv[1] == "dead":
    metrics.mark_dead(int(sys.argv[2]))
elif sys.argv[1] == "wipe":
    metrics.wipe_multiproc_dir()
else:
    print(generate_latest(metrics.registry()).decode())
"""


def run(folder, *arguments):
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(folder)}
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, *map(str, arguments)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_processes_are_added_up_and_dead_ones_forgotten(tmp_path):
    folder = tmp_path / "metrics"
    run(folder, "wipe")
    first = run(folder, "work", 3)
    run(folder, "work", 3)
    page = run(folder, "page")
    assert 'cache_requests_total{outcome="hit",tier="memory"} 6.0' in page
    assert 'cache_hit_rate_percent{tier="memory"} 75.0' in page
    assert "memory_tier_entries 20.0" in page
    run(folder, "dead", first.strip())
    page = run(folder, "page")
    assert 'cache_requests_total{outcome="hit",tier="memory"} 6.0' in page
    assert "memory_tier_entries 0.0" in page
    run(folder, "wipe")
    assert "cache_requests_total{" not in run(folder, "page")


_POOL = """
import os, signal
from core import metrics
from prometheus_client import generate_latest
def child(number):
    metrics.tasks.labels("a-task", "succeeded").inc()
    metrics.push_delay.observe(number)
    metrics.breaker_open.labels("expo").set(number)
    metrics.memory_entries.set(1000)
    if number % 2:
        os.kill(os.getpid(), signal.SIGKILL)
    metrics.mark_dead(os.getpid())
    os._exit(0)
metrics.memory_entries.set(7)
for number in range(1, 21):
    if (pid := os.fork()) == 0:
        child(number)
    os.waitpid(pid, 0)
metrics.mark_dead(0)
print(generate_latest(metrics.registry()).decode())
"""


def test_the_processes_of_a_pool_leave_their_figures_and_no_files(tmp_path):
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    command = [sys.executable, "-c", _POOL]
    page = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    assert 'celery_tasks_total{outcome="succeeded",task="a-task"} 20.0' in page
    assert 'reminder_delay_seconds_bucket{le="10.0"} 10.0' in page
    assert "reminder_delay_seconds_sum 210.0" in page
    assert "reminder_delay_seconds_count 20.0" in page
    assert 'circuit_breaker_open{vendor="expo"} 20.0' in page
    assert "memory_tier_entries 7.0" in page
    # What the pool left, and the parent's own.
    assert len(list(tmp_path.glob("*.db"))) <= 3 + 4


def test_hit_rates_come_from_the_counters():
    source = CollectorRegistry()
    counter = Counter("cache_requests_total", "x", ["tier", "outcome"], registry=source)
    for tier, outcome, count in [
        ("memory", "hit", 80),
        ("memory", "miss", 20),
        ("redis", "hit", 15),
        ("redis", "miss", 5),
    ]:
        counter.labels(tier, outcome).inc(count)
    registry = CollectorRegistry()
    registry.register(metrics.WithHitRates(source))
    page = generate_latest(registry).decode()
    assert 'cache_hit_rate_percent{tier="memory"} 80.0' in page
    assert 'cache_hit_rate_percent{tier="redis"} 75.0' in page
    assert 'cache_hit_rate_percent{tier="all"} 95.0' in page


@pytest.mark.urls("core.tests.urls")
@pytest.mark.django_db
def test_the_seeds_four_metrics_are_on_the_page(client):
    client.get("/readyz")
    page = client.get("/metrics").content.decode()
    for name in ("api_response_time_seconds", "cache_hit_rate_percent", "external_api_calls_total", "api_errors_total"):
        assert f"# TYPE {name} " in page
