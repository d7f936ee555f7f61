"""From messages to Expo: claimed under a lease, marked as on the wire, sent, written down.

A worker that dies before "sending" has sent nothing: its messages go again. One that dies in "sending" may have: they
go again too, with the same id for the phone to know them by, and are counted as unsure. No other state is sent twice.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.db.models import Case, F, Value, When
from django.utils import timezone

from core import metrics
from core.errors import BreakerOpen, VendorError, VendorRefused
from schedules import client, pace
from schedules.client import Push, PushesRefused, Ticket, TooManyPushes
from schedules.models import Device, PushMessage
from schedules.services.reminders import LATE

logger = logging.getLogger(__name__)
State = PushMessage.State
metrics.begin_at_zero(metrics.pushes, (State.FAILED,), (State.DROPPED,))

# Longer than waiting for a turn, one call with its deadline, and writing its outcome down.
LEASE = timedelta(seconds=60)
_RETRY = timedelta(seconds=5)
_LONGEST_RETRY = timedelta(minutes=5)
_SENT = """
UPDATE schedule_push SET state = 'sent', ticket = v.ticket, sent_at = %s, lease = NULL, lease_until = NULL
FROM unnest(%s::bigint[], %s::text[]) AS v(id, ticket) WHERE schedule_push.id = v.id AND schedule_push.lease = %s
"""


def send_some() -> int:
    """Send up to 100 messages; how many were taken in hand, 0 when none is due."""
    lease = uuid4()
    if not _claim(lease):
        return 0
    ready = _sorted_out(lease)
    if ready:
        pace.wait(len(ready))
        _deliver(_on_the_wire(lease), lease)
    return client.MAX_MESSAGES


def is_due_within(seconds: float) -> bool:
    """Whether a message waits whose time is that near."""
    soon = timezone.now() + timedelta(seconds=seconds)
    return PushMessage.objects.filter(state=State.QUEUED, due_at__lte=soon).exists()


def free_leases() -> int:
    """Queue again what a worker held when it died; how many."""
    expired = PushMessage.objects.filter(state__in=[State.CLAIMED, State.SENDING], lease_until__lt=timezone.now())
    return expired.update(
        unsure=F("unsure") + Case(When(state=State.SENDING, then=Value(1)), default=Value(0)),
        state=State.QUEUED, lease=None, lease_until=None,
    )  # fmt: skip


@transaction.atomic
def _claim(lease: UUID) -> int:
    now = timezone.now()
    due = PushMessage.objects.filter(state=State.QUEUED, due_at__lte=now).order_by("due_at", "id")
    ids = list(due.select_for_update(skip_locked=True, no_key=True).values_list("id", flat=True)[: client.MAX_MESSAGES])
    return PushMessage.objects.filter(pk__in=ids).update(
        state=State.CLAIMED, lease=lease, lease_until=now + LEASE, attempts=F("attempts") + 1
    )


def _sorted_out(lease: UUID) -> list[UUID]:
    """Cancel what is done meanwhile, drop what is too late; the ids left."""
    now, states = timezone.now(), dict[str, list[int]]()
    held = PushMessage.objects.filter(lease=lease, state=State.CLAIMED).select_related("schedule", "device")
    for message in held:
        states.setdefault(_fate(message, now), []).append(message.pk)
    for state in (State.CANCELLED, State.DROPPED, State.FAILED):
        if ids := states.get(state):
            PushMessage.objects.filter(pk__in=ids, lease=lease).update(state=state, lease=None, lease_until=None)
            metrics.pushes.labels(state).inc(len(ids))
    return states.get(State.CLAIMED, [])  # type: ignore[return-value]


def _fate(message: PushMessage, now: datetime) -> str:
    schedule = message.schedule
    if schedule and (schedule.completed or schedule.skipped_at or schedule.deleted_at):
        return State.CANCELLED
    if message.device.user_id != message.user_id:
        # Somebody else signed in on that phone meanwhile.
        return State.CANCELLED
    if message.drop_at < now:
        return State.DROPPED
    return State.FAILED if message.device.gone_at else State.CLAIMED


def _on_the_wire(lease: UUID) -> list[PushMessage]:
    """Marked just before the call. A lease that ran out while we waited is another worker's by now."""
    now = timezone.now()
    mine = PushMessage.objects.filter(lease=lease, state=State.CLAIMED, lease_until__gt=now)
    mine.update(state=State.SENDING, lease_until=now + LEASE)
    return list(PushMessage.objects.filter(lease=lease, state=State.SENDING).select_related("device").order_by("id"))


