"""`/operations`: how the service does, for staff who may see its breakers. The figures come anew by themselves.

Shown are our own routes, vendors and tiers, and words that five addresses searched for: nothing of a person.
"""

import json
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlencode

import redis
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from core import breaker
from core.errors import NotAuthenticated, NotFound
from core.postgresql import DATABASE_AWAY
from dashboard.page import View, by_htmx, page, show
from medicines.selectors.misses import most_missed
from medicines.selectors.popular import popular
from ops import live as figures
from summaries import cost, ledger

T = TypeVar("T")
PERMISSION = "ops.view_circuitbreaker"
_SEARCHES = 15
_NO_STORE = {"Cache-Control": "private, no-store"}


def _operators(view: View) -> View:
    """Under `page`. Strangers are sent to the staff's door; who is signed in and may not, finds nothing here."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        user: Any = request.user
        allowed = admin.site.has_permission(request)
        if allowed and user.has_perm(PERMISSION):
            return view(request, *args, **kwargs)
        if allowed or (user.is_authenticated and not user.is_staff):
            raise NotFound
        if by_htmx(request):
            raise NotAuthenticated
        return redirect(f"{reverse('admin:login')}?{urlencode({'next': reverse('operations')})}")

    return wrapper


@page()
@_operators
def operations(request: HttpRequest) -> HttpResponse:
    return show(request, "dashboard/operations.html", _now(), headers=_NO_STORE)


@page()
@_operators
def live(request: HttpRequest) -> HttpResponse:
    """The part that htmx fetches every few seconds."""
    return show(request, "dashboard/_operations_live.html", _now(), headers=_NO_STORE)


def _now() -> dict[str, Any]:
    hour = _unless_away(figures.hour)
    return {
        "at": timezone.localtime(),
        "hour": hour,
        "recent": _recent(hour) if hour else (),
        "queues": _unless_away(figures.queue_lengths),
        "breakers": breaker.seen(),
        "month": _unless_away(_month),
        "searches": _unless_away(lambda: json.loads(popular(limit=_SEARCHES)[0])["results"]),
        "missed": _unless_away(lambda: most_missed(limit=_SEARCHES)),
    }


def _unless_away(read: Callable[[], T]) -> T | None:
    """None: that Redis or the database does not answer, which the page says in the part that wants it."""
    try:
        return read()
    except (redis.RedisError, *DATABASE_AWAY):
        return None


def _recent(hour: figures.Hour) -> list[dict[str, Any]]:
    """The charts' last ten minutes as rows, for whoever does not see a chart; the newest first."""
    rows = zip(*hour.series.values(), strict=True)
    recent = [dict(zip(hour.series, row, strict=True)) for row in rows][-10:]
    for row in recent:
        row["at"] = datetime.fromtimestamp(row["at"], timezone.get_current_timezone())
    return recent[::-1]


def _month() -> dict[str, Any]:
    """The month's models against the budget, in dollars, by the ledger."""
    month = cost.month(ledger.month_of(timezone.now()))
    budget, reserved = month.budget_micros, ledger.reserved_micros()
    return {
        "figures": month,
        "spent": month.cost_micros / ledger.MICROS,
        "reserved": reserved / ledger.MICROS,
        "budget": budget / ledger.MICROS,
        "share": min(100, round(100 * (month.cost_micros + reserved) / budget)) if budget else 100,
        "saved": max(0.0, month.uncached_micros - month.cost_micros) / ledger.MICROS,
    }
