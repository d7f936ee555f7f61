"""What the mirrors of all sources do alike: go on with a run that was cut off, and try a page again."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from django.db.models import QuerySet
from django.utils import timezone

from core import metrics
from core.errors import BreakerOpen, BudgetExhausted, VendorError, VendorRefused
from core.mirror_run import MirrorRun

ATTEMPTS = 3
RESUMABLE = timedelta(hours=20)
# A run is complete that missed no more than this share of its source's rows.
TOLERANCE = 0.02
# A list that shrank to less than this share of the last complete run is not believed.
BELIEVABLE = 0.8

Run = TypeVar("Run", bound=MirrorRun)
Page = TypeVar("Page")


class MirrorStopped(Exception):
    """The run cannot go on now; what was done stays done. The text says why, in English."""


class MirrorBusy(Exception):
    """Another process is mirroring this source."""


class NonsensePage(Exception):
    """A page none of whose rows can be read, or whose total cannot be: nothing of it is stored."""


def resumed(runs: "QuerySet[Run]", *, restart: bool) -> Run | None:
    """Of a source's runs the recent one that was cut off, unless `restart`; others that never ended are given up."""
    unfinished = runs.filter(state=MirrorRun.State.RUNNING)
    recent = None
    if not restart:
        recent = unfinished.filter(started_at__gte=timezone.now() - RESUMABLE).order_by("-id").first()
    given_up = unfinished.exclude(pk=recent.pk) if recent else unfinished
    given_up.update(state=MirrorRun.State.INCOMPLETE, finished_at=timezone.now(), note="cut off and not resumed")
    return recent


def tell_completed(runs: "QuerySet[Run]", source: str) -> None:
    """For the alert MirrorOld: when the source was last seen whole. Nothing is told of one that never was."""
    ended = runs.filter(state=MirrorRun.State.COMPLETE).order_by("-id").values_list("finished_at", flat=True).first()
    if ended:
        metrics.mirror_completed.labels(source).set(ended.timestamp())


def tried(fetch: Callable[[], Page], *, backoff: float) -> Page:
    """A page, asked for up to ATTEMPTS times. Raises what the last attempt raised; a refusal is not tried again."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return fetch()
        except (VendorRefused, BudgetExhausted):
            raise
        except (VendorError, NonsensePage) as error:
            if attempt == ATTEMPTS or isinstance(error, BreakerOpen):
                raise
            time.sleep(backoff * 2 ** (attempt - 1))
    raise AssertionError("unreachable: the last attempt returns or raises")
