"""Tags: the seeded departments, and a person's own words."""

from collections.abc import Callable, Iterable
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from core.errors import Conflict, FieldError, InvalidBody, NotFound
from core.preconditions import anything
from schedules.models import Tag

MAX_OWN = 50


def tags_named(*, user_id: UUID, names: Iterable[str]) -> list[Tag]:
    """Raises InvalidBody when one is neither seeded nor the person's own."""
    wanted = set(names)
    found = {tag.name: tag for tag in Tag.objects.filter(Q(user=None) | Q(user_id=user_id), name__in=wanted)}
    if missing := wanted - found.keys():
        errors = [FieldError("tags", "unknown", "그런 태그가 없어요. 먼저 태그를 만들어 주세요.") for _ in missing]
        raise InvalidBody(errors=errors)
    return list(found.values())


def create_tag(*, user_id: UUID, name: str) -> Tag:
    """Raises Conflict for a name that is there already."""
    # Asked first, so that a second tap is no error in the database's log; the constraint decides a race.
    if Tag.objects.filter(Q(user=None) | Q(user_id=user_id), name=name).exists():
        raise Conflict("이미 있는 태그예요.")
    if Tag.objects.filter(user_id=user_id).count() >= MAX_OWN:
        raise Conflict(f"태그는 {MAX_OWN}개까지 만들 수 있어요.")
    try:
        with transaction.atomic():
            return Tag.objects.create(user_id=user_id, name=name)
    except IntegrityError:
        raise Conflict("이미 있는 태그예요.") from None


@transaction.atomic
def delete_tag(*, user_id: UUID, tag_id: int, check: Callable[[Tag], None] = anything) -> None:
    """The seeded ones stay. `check` sees the locked tag and may raise. Raises NotFound."""
    tag = Tag.objects.select_for_update().filter(pk=tag_id, user_id=user_id).first()
    if tag is None:
        raise NotFound("그런 태그가 없어요.")
    check(tag)
    tag.delete()
