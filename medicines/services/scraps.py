"""Scraps: kept, sorted anew, thrown away."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from core.errors import Conflict, FieldError, InvalidBody, NotFound
from core.preconditions import anything
from medicines.models import Scrap
from medicines.search.normalise import normalise
from medicines.selectors.cards import names_of
from medicines.selectors.scraps import MISSING

MAX_SCRAPS = 2_000
_TWICE = "이 분류에 이미 담은 약이에요."
Check = Callable[[Scrap], None]


def create_scrap(*, user_id: UUID, given: Mapping[str, Any]) -> Scrap:
    """Raises InvalidBody (no such item_seq), Conflict (in this category already, or too many)."""
    item_seq = given.get("item_seq", "")
    name = given.get("medicine_name") or _name_of(item_seq)
    subject = item_seq or (normalise(name) or name)[:200]
    if Scrap.objects.filter(user_id=user_id).count() >= MAX_SCRAPS:
        raise Conflict(f"스크랩은 {MAX_SCRAPS:,}개까지 담을 수 있어요.")
    scrap = Scrap(user_id=user_id, item_seq=item_seq, medicine_name=name[:200], subject=subject)
    scrap.category, scrap.notes = given["category"], given.get("notes", "")
    return _stored(scrap)


@transaction.atomic
def change_scrap(*, user_id: UUID, id_: int, given: Mapping[str, Any], check: Check) -> Scrap:
    """`check` sees the locked scrap and may raise. Raises NotFound, Conflict (it is in the new category already)."""
    scrap = _locked(user_id, id_)
    check(scrap)
    scrap.category = given.get("category", scrap.category)
    scrap.notes = given.get("notes", scrap.notes)
    return _stored(scrap, update_fields=["category", "notes", "updated_at"])


@transaction.atomic
def delete_scrap(*, user_id: UUID, id_: int, check: Check = anything) -> None:
    """`check` sees the locked scrap and may raise. Raises NotFound."""
    scrap = _locked(user_id, id_)
    check(scrap)
    scrap.delete()


def _locked(user_id: UUID, id_: int) -> Scrap:
    scrap = Scrap.objects.select_for_update().filter(pk=id_, user_id=user_id).first()
    if scrap is None:
        raise NotFound(MISSING)
    return scrap


def _stored(scrap: Scrap, *, update_fields: Sequence[str] | None = None) -> Scrap:
    """Asked first, so that a second tap is no error in the database's log; the constraint decides a race."""
    same = Scrap.objects.filter(user_id=scrap.user_id, category=scrap.category, subject=scrap.subject)
    if same.exclude(pk=scrap.pk).exists():
        raise Conflict(_TWICE)
    try:
        with transaction.atomic():
            scrap.save(update_fields=update_fields)
    except IntegrityError:
        raise Conflict(_TWICE) from None
    return scrap


def _name_of(item_seq: str) -> str:
    name = names_of(item_seqs=[item_seq]).get(item_seq)
    if name is None:
        detail = "그런 의약품이 없어요. 품목기준코드(item_seq)를 확인해 주세요."
        raise InvalidBody(detail, errors=[FieldError("item_seq", "unknown", detail)])
    return name


def export_scraps(user_id: str) -> list[dict[str, Any]]:
    """For the export of everything held about a person."""
    names = ("id", "item_seq", "medicine_name", "category", "notes", "created_at", "updated_at")
    rows = Scrap.objects.filter(user_id=user_id).order_by("id").values_list(*names)
    return [
        {name: value if isinstance(value, int) else str(value) for name, value in zip(names, row, strict=True)}
        for row in rows
    ]


def erase_scraps(user_id: str) -> int:
    return Scrap.objects.filter(user_id=user_id).delete()[0]
