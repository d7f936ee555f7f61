"""What a source no longer shows; called by the mirror at the end of a complete run, inside its transaction.

A product has vanished when two complete runs in a row did not show it: the licence list keeps withdrawn products with
their reason, so one that is gone from every list that once showed it is no longer licensed and gets status "withdrawn".
It is never deleted, and showing up again undoes it. Products known from files alone cannot vanish.
"""

from django.db.models import Q
from django.utils import timezone

from medicines.models import Medicine, MedicineIngredient, MirrorRun
from medicines.services import catalogue


def sweep(*, run: MirrorRun) -> frozenset[str]:
    """Mark the products, or drop the ingredient rows, that this complete run found gone; returns what changed."""
    catalogue.lock_writes()
    if run.source == MirrorRun.Source.INGREDIENTS:
        return _sweep_ingredients(run)
    previous = MirrorRun.objects.filter(source=run.source, id__lt=run.pk).order_by("-id").first()
    if previous is None or previous.state != MirrorRun.State.COMPLETE:
        return frozenset()
    return _mark_vanished(_gone(run.source, previous.pk))


def _gone(source: str, since: int) -> Q:
    """Shown by this source once, not since that run, and not held by the other source either."""
    field, other = ("easy_seen_run", "permit_seen_run")[:: 1 if source == "easy" else -1]
    return Q(**{f"{field}__lt": since}) & Q(vanished_at=None) & _not_shown(other)


def _not_shown(field: str) -> Q:
    source = field.removesuffix("_seen_run")
    runs = MirrorRun.objects.filter(source=source).order_by("-id").values_list("id", "state")[:2]
    if len(runs) == 2 and all(state == MirrorRun.State.COMPLETE for _, state in runs):
        return Q(**{field: None}) | Q(**{f"{field}__lt": runs[1][0]})
    return Q(**{field: None})


def _mark_vanished(gone: Q) -> frozenset[str]:
    products = list(Medicine.objects.filter(gone).order_by("item_seq"))
    for product in products:
        product.vanished_at = timezone.now()
        catalogue.remerge(product)
    catalogue.write(products=products)
    return frozenset(product.item_seq for product in products)


def _sweep_ingredients(run: MirrorRun) -> frozenset[str]:
    """Drop the rows that products of this run no longer have."""
    seen = MedicineIngredient.objects.filter(seen_run=run.pk).values("item_seq")
    stale = MedicineIngredient.objects.filter(item_seq__in=seen).exclude(seen_run=run.pk)
    item_seqs = list(stale.values_list("item_seq", flat=True).distinct())
    stale.delete()
    return catalogue.apply_ingredients(item_seqs=item_seqs)
