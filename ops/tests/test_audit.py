"""The audit trail can be added to, and by nobody changed."""

import pytest
from django.db import IntegrityError, transaction

from ops.models import AuditEvent
from ops.services import record_audit

pytestmark = pytest.mark.django_db


def test_an_event_is_neither_changed_nor_deleted():
    event = record_audit(actor="someone", action="login")
    for change in (
        lambda: AuditEvent.objects.update(actor="another"),
        lambda: AuditEvent.objects.all().delete(),
        lambda: AuditEvent.objects.filter(pk=event.pk)._raw_delete("default"),
    ):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            change()
    assert AuditEvent.objects.get().actor == "someone"
