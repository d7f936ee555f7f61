"""Everything that is held about a user, as one JSON document in pieces."""

import json
import uuid
from collections.abc import Iterator

from django.utils import timezone

from core import personal_data
from ops.services import record_audit

FORMAT = "pilling-export-1"


def everything(*, user_id: uuid.UUID) -> Iterator[str]:
    """The audit trail knows of it before the first piece leaves."""
    record_audit(actor=str(user_id), action="account.exported")
    return _written(str(user_id))


def _written(user_id: str) -> Iterator[str]:
    head = {"format": FORMAT, "exported_at": timezone.now().isoformat()}
    yield json.dumps(head)[:-1] + ', "data": '
    yield from personal_data.stream(user_id)
    yield "}"
