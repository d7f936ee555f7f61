"""What a curator decides about matches; each decision is in the audit trail."""

from django.db import transaction
from django.utils import timezone

from ops.services import record_audit
from pharmacies.models import Pharmacy, PharmacyMatch
from pharmacies.services.matching import match

State = PharmacyMatch.State


@transaction.atomic
def confirm(*, match_id: int, actor: str) -> bool:
    """The two are one place: the row is shown with its target from now on. False: the pair is gone by now."""
    decided = PharmacyMatch.objects.select_for_update().filter(pk=match_id).first()
    if decided is None:
        return False
    PharmacyMatch.objects.filter(row=decided.row_id).exclude(pk=match_id).exclude(state=State.REJECTED).delete()
    _decide(decided, State.CONFIRMED, actor)
    return True


@transaction.atomic
def reject(*, match_id: int, actor: str) -> bool:
    """The two are different places: the row stands by itself, or with the next likely one. False: as above."""
    decided = PharmacyMatch.objects.select_for_update().filter(pk=match_id).first()
    if decided is None:
        return False
    _decide(decided, State.REJECTED, actor)
    return True


@transaction.atomic
def pair(*, row: Pharmacy, target: Pharmacy, actor: str) -> PharmacyMatch:
    """A pair that no rule found, confirmed at once."""
    made, _ = PharmacyMatch.objects.update_or_create(
        row=row, target=target, defaults={"confidence": 1.0, "distance_m": 0.0, "state": State.CONFIRMED}
    )
    confirm(match_id=made.pk, actor=actor)
    return made


def _decide(decided: PharmacyMatch, state: PharmacyMatch.State, actor: str) -> None:
    decided.state, decided.decided_at = state, timezone.now()
    decided.save(update_fields=["state", "decided_at"])
    record_audit(actor=actor, action=f"pharmacy_match.{state}", target=f"{decided.row_id}={decided.target_id}")
    match(row_ids=[decided.row_id])
