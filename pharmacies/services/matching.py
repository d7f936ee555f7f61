"""Which rows of different sources are one pharmacy: they share no key, so name, distance and telephone have to tell.

A row is matched to a row of a better source: Kakao's to the insurer's or the national feed's, the insurer's to the
national feed's. The sure ones are merged, the doubtful wait for a curator, whose word no later run touches.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Coalesce

from pharmacies.models import Pharmacy, PharmacyMatch
from pharmacies.names import FAR_METRES, POSSIBLE, SURE, confidence, digits

State = PharmacyMatch.State
_DECIDED = (State.CONFIRMED, State.REJECTED)
_LOCK = 0x70_68_61_72
_CHUNK = 2_000
# Candidates are what the places' index holds: rows that are shown. `source`s from best to worst.
_PAIRS = """
SELECT r.id, r.source, r.name_norm, r.phone, t.id, t.name_norm, t.phone,
    sec_to_gc(r.place <-> t.place)
FROM pharmacy r JOIN pharmacy t ON t.merged_into_id IS NULL AND t.vanished_at IS NULL
    AND cube_enlarge(r.place, gc_to_sec(%(far)s), 3) @> t.place
WHERE r.id = ANY(%(ids)s) AND r.vanished_at IS NULL
    AND array_position(ARRAY['nemc', 'hira', 'kakao'], t.source::text)
      < array_position(ARRAY['nemc', 'hira', 'kakao'], r.source::text)
"""


@dataclass(frozen=True, slots=True)
class _Pair:
    row: int
    source: str
    target: int
    confidence: float
    metres: float


def match_all() -> None:
    """Match every row that could be another source's: after the national list has changed."""
    with connection.cursor() as cursor:
        # A table that was just filled has no statistics yet, and the join below would scan it for each row.
        cursor.execute("ANALYZE pharmacy")
    ids = Pharmacy.objects.exclude(source=Pharmacy.Source.NEMC).order_by("source", "id").values_list("id", flat=True)
    match(row_ids=list(ids))


def match(*, row_ids: Collection[int]) -> None:
    """Match these rows anew, and those that were merged into a row that is itself merged or gone by now."""
    for chunk in _chunks(row_ids):
        _match(chunk)
    lost = Q(merged_into__merged_into__isnull=False) | Q(merged_into__vanished_at__isnull=False)
    for chunk in _chunks(list(Pharmacy.objects.filter(lost).values_list("id", flat=True))):
        _match(chunk)


def _chunks(ids: Collection[int]) -> Iterator[Sequence[int]]:
    ordered = list(ids)
    return (ordered[start : start + _CHUNK] for start in range(0, len(ordered), _CHUNK))


@transaction.atomic
def _match(ids: Sequence[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    PharmacyMatch.objects.filter(row__in=ids).exclude(state__in=_DECIDED).delete()
    confirmed = _confirmed(ids)
    pairs = _undecided(_candidates([row for row in ids if row not in confirmed]))
    chosen = _chosen(pairs, _taken(ids, pairs))
    PharmacyMatch.objects.bulk_create(map(_made, chosen))
    merged = confirmed | {pair.row: pair.target for pair in chosen if pair.confidence >= SURE}
    _point(ids, merged)


def _confirmed(ids: Sequence[int]) -> dict[int, int]:
    """Row to target (or what that is merged into), where a curator said so and the target is still there."""
    rows = PharmacyMatch.objects.filter(row__in=ids, state=State.CONFIRMED, target__vanished_at=None)
    return dict(rows.values_list("row_id", Coalesce("target__merged_into_id", "target_id")))


def _candidates(ids: Sequence[int]) -> list[_Pair]:
    with connection.cursor() as cursor:
        cursor.execute(_PAIRS, {"ids": list(ids), "far": FAR_METRES})
        found = cursor.fetchall()
    pairs = [
        _Pair(row, source, target, confidence((name, digits(phone)), (other, digits(others)), metres), round(metres, 1))
        for row, source, name, phone, target, other, others, metres in found
    ]
    return [pair for pair in pairs if pair.confidence >= POSSIBLE]


def _undecided(pairs: Sequence[_Pair]) -> list[_Pair]:
    rows = PharmacyMatch.objects.filter(row__in={pair.row for pair in pairs}, state=State.REJECTED)
    rejected = set(rows.values_list("row_id", "target_id"))
    return [pair for pair in pairs if (pair.row, pair.target) not in rejected]


def _taken(ids: Sequence[int], pairs: Sequence[_Pair]) -> set[tuple[int, str]]:
    """(target, source) where a target holds another row of that source already, merged or by a curator's word."""
    targets = {pair.target for pair in pairs}
    held = Pharmacy.objects.filter(merged_into__in=targets, vanished_at=None).exclude(id__in=ids)
    said = PharmacyMatch.objects.filter(target__in=targets, state=State.CONFIRMED)
    return {*held.values_list("merged_into_id", "source"), *said.values_list("target_id", "row__source")}


def _chosen(pairs: Sequence[_Pair], taken: set[tuple[int, str]]) -> list[_Pair]:
    """The surest first; a row has one target, and a target one row of each source: its own places are never one."""
    rows, chosen = set[int](), list[_Pair]()
    for pair in sorted(pairs, key=lambda pair: (-pair.confidence, pair.metres, pair.row, pair.target)):
        if pair.row not in rows and (pair.target, pair.source) not in taken:
            chosen.append(pair)
            rows.add(pair.row)
            taken.add((pair.target, pair.source))
    return chosen


def _made(pair: _Pair) -> PharmacyMatch:
    state = State.AUTO if pair.confidence >= SURE else State.UNCERTAIN
    return PharmacyMatch(
        row_id=pair.row, target_id=pair.target, confidence=pair.confidence, distance_m=pair.metres, state=state
    )


def _point(ids: Sequence[int], merged: dict[int, int]) -> None:
    rows = list(Pharmacy.objects.filter(id__in=ids).only("id", "merged_into_id"))
    moved = [row for row in rows if row.merged_into_id != merged.get(row.pk)]
    for row in moved:
        row.merged_into_id = merged.get(row.pk)
    Pharmacy.objects.bulk_update(moved, ["merged_into"], batch_size=500)
