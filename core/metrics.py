"""Every metric of the product, and `/metrics`. Labels are names of ours (route, vendor, tier), never what a user sent.

Each service (web, worker) has a directory of its own in PROMETHEUS_MULTIPROC_DIR, because the web's master wipes its
directory when it starts and the worker may live in another container.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

from django.http import HttpRequest, HttpResponse
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
    multiprocess,
)
from prometheus_client import REGISTRY as PROCESS_REGISTRY
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from core import metric_files


def multiproc_dir() -> Path | None:
    given = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    return Path(given) if given else None


if folder := multiproc_dir():
    # The metrics below open their files as they are made.
    folder.mkdir(parents=True, exist_ok=True)

# A "_created" series beside each counter doubles the page and tells nothing that we use.
disable_created_metrics()  # type: ignore[no-untyped-call]

response_time = Histogram(
    "api_response_time_seconds",
    "Time inside the server for one request.",
    ["route", "method", "status"],
    buckets=(0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 3, 10),
)
api_errors = Counter("api_errors_total", "Answers that were problem documents.", ["route", "type"])
cache_requests = Counter("cache_requests_total", "Cache look-ups by key.", ["tier", "outcome"])
cache_failures = Counter("cache_failures_total", "Cache operations that failed and were taken as misses.", ["tier"])
catalogue_reads = Counter("catalogue_reads_total", "Reads past the caches, where there is a replica.", ["server"])
external_calls = Counter("external_api_calls_total", "Calls sent to outside services.", ["vendor", "outcome"])
throttle_fail_open = Counter("throttle_fail_open_total", "Requests let through because the limits could not be read.")
throttled = Counter("throttled_requests_total", "Requests refused for being too many.", ["scope"])
staff_locked_out = Counter("staff_locked_out_total", "Lock-outs of the staff login after repeated failures.")
tasks = Counter("celery_tasks_total", "Background tasks.", ["task", "outcome"])
enqueue_failures = Counter("celery_enqueue_failures_total", "Tasks that could not be handed to the broker.", ["task"])
mirror_completed = Gauge(
    "mirror_completed_timestamp_seconds", "When a source was last mirrored to its end.", ["source"],
    multiprocess_mode="mostrecent",
)  # fmt: skip
memory_entries = Gauge("memory_tier_entries", "Entries in the in-process tier.", multiprocess_mode="livesum")
memory_bytes = Gauge("memory_tier_bytes", "Bytes in the in-process tier.", multiprocess_mode="livesum")
breaker_open = Gauge(
    "circuit_breaker_open", "1 while calls to a vendor are held back.", ["vendor"], multiprocess_mode="mostrecent"
)
gate_refusals = Counter("summary_gate_refusals_total", "Sentences of a model that were refused.", ["rule"])
model_calls = Counter("summary_model_calls_total", "Calls of a model for summaries.", ["purpose", "outcome"])
model_cost = Counter("summary_model_cost_usd_total", "What these calls cost by the price table.", ["purpose", "model"])
budget_spent = Gauge(
    "summary_budget_spent_ratio", "Share of this month's model budget that is spent.", multiprocess_mode="mostrecent"
)
pushes = Counter("reminder_pushes_total", "Reminder messages by what became of them.", ["outcome"])
push_delay = Histogram(
    "reminder_delay_seconds",
    "From the moment a dose was due to be told of until Expo took the message.",
    buckets=(1, 5, 10, 20, 30, 60, 120, 300, 900, 1800),
)


def begin_at_zero(counter: Counter, *labels: tuple[str, ...]) -> None:
    """For what an alert looks at: a series that appears with its first event shows no increase for it."""
    for each in labels:
        counter.labels(*each)


_TIERS_IN_CACHE = ("memory", "redis")


class _Source(Protocol):
    def collect(self) -> Iterable[Metric]: ...


class _Processes:
    """All processes of this service, those that ended too."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterable[Metric]:
        with metric_files.reading(self._folder):
            return list(multiprocess.MultiProcessCollector(None).collect())  # type: ignore[no-untyped-call]


class WithHitRates(Collector):
    """A source of metrics, plus `cache_hit_rate_percent{tier}` computed from its counters.

    Per tier: hits of the look-ups that reached it. `tier="all"`: look-ups answered before the database.
    """

    def __init__(self, source: _Source) -> None:
        self._source = source

    def collect(self) -> Iterator[Metric]:
        hits: dict[str, float] = {}
        asked: dict[str, float] = {}
        for metric in self._source.collect():
            yield metric
            if metric.name == "cache_requests":
                _count(metric, hits, asked)
        yield _hit_rates(hits, asked)


def _count(metric: Metric, hits: dict[str, float], asked: dict[str, float]) -> None:
    for sample in metric.samples:
        if sample.name == "cache_requests_total":
            tier = sample.labels["tier"]
            asked[tier] = asked.get(tier, 0) + sample.value
            if sample.labels["outcome"] == "hit":
                hits[tier] = hits.get(tier, 0) + sample.value


def _hit_rates(hits: dict[str, float], asked: dict[str, float]) -> Metric:
    rates = GaugeMetricFamily("cache_hit_rate_percent", "Share of look-ups that a tier answered.", labels=["tier"])
    for tier, count in asked.items():
        if count:
            rates.add_metric([tier], 100 * hits.get(tier, 0) / count)
    if asked.get("memory"):
        rates.add_metric(["all"], 100 * sum(hits.get(tier, 0) for tier in _TIERS_IN_CACHE) / asked["memory"])
    return rates


def registry() -> CollectorRegistry:
    """A registry over every process of this service (or this process alone outside multiprocess mode)."""
    combined = CollectorRegistry()
    source: _Source = PROCESS_REGISTRY
    if folder := multiproc_dir():
        source = _Processes(folder)
    combined.register(WithHitRates(source))
    return combined


def metrics_view(request: HttpRequest) -> HttpResponse:
    """`/metrics` in Prometheus' text format; nginx does not pass it to the outside."""
    return HttpResponse(generate_latest(registry()), content_type=CONTENT_TYPE_LATEST)


def wipe_multiproc_dir() -> None:
    """Remove the last run's files. For the master alone, before it starts a worker."""
    own = f"_{os.getpid()}.db"
    for file in folder.glob("*.db") if folder else ():
        if not file.name.endswith(own):
            file.unlink(missing_ok=True)


def mark_dead(pid: int) -> None:
    """Forget the live gauges of a process that ends (gunicorn's `child_exit`), gather the files of those that ended."""
    if folder := multiproc_dir():
        multiprocess.mark_process_dead(pid)  # type: ignore[no-untyped-call]
        metric_files.gather(folder)
