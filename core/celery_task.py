"""The base of every background task, and the one way to send one. `ops` registers who keeps dead tasks."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from celery.contrib.django.task import DjangoTask
from celery.exceptions import TimeLimitExceeded, WorkerLostError
from celery.signals import task_failure, task_unknown
from django.db import connections, transaction
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError

from core import context, metrics, stores, task_runs
from core.errors import BreakerOpen, VendorBadReply, VendorTimeout, VendorUnreachable
from core.logs import redact
from core.postgresql import DATABASE_AWAY

logger = logging.getLogger(__name__)
Args = tuple[Any, ...]
Kwargs = dict[str, Any]


@dataclass(frozen=True, slots=True)
class DeadTask:
    """A task that failed for good, with what is needed to send it again."""

    task_id: str
    name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    error: str
    attempts: int
    request_id: str


Keeper = Callable[[DeadTask], object]
_keepers: list[Keeper] = []


def on_final_failure(keeper: Keeper) -> None:
    """Register who keeps tasks that failed for good; in `AppConfig.ready`."""
    if keeper not in _keepers:
        _keepers.append(keeper)


class PillingTask(DjangoTask[..., Any]):
    """`@shared_task(base=PillingTask)`: late acknowledgement, limits, jittered retries when a vendor or database fails.

    Acknowledged late, redelivered when a worker is lost and retried when its process is, so a body must be safe to run
    twice.
    """

    abstract = True
    acks_late = True
    # A process that died under a task counts as one of its retries; rejecting alone would give it back for ever. It is
    # what happens when the broker does not take the retry.
    retry_on_worker_lost = True
    reject_on_worker_lost = True
    default_retry_delay = 5
    ignore_result = True
    soft_time_limit = 110
    time_limit = 120
    max_retries = 3
    autoretry_for = (VendorTimeout, VendorUnreachable, VendorBadReply, BreakerOpen, *DATABASE_AWAY)
    retry_backoff = 2
    # Nothing uses an ETA beyond a minute: farther ones are swept from columns.
    retry_backoff_max = 60
    retry_jitter = True

    @classmethod
    def on_bound(cls, app: object) -> None:
        metrics.begin_at_zero(metrics.tasks, (cls.name, "failed"))
        metrics.begin_at_zero(metrics.enqueue_failures, (cls.name,))

    def before_start(self, task_id: str, args: Args, kwargs: Kwargs) -> None:
        context.request_id.set(self._request_id(task_id))
        context.user_id.set("")
        self.request.began = perf_counter()  # type: ignore[attr-defined] # Celery's context takes any name
        self._record("started", task_id)

    def on_success(self, retval: object, task_id: str, args: Args, kwargs: Kwargs) -> None:
        self._record("succeeded", task_id)

    def on_retry(self, exc: Exception, task_id: str, args: Args, kwargs: Kwargs, einfo: object) -> None:
        self._record("retried", task_id, reason=type(exc).__name__)

    def on_failure(self, exc: Exception, task_id: str, args: Args, kwargs: Kwargs, einfo: object) -> None:
        self._record("failed", task_id, reason=type(exc).__name__)
        dead = DeadTask(
            task_id,
            self.name,
            tuple(args),
            dict(kwargs),
            _describe(exc),
            self.request.retries + 1,
            self._request_id(task_id),
        )
        for keep in _keepers:
            _keep(keep, dead)

    def _request_id(self, task_id: str) -> str:
        return str(self.request.get("request_id") or task_id)

    def _record(self, outcome: str, task_id: str, *, reason: str = "") -> None:
        metrics.tasks.labels(self.name, outcome).inc()
        began = getattr(self.request, "began", None) if outcome != "started" else None
        seconds = None if began is None else round(perf_counter() - began, 3)
        task_runs.record(self.name, outcome, seconds=seconds, reason=reason)
        level = logging.ERROR if outcome == "failed" else logging.INFO
        message = f"Task {outcome}: {reason}" if reason else f"Task {outcome}"
        logger.log(level, message, extra={"task": self.name, "task_id": task_id, "attempt": self.request.retries + 1})


@task_failure.connect
def _tell_of_the_dead(
    sender: Any, task_id: str, exception: BaseException, args: Args, kwargs: Kwargs, einfo: object, **rest: Any
) -> None:
    """In the pool's parent, since a process that died tells nobody. Of a time limit Celery has told the task itself."""
    if isinstance(exception, WorkerLostError):
        sender.on_failure(exception, task_id, args, kwargs, einfo)
    if isinstance(exception, (WorkerLostError, TimeLimitExceeded)):
        # The parent has no other use for PostgreSQL, and the next process is forked from it.
        connections.close_all()


@task_unknown.connect
def _tell_of_the_unknown(name: str, id: str, message: Any, **rest: Any) -> None:
    """Sent by a newer release, or by an older one for a task that is no more: Celery has thrown the message away."""
    metrics.tasks.labels(name, "failed").inc()
    args, kwargs, _ = message.payload
    headers = message.headers
    attempts, request_id = (headers.get("retries") or 0) + 1, str(headers.get("request_id") or id)
    dead = DeadTask(id, name, tuple(args), dict(kwargs), "NotRegistered", attempts, request_id)
    for keep in _keepers:
        _keep(keep, dead)
    connections.close_all()


def _describe(exc: BaseException) -> str:
    return redact(f"{type(exc).__name__}: {exc}")[:2_000]


def _keep(keep: Keeper, dead: DeadTask) -> None:
    try:
        keep(dead)
    except DATABASE_AWAY as error:
        extra = {"task": dead.name, "task_id": dead.task_id}
        logger.error("Dead task not kept, the database is away: %s", type(error).__name__, extra=extra)
    except Exception:
        logger.exception("Dead task not kept", extra={"task": dead.name, "task_id": dead.task_id})


def enqueue(task: Any, *args: Any, **kwargs: Any) -> bool:
    """Send a task after the running transaction commits (at once outside one).

    False when the broker could not take it: the database row is the truth and a sweep sends it again. Inside a
    transaction the answer is True, since the sending lies ahead; its failure is logged and counted all the same.
    """
    sent = [True]

    def send() -> None:
        sent[0] = _send(task, args, kwargs)

    transaction.on_commit(send)
    return sent[0]


def _send(task: Any, args: Args, kwargs: Kwargs) -> bool:
    try:
        # redis-py retries a dead broker for six seconds inside kombu; our own client knows within half a second, then
        # remembers for one.
        stores.broker.run(lambda client: client.ping())
        task.apply_async(args, kwargs, headers={"request_id": context.request_id.get()}, retry=False)
    except (BrokerError, RedisError, OSError) as error:
        metrics.enqueue_failures.labels(task.name).inc()
        logger.error("Task not sent: %s", type(error).__name__, extra={"task": task.name})
        return False
    return True
