"""What the curators' pages read of the catalogue."""

from django.db.models import QuerySet

from medicines.models import Medicine
from medicines.search.keys import to_keys
from medicines.search.normalise import normalise

# Fewer keys hold no trigram that an index could be asked for.
_SHORTEST_PART = 4


def ids_named(text: str) -> QuerySet[Medicine, int]:
    """Ids of the products with this item_seq, or with this in their names: by an index whatever is asked."""
    rows = Medicine.objects.values_list("pk", flat=True)
    text = text.strip()
    if text.isascii() and text.isdigit():
        return rows.filter(item_seq=text)
    keys = to_keys(normalise(text))
    if not keys:
        return rows.none()
    return rows.filter(**{"name_keys__contains" if len(keys) >= _SHORTEST_PART else "name_keys__startswith": keys})
