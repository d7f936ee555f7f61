"""The label of one medicine as plain text by sections, for what is made from it (`summaries`)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from medicines.labels import SECTIONS
from medicines.models import Medicine, MedicineCache
from medicines.selectors.detail import label_status


@dataclass(frozen=True, slots=True)
class LabelText:
    """`sections`: cleaned text by the names of `medicines.labels.SECTIONS`, blank ones left out; empty with no label.

    `source_hash` ("" with no label) changes with the text alone. `label_status`, `coverage`: as in the detail.
    """

    medicine_id: int
    item_seq: str
    item_name: str
    ingredients: Sequence[str]
    coverage: str
    label_status: str
    source_hash: str
    sections: Mapping[str, str]


def label_text(*, item_seq: str) -> LabelText | None:
    """Two queries; the text people can read best (easy before permit). None: no such medicine."""
    medicine = Medicine.objects.filter(item_seq=item_seq).first()
    if medicine is None:
        return None
    label = MedicineCache.objects.filter(medicine=medicine).defer("originals").order_by("source").first()
    sections = {name: text for name in SECTIONS if (text := getattr(label, name, ""))}
    return LabelText(
        medicine_id=medicine.pk,
        item_seq=medicine.item_seq,
        item_name=medicine.name,
        ingredients=medicine.ingredients,
        coverage=medicine.coverage,
        label_status=label_status(medicine, has_label=label is not None),
        source_hash=label.source_hash if label else "",
        sections=sections,
    )


def source_hashes(*, item_seqs: Iterable[str]) -> dict[str, str]:
    """item_seq → the `source_hash` that `label_text` gives now; those without a label are left out. One query."""
    labels = MedicineCache.objects.filter(medicine__item_seq__in=item_seqs)
    pairs = labels.order_by("-source").values_list("medicine__item_seq", "source_hash")
    return dict(pairs)


def easy_labelled() -> list[str]:
    """item_seqs of all products with an e약은요 label, the most searched first."""
    labelled = Medicine.objects.filter(labels__source=MedicineCache.Source.EASY)
    return list(labelled.order_by("-popularity", "pk").values_list("item_seq", flat=True))


def most_popular(*, limit: int) -> list[str]:
    """item_seqs of the most searched products that have a label."""
    labelled = Medicine.objects.filter(labels__isnull=False).distinct()
    return list(labelled.order_by("-popularity", "pk").values_list("item_seq", flat=True)[:limit])
