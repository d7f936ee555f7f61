"""A medicine's summary for a page: what there is at once, and whether more is being made. Nobody waits here."""

import json
from typing import Any

from celery import current_app
from django.http import HttpRequest

from core import throttling
from core.cache import REDIS
from core.celery_task import enqueue
from core.errors import SourceDown
from core.postgresql import DATABASE_AWAY
from dashboard.page import user_id
from dashboard.speech import spoken_lines
from medicines.services.labels import claim_label
from summaries import reads, selectors, services, starting
from summaries.selectors import Reading

# What a reader must not miss stands first, then what the medicine is for.
_ORDER = (
    "stop_and_ask", "warning", "precaution", "effect", "usage", "interaction", "side_effect", "advice", "storage",
)  # fmt: skip
WARNINGS = _ORDER[:3]
# So many sentences of a section are open at once, the rest is folded; warnings never are.
_OPEN = 6


def summary(request: HttpRequest, *, item_seq: str, keyword: str = "") -> dict[str, Any]:
    """The summary endpoint's body, its sections in the page's order, with `pending` (and `label_pending`) or `down`.

    Raises NotFound; the database's error when nothing old is at hand.
    """
    held = selectors.cached(item_seq=item_seq, keyword=keyword)
    if held:
        return _arranged(held[0], tier=held[1])
    try:
        reading = selectors.read(item_seq=item_seq, keyword=keyword)
    except DATABASE_AWAY:
        last = selectors.last_known(item_seq=item_seq, keyword=keyword)
        if last is None:
            raise
        return _arranged(last, tier=REDIS)
    except SourceDown as problem:
        fetch_label(item_seq)
        return {"down": problem.detail, "sections": []}
    return _of(request, reading)


def fetch_label(item_seq: str) -> None:
    """Have a missing label fetched, unless somebody has asked a moment ago."""
    if claim_label(item_seq=item_seq):
        enqueue(_task("medicines.tasks.fetch_label"), item_seq)


def _of(request: HttpRequest, reading: Reading) -> dict[str, Any]:
    body = selectors.encode(reading.body)
    if reading.needs_label:
        fetch_label(reading.label.item_seq)
    elif reading.final:
        selectors.keep(reading, body)
    pending = reading.needs_label or (reading.wanted and services.can_generate() and _is_made(request, reading))
    return _arranged(body, tier="generated" if pending else "db") | {
        "pending": pending,
        "label_pending": reading.needs_label,
    }


def _is_made(request: HttpRequest, reading: Reading) -> bool:
    """Whether somebody is at work on the text, this reader's request included."""
    label, keyword = reading.label, reading.keyword
    return selectors.in_progress(medicine_id=label.medicine_id, keyword=keyword) or starting.start(
        label=label,
        keyword=keyword,
        has_share=lambda: _has_share(request),
        send=lambda kind, pk: enqueue(_task("summaries.tasks.generate_summary"), kind, pk),
    )


def _has_share(request: HttpRequest) -> bool:
    """The same ten new texts an hour as over the API, for a person or else an address."""
    me = user_id(request)
    return throttling.take("summary", f"user:{me}" if me else throttling.client_address(request))


def _task(name: str) -> Any:
    """By its name: another app's tasks are no door of it, and its queue goes by the name."""
    return current_app.tasks[name]


def _arranged(body: bytes, *, tier: str) -> dict[str, Any]:
    reads.note(tier)
    summary: dict[str, Any] = json.loads(body)
    sections = sorted(summary["sections"], key=lambda section: _ORDER.index(section["name"]))
    return {**summary, "sections": [_section(section) for section in sections]}


def _section(section: dict[str, Any]) -> dict[str, Any]:
    sentences, is_warning = section["sentences"], section["name"] in WARNINGS
    shown = len(sentences) if is_warning else _OPEN
    return {
        **section,
        "is_warning": is_warning,
        "open": sentences[:shown],
        "folded": sentences[shown:],
        "speech": spoken_lines(sentence["text"] for sentence in sentences),
    }
