"""Who fetches a missing label: one claim at a time, by the row itself."""

from django.utils import timezone

from medicines.models import Medicine
from medicines.selectors.detail import claimable


def claim_label(*, item_seq: str) -> bool:
    """Whether the caller may send the task that fetches this label: true for one of many, and again after LABEL_RETRY.

    A claim whose task was lost is found by the sweep (`selectors.detail.labels_to_fetch`).
    """
    return Medicine.objects.filter(claimable(item_seq)).update(label_tried_at=timezone.now()) == 1
