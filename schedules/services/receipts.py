"""What became of sent messages: asked of Expo a quarter of an hour later, while it still knows (24 hours)."""

import logging
from datetime import timedelta
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from core import metrics
from schedules import client
from schedules.models import PushMessage
from schedules.services.sending import LEASE, State, forget_if_gone

logger = logging.getLogger(__name__)

AFTER = timedelta(minutes=15)
_KNOWN = timedelta(hours=24)
_OURS = frozenset(("InvalidCredentials", "MismatchSenderId", "InvalidProviderToken"))


def check_some() -> int:
    """Ask for up to 1,000 receipts; how many messages were asked about."""
    messages = _claim()
    if not messages:
        return 0
    told = client.receipts([message.ticket for message in messages])
    delivered = []
    for message in messages:
        receipt = told.get(message.ticket)
        if receipt is None:
            continue
        if receipt.error:
            _failed(message, receipt.error)
        else:
            delivered.append(message.pk)
    PushMessage.objects.filter(pk__in=delivered).update(state=State.DELIVERED)
    metrics.pushes.labels(State.DELIVERED).inc(len(delivered))
    return len(messages)


def give_up() -> int:
    """Receipts that never came, after Expo has forgotten them."""
    lost = PushMessage.objects.filter(state=State.SENT, sent_at__lt=timezone.now() - _KNOWN)
    return lost.update(state=State.FAILED, error="no-receipt")


@transaction.atomic
def _claim() -> list[PushMessage]:
    """Those whose turn it is; asked again later when there is no receipt yet."""
    now = timezone.now()
    due = PushMessage.objects.filter(state=State.SENT, sent_at__lt=now - AFTER).exclude(lease_until__gt=now)
    rows = list(due.order_by("sent_at").select_for_update(skip_locked=True, no_key=True)[: client.MAX_RECEIPTS])
    PushMessage.objects.filter(pk__in=[row.pk for row in rows]).update(lease=uuid4(), lease_until=now + LEASE * 5)
    return rows


def _failed(message: PushMessage, error: str) -> None:
    PushMessage.objects.filter(pk=message.pk).update(state=State.FAILED, error=error[:60])
    metrics.pushes.labels(State.FAILED).inc()
    forget_if_gone(message.device_id, error)
    if error in _OURS:
        logger.error("Expo cannot reach the phones: %s", error, extra={"vendor": client.VENDOR})
