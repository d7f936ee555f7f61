"""The short summary on a card: the one place that writes `efcy_summary` and `summary_kind`."""

from django.db import transaction

from medicines.models import MedicineCache
from medicines.selectors.tiers import invalidate_cards


@transaction.atomic
def set_summary(*, item_seq: str, source_hash: str, text: str, kind: str) -> bool:
    """Store a card's summary and drop the card everywhere once that is committed.

    `source_hash`: the label it was made from. False when no label of the medicine has that hash any more: the text is
    then not stored, since it would speak of words that changed. `kind`: a MedicineCache.SummaryKind.
    """
    labels = MedicineCache.objects.filter(medicine__item_seq=item_seq, source_hash=source_hash)
    stored = labels.update(efcy_summary=text, summary_kind=MedicineCache.SummaryKind(kind))
    if stored:
        transaction.on_commit(lambda: invalidate_cards([item_seq]))
    return bool(stored)
