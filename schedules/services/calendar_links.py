"""A person's calendar address: unguessable, told once, revoked at once."""

import secrets
from collections.abc import Callable
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from core.errors import NotFound
from core.preconditions import anything
from schedules.models import CalendarLink
from schedules.services.carers import digest_of


def make_link(*, user_id: UUID, show_medicine_name: bool) -> str:
    """The new token; one that there was before is worth nothing from now on."""
    token = secrets.token_urlsafe(32)
    values = {
        "token_digest": digest_of(token),
        "show_medicine_name": show_medicine_name,
        "created_at": timezone.now(),
    }
    CalendarLink.objects.update_or_create(user_id=user_id, defaults=values)
    return token


@transaction.atomic
def revoke_link(*, user_id: UUID, check: Callable[[CalendarLink], None] = anything) -> None:
    """`check` sees the locked link and may raise. Raises NotFound when there is none."""
    link = CalendarLink.objects.select_for_update().filter(pk=user_id).first()
    if link is None:
        raise NotFound("만들어 둔 달력 주소가 없어요.")
    check(link)
    link.delete()


def state_of(digest: str) -> str:
    """Tells one address from the next without telling it."""
    return digest[:12]


def find_link(token: str) -> CalendarLink:
    """Raises NotFound. Looked up by digest, so that timing tells nothing of the token."""
    link = CalendarLink.objects.filter(token_digest=digest_of(token)).first()
    if link is None:
        raise NotFound("없는 달력이에요. 주소가 바뀌었다면 앱에서 다시 받아 주세요.")
    return link
