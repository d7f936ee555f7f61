"""What is left of a medicine: counted down by intakes, looked at once a day at the hour the person chose."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from core.errors import Conflict
from schedules.models import Plan
from schedules.recurrence import local_to_instant, slot_minutes
from schedules.selectors.people import Person
from schedules.selectors.stock import current_version
from schedules.services.clock import next_change
from schedules.services.planning import zone_for

MOST = Decimal(1_000_000)


def set_stock(*, plan: Plan, given: Mapping[str, Any]) -> None:
    """A new count or a new wish when to be warned; the warning may come again."""
    plan.stock = given["amount"]
    plan.stock_warn_days = given["warn_days"]
    plan.stock_warn_time = given["warn_time"]
    plan.stock_warned_at = None
    plan.save(update_fields=["stock", "stock_warn_days", "stock_warn_time", "stock_warned_at"])


def schedule_check(*, plan: Plan, person: Person) -> None:
    """The next time of looking: none without stock, without a wish, or once warned."""
    wanted = plan.stock is not None and plan.stock_warn_days is not None and plan.stock_warned_at is None
    plan.stock_check_at = next_check(plan, person, timezone.now()) if wanted else None
    plan.save(update_fields=["stock_check_at"])


def next_check(plan: Plan, person: Person, now: datetime) -> datetime:
    """The next time that the chosen hour comes in the plan's zone."""
    zone = zone_for(current_version(plan), person)
    minutes = slot_minutes(plan.stock_warn_time, {})
    today = now.astimezone(zone).date()
    days = (today + timedelta(days=ahead) for ahead in range(3))
    return next(at for day in days if (at := local_to_instant(day, minutes, zone)) > now)


def take_from_stock(*, plan_id: UUID | None, amount: Decimal) -> None:
    """Count an intake (a negative amount gives it back), not when it is not counted.

    May go below nothing, which is told as nothing: what is undone then gives back no more than it took.
    """
    if plan_id is not None:
        Plan.objects.filter(pk=plan_id, stock__isnull=False).update(stock=F("stock") - amount)


@transaction.atomic
def refill(*, plan: Plan, amount: Decimal, person: Person) -> Plan:
    """Raises Conflict when the sum is beyond what can be counted."""
    next_change(person.id)
    plan = Plan.objects.get(pk=plan.pk)
    plan.stock = max(plan.stock or Decimal(0), Decimal(0)) + amount
    if plan.stock > MOST:
        raise Conflict("남은 약이 너무 많아요. 수를 확인해 주세요.")
    plan.stock_warned_at = None
    plan.revision += 1
    plan.save(update_fields=["stock", "stock_warned_at", "revision"])
    schedule_check(plan=plan, person=person)
    return plan
