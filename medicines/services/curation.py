"""Writes of the curated words: what may stand in them, and that every process hears of a change."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from core.cache import tiers
from medicines.models import MedicineBrand, MedicineTerm, SearchMiss, Synonym
from medicines.search.ingredients import substance_for
from medicines.search.normalise import compose, normalise
from medicines.search.symptoms import symptom_for
from medicines.selectors.dictionary import KEY
from ops.services import record_audit

Kind = Synonym.Kind
_LENGTHS = range(2, 31)


class NotPossible(Exception):
    """The word may not stand so; the text says why, in Korean."""


def checked(*, kind: str, word: str, means: str) -> tuple[str, str]:
    """Both in the form in which search compares them. Raises NotPossible."""
    word, target = _normal(kind, word), _normal(kind, means)
    if kind not in Kind.values:
        raise NotPossible("갈래를 골라 주세요.")
    if len(word) not in _LENGTHS or len(target) not in _LENGTHS:
        raise NotPossible("말은 두 글자에서 서른 글자까지 쓸 수 있어요.")
    found = {Kind.SYMPTOM: _symptom, Kind.INGREDIENT: _substance, Kind.BRAND: _brand, Kind.KEYWORD: _keyword}
    target = found[Kind(kind)](word, target)
    if word == target:
        raise NotPossible("같은 말이에요.")
    return word, target


def _normal(kind: str, text: str) -> str:
    return " ".join(compose(text).split()) if kind == Kind.KEYWORD else normalise(text)


def _symptom(word: str, means: str) -> str:
    found, already = symptom_for(means), symptom_for(word)
    if found is None:
        raise NotPossible(f"‘{means}’은(는) 검색이 아는 증상이 아니에요. 이미 있는 증상의 이름을 적어 주세요.")
    if already and already.name != found.name:
        raise NotPossible(f"‘{word}’은(는) 이미 ‘{already.name}’(으)로 알아들어요.")
    return found.name


def _substance(word: str, means: str) -> str:
    found = substance_for(means)
    if not MedicineTerm.objects.filter(kind="ingredient", text=found).exists():
        raise NotPossible(f"‘{means}’이(가) 든 제품이 없어요. 제품에 적힌 성분의 이름을 적어 주세요.")
    return found


def _brand(word: str, means: str) -> str:
    """Names that sound alike are a hazard: what is a brand of its own is never taken for another."""
    if MedicineBrand.objects.filter(name=word).exists():
        raise NotPossible(f"‘{word}’은(는) 실제로 있는 제품의 이름이에요. 다른 약으로 안내하면 위험해요.")
    if not MedicineBrand.objects.filter(name=means).exists():
        raise NotPossible(f"‘{means}’(이)라는 상표가 없어요. 제형과 함량을 뺀 이름을 적어 주세요.")
    return means


def _keyword(word: str, means: str) -> str:
    return means


def changed(*, actor: str, action: str, word: Synonym) -> None:
    """Write down who changed a word, and let every process read the table again once that is committed."""
    details = {"kind": word.kind, "means": word.means, "enabled": word.enabled}
    record_audit(actor=actor, action=f"synonym.{action}", target=word.word, details=details)
    transaction.on_commit(lambda: tiers().delete_many([KEY]))


@transaction.atomic
def turn(rows: QuerySet[Synonym], *, enabled: bool, actor: str) -> int:
    """Turn words on or off; returns how many were the other way before."""
    moved = list(rows.exclude(enabled=enabled).select_for_update(of=("self",)))
    for word in moved:
        word.enabled, word.changed_by_id = enabled, UUID(actor)
        word.save(update_fields=["enabled", "changed_by", "changed_at"])
        changed(actor=actor, action="turn_on" if enabled else "turn_off", word=word)
    return len(moved)


@transaction.atomic
def settle(*, miss: SearchMiss, kind: str, means: str, actor: str) -> Synonym:
    """Make a synonym of what was searched for in vain. Raises NotPossible."""
    word, target = checked(kind=kind, word=miss.query, means=means)
    made, fresh = Synonym.objects.get_or_create(
        kind=kind, word=word, defaults={"means": target, "changed_by_id": actor, "note": "찾지 못한 검색어에서"}
    )
    if not fresh and (made.means != target or not made.enabled):
        raise NotPossible(f"‘{word}’은(는) 이미 적혀 있어요. 동의어 목록에서 고쳐 주세요.")
    if fresh:
        changed(actor=actor, action="add", word=made)
    SearchMiss.objects.filter(pk=miss.pk).update(settled_at=timezone.now())
    return made


def export_words(user_id: str) -> Any:
    """For the export of everything held about a person: the words that they changed last."""
    words = Synonym.objects.filter(changed_by=UUID(user_id)).order_by("changed_at")
    return words.values("kind", "word", "means", "changed_at").iterator()


def erase_words(user_id: str) -> int:
    """Their work stays when they go, without their name."""
    return Synonym.objects.filter(changed_by=UUID(user_id)).update(changed_by=None)
