"""One warning when a medicine runs out soon, at the hour and so many days ahead as the person chose."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from schedules.models import Device, Plan, PushMessage, ReminderSettings
from schedules.selectors.people import Person, people
from schedules.selectors.stock import current_version, days_left
from schedules.services.stock import next_check
from schedules.words import subject

_LATE = timedelta(hours=12)


def warn(*, limit: int = 200) -> int:
    """Look at the stock of plans whose hour has come; how many there were."""
    due = Plan.objects.filter(stock_check_at__lte=timezone.now(), deleted_at=None)
    plans = list(due.order_by("stock_check_at")[:limit])
    persons = people({plan.user_id for plan in plans})
    # Nobody to be told: looked at again when they next change the plan.
    due.filter(pk__in=[plan.pk for plan in plans if plan.user_id not in persons]).update(stock_check_at=None)
    for plan in plans:
        if plan.user_id in persons:
            _look(plan, persons[plan.user_id])
    return len(plans)


@transaction.atomic
def _look(plan: Plan, person: Person) -> None:
    """The conditional UPDATE is the claim: of two workers one looks, and a warning is written once."""
    now, version = timezone.now(), current_version(plan)
    left = days_left(plan=plan, version=version, person=person, now=now)
    short = left is not None and plan.stock_warn_days is not None and left <= plan.stock_warn_days
    following = None if short else next_check(plan, person, now)
    claimed = Plan.objects.filter(pk=plan.pk, stock_check_at=plan.stock_check_at).update(
        stock_check_at=following, stock_warned_at=now if short else plan.stock_warned_at
    )
    if claimed and short:
        _tell(plan, version.medicine_name, left or 0)


def _tell(plan: Plan, medicine: str, left: int) -> None:
    wishes = ReminderSettings.objects.filter(pk=plan.user_id).first()
    what = medicine if wishes and wishes.show_medicine_name else "드시는 약"
    when = f"{left}일 뒤면 떨어져요. 미리 준비해 주세요." if left else "오늘 떨어져요."
    body = f"{subject(what)} {when}"
    now = timezone.now()
    PushMessage.objects.bulk_create(
        PushMessage(
            user_id=plan.user_id, device_id=device_id, kind=PushMessage.Kind.STOCK, title="필링", body=body,
            due_at=now, drop_at=now + _LATE,
        )
        for device_id in Device.objects.filter(user_id=plan.user_id, gone_at=None).values_list("pk", flat=True)
    )  # fmt: skip