def _deliver(messages: Sequence[PushMessage], lease: UUID) -> None:
    if not messages:
        return
    try:
        tickets = client.send([_push(message) for message in messages])
    except PushesRefused as refused:
        _halve(messages, lease, refused.reason)
    except TooManyPushes:
        _again(messages, lease, sure=True)
        pace.back_off(1.0)
    except (BreakerOpen, VendorRefused) as error:
        logger.error("Pushes not taken: %s", error.reason, extra={"vendor": client.VENDOR})
        _again(messages, lease, sure=True)
    except VendorError:
        _again(messages, lease, sure=False)
    else:
        _write_down(messages, tickets, lease)


def _push(message: PushMessage) -> Push:
    ttl = max(60, int((message.drop_at - timezone.now()).total_seconds()))
    schedule = str(message.schedule_id) if message.schedule_id else None
    data = {"id": message.pk, "kind": message.kind, "schedule_id": schedule}
    return Push(message.device.token, message.title, message.body, data, ttl)


def _halve(messages: Sequence[PushMessage], lease: UUID, reason: str) -> None:
    """One bad message (another project's token) fails the whole request: find it by halves."""
    if len(messages) == 1:
        _finish([messages[0].pk], lease, State.FAILED, error=reason)
        return
    middle = len(messages) // 2
    for part in (messages[:middle], messages[middle:]):
        pace.wait(len(part))
        _deliver(_still_held(part, lease), lease)


def _still_held(messages: Sequence[PushMessage], lease: UUID) -> list[PushMessage]:
    """Those that nobody else may have taken while Expo was asked about the others; their lease begins anew."""
    now = timezone.now()
    mine = PushMessage.objects.filter(pk__in=[message.pk for message in messages], lease=lease, state=State.SENDING)
    mine.filter(lease_until__gt=now).update(lease_until=now + LEASE)
    held = set(mine.filter(lease_until__gt=now).values_list("pk", flat=True))
    return [message for message in messages if message.pk in held]


def _again(messages: Sequence[PushMessage], lease: UUID, *, sure: bool) -> None:
    """Back into the queue, later each time. `sure`: Expo has not taken them."""
    wait = min(_LONGEST_RETRY, _RETRY * 2 ** max(0, max(message.attempts for message in messages) - 1))
    PushMessage.objects.filter(pk__in=[message.pk for message in messages], lease=lease).update(
        state=State.QUEUED, lease=None, lease_until=None, unsure=F("unsure") + (0 if sure else 1),
        due_at=timezone.now() + (timedelta(seconds=1) if sure else wait),
    )  # fmt: skip
    metrics.pushes.labels("again").inc(len(messages))


def _write_down(messages: Sequence[PushMessage], tickets: Sequence[Ticket], lease: UUID) -> None:
    sent = [(message.pk, ticket.id[:60]) for message, ticket in zip(messages, tickets, strict=True) if not ticket.error]
    with connection.cursor() as cursor:
        cursor.execute(_SENT, [timezone.now(), [pk for pk, _ in sent], [id_ for _, id_ in sent], lease])
    metrics.pushes.labels(State.SENT).inc(len(sent))
    for message, ticket in zip(messages, tickets, strict=True):
        if not ticket.error:
            _time(message)
        else:
            _finish([message.pk], lease, State.FAILED, error=ticket.error)
            forget_if_gone(message.device_id, ticket.error)


def _time(message: PushMessage) -> None:
    """A try again moves `due_at`, never `drop_at`. What is told to carers, or of stock, is not urgent by the minute."""
    if message.kind in (PushMessage.Kind.FIRST, PushMessage.Kind.SECOND):
        metrics.push_delay.observe((timezone.now() - (message.drop_at - LATE)).total_seconds())


def _finish(ids: Sequence[int], lease: UUID, state: str, *, error: str) -> None:
    PushMessage.objects.filter(pk__in=ids, lease=lease).update(
        state=state, error=error[:60], lease=None, lease_until=None
    )
    metrics.pushes.labels(state).inc(len(ids))


def forget_if_gone(device_id: UUID, error: str) -> None:
    """Nobody has this token any more: it is not sent to again."""
    if error == "DeviceNotRegistered":
        Device.objects.filter(pk=device_id, gone_at=None).update(gone_at=timezone.now())
