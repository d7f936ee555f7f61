"""One medicine in full: card, label by sections, products with the same ingredients."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from core import replica
from core.cache import tiers as cache
from core.postgresql import DATABASE_AWAY
from medicines.labels import SECTIONS
from medicines.models import Medicine, MedicineCache, MedicineTerm
from medicines.selectors import tiers
from medicines.selectors.cards import card_of, encode

SAME_INGREDIENT = 10
# A label that could not be had is asked for again after this time; a claim that led to nothing is swept after it.
LABEL_RETRY = timedelta(minutes=10)
# That there is no label, or an unreadable one, is believed for so long.
LABEL_ABSENT = timedelta(days=30)
AWAITED = ("pending", "source_down")
_TEMPORARY = (Medicine.LabelOutcome.UNTRIED, Medicine.LabelOutcome.SOURCE_DOWN)
ABSENT = (Medicine.LabelOutcome.NONE, Medicine.LabelOutcome.REFUSED)


@dataclass(frozen=True, slots=True)
class Detail:
    """`body`: the answer as a JSON object. `awaited`: the label may still come; have it fetched."""

    body: bytes
    tier: str
    awaited: bool = False


def detail(*, item_seq: str) -> Detail | None:
    """One medicine from memory, Redis or three queries; with the database away the last one known to Redis or a
    replica, or its error raised.

    None: no such medicine. One whose label is awaited is not kept.
    """
    key = tiers.DETAIL + item_seq
    if held := cache().get(key):
        return Detail(_with_stale(held[0], False), held[1])
    try:
        found = replica.read(lambda: load_detail(item_seq=item_seq), complete=bool)
    except DATABASE_AWAY as error:
        return Detail(_with_stale(tiers.read_stale(key) or _replicated(item_seq, error), True), tiers.STALE)
    if found is None:
        return None
    body, status = found
    if status not in AWAITED:
        cache().set_many({key: body}, seconds=tiers.CARD_SECONDS)
    return Detail(_with_stale(body, False), tiers.DB, status in AWAITED)


def _replicated(item_seq: str, error: Exception) -> bytes:
    """Raises the error when the replica has no such medicine, too: it may have come a moment ago."""
    found = replica.instead(lambda: load_detail(item_seq=item_seq), of=error)
    if found is None:
        raise error
    return found[0]


def _with_stale(body: bytes, stale: bool) -> bytes:
    return body[:-1] + (b',"stale":true}' if stale else b',"stale":false}')


def load_detail(*, item_seq: str) -> tuple[bytes, str] | None:
    """The JSON object without `stale`, and its label_status. Three queries: medicine, label, same ingredients."""
    medicine = Medicine.objects.filter(item_seq=item_seq).first()
    if medicine is None:
        return None
    label = MedicineCache.objects.filter(medicine=medicine).defer("originals").order_by("source").first()
    status = label_status(medicine, has_label=label is not None)
    body = {
        **card_of(medicine, label),
        "label": None if label is None else {name: getattr(label, name) for name in SECTIONS},
        "label_status": status,
        "same_ingredient": same_ingredient(medicine),
        "updated_at": _latest(medicine, label).isoformat(timespec="seconds"),
    }
    return encode(body), status


def label_status(medicine: Medicine, *, has_label: bool) -> str:
    """`ready`, `none` (the source has no text), `source_down` (it did not answer), `pending` (being fetched)."""
    if has_label:
        return "ready"
    if medicine.label_outcome in ABSENT and not _long_ago(medicine.label_tried_at):
        return "none"
    return "source_down" if medicine.label_outcome == Medicine.LabelOutcome.SOURCE_DOWN else "pending"


def _long_ago(tried: datetime | None) -> bool:
    return tried is not None and tried < timezone.now() - LABEL_ABSENT


def same_ingredient(medicine: Medicine) -> list[dict[str, str]]:
    """Up to ten other products of exactly these substances, the more popular and still sold ones first.

    Read from the postings of its rarest substance, which are in rank order and cut at 200.
    """
    terms = MedicineTerm.objects.filter(kind=MedicineTerm.Kind.INGREDIENT, text__in=medicine.substances)
    ids = min(terms.values_list("medicine_ids", flat=True), key=len, default=[])
    same = Medicine.objects.filter(id__in=ids, substances__contains=medicine.substances)
    same = same.filter(substances__contained_by=medicine.substances).exclude(id=medicine.pk)
    place = {medicine_id: index for index, medicine_id in enumerate(ids)}
    return [_neighbour(each) for each in sorted(same, key=lambda each: place[each.pk])[:SAME_INGREDIENT]]


def labels_to_fetch(*, limit: int) -> list[str]:
    """item_seqs whose label was asked for LABEL_RETRY ago and still is not there: what the sweep sends again."""
    asked = Medicine.objects.filter(
        label_tried_at__lt=timezone.now() - LABEL_RETRY, label_outcome=Medicine.LabelOutcome.UNTRIED
    )
    unlabelled = asked.filter(~Exists(MedicineCache.objects.filter(medicine=OuterRef("pk"))))
    return list(unlabelled.order_by("label_tried_at").values_list("item_seq", flat=True)[:limit])


def claimable(item_seq: str) -> Q:
    """Whose label may be asked for now: none stored, not found to be absent, and nobody asked within LABEL_RETRY.

    After LABEL_ABSENT an absent one is asked for again.
    """
    now = timezone.now()
    idle = Q(label_tried_at__isnull=True) | Q(label_tried_at__lt=now - LABEL_RETRY)
    absent = Q(label_outcome__in=ABSENT, label_tried_at__lt=now - LABEL_ABSENT)
    return Q(item_seq=item_seq) & (Q(label_outcome__in=_TEMPORARY) & idle | absent)


def _neighbour(medicine: Medicine) -> dict[str, str]:
    return {
        "item_seq": medicine.item_seq,
        "item_name": medicine.name,
        "entp_name": medicine.entp_name,
        "etc_otc": medicine.etc_otc,
        "status": medicine.status,
    }


def _latest(medicine: Medicine, label: MedicineCache | None) -> datetime:
    moments = [medicine.updated_at] if label is None else [medicine.updated_at, label.last_updated]
    return timezone.localtime(max(moments))
