"""Having a text made because somebody reads: for the API's view and for the pages."""

from collections.abc import Callable

from medicines.selectors.label_text import LabelText
from summaries import selectors, services
from summaries.models import Kind


def start(*, label: LabelText, keyword: str, has_share: Callable[[], bool], send: Callable[[Kind, int], bool]) -> bool:
    """Whether the text is being made now: not so when it is not due, the reader's share is used up, or nothing sent.

    `has_share` takes one of the reader's share; `send` sends the task `summaries.tasks.generate_summary`.
    """
    if not services.is_due(label=label, keyword=keyword) or not has_share():
        return False
    claimed = services.claim(label=label, keyword=keyword)
    if claimed is None:
        return selectors.in_progress(medicine_id=label.medicine_id, keyword=keyword)
    kind, pk = claimed
    if send(kind, pk):
        return True
    services.release(kind=kind, pk=pk)
    return False
