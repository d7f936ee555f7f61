"""`GET /api/v1/medicines/{item_seq}/summary`: a plain view that answers with ready bytes. Parse, one call, respond."""

import threading
import time
from hashlib import blake2b

from django.http import HttpRequest, HttpResponse

from core import throttling
from core.api import json_response, plain_view
from core.cache import REDIS
from core.celery_task import enqueue
from core.compressed import compressed
from core.errors import SourceDown
from core.installs import install_of
from core.postgresql import DATABASE_AWAY
from medicines.services.labels import claim_label
from summaries import reads, schema, selectors, serializers, services, starting, tasks
from summaries.selectors import Reading

WAIT_SECONDS = 3.0
POLL_SECONDS = 0.1
RETRY_SECONDS = 2
LABEL_RETRY_SECONDS = 5
STALE = "stale"
_FRESH = "public, max-age=1, stale-while-revalidate=1, stale-if-error=600"
# So many of a process's threads may wait for a model at the same time; the next reader gets 202 at once.
_waiting = threading.BoundedSemaphore(3)


@compressed
@plain_view(describe=schema.Summary)
def summary(request: HttpRequest, item_seq: str) -> HttpResponse:
    seq, keyword = serializers.read_item_seq(item_seq), serializers.read_keyword(request)
    held = selectors.cached(item_seq=seq, keyword=keyword)
    if held:
        return _respond(request, held[0], tier=held[1])
    try:
        reading = selectors.read(item_seq=seq, keyword=keyword)
    except DATABASE_AWAY:
        last = selectors.last_known(item_seq=seq, keyword=keyword)
        if last is None:
            raise
        return _respond(request, last, tier=STALE)
    except SourceDown:
        _send_for_label(seq)
        raise
    if reading.needs_label:
        return _await_label(request, reading)
    if reading.wanted and services.can_generate():
        return _await_text(request, reading)
    return _answer(request, reading)


def _answer(request: HttpRequest, reading: Reading, *, made: bool = False) -> HttpResponse:
    body = selectors.encode(reading.body)
    if reading.final:
        selectors.keep(reading, body)
    return _respond(request, body, tier="db", made=made)


def _send_for_label(item_seq: str) -> None:
    if claim_label(item_seq=item_seq):
        enqueue(tasks.fetch_label, item_seq)


def _await_label(request: HttpRequest, reading: Reading) -> HttpResponse:
    """A prescription product opened for the first time: its label is on its way."""
    _send_for_label(reading.label.item_seq)
    return _respond(request, selectors.encode(reading.body), tier="db", later=LABEL_RETRY_SECONDS)


def _await_text(request: HttpRequest, reading: Reading) -> HttpResponse:
    """Have the text made unless somebody does already, and wait a little for it; 202 when it takes longer."""
    label, keyword = reading.label, reading.keyword
    at_work = selectors.in_progress(medicine_id=label.medicine_id, keyword=keyword)
    if not (at_work or _started(request, reading)):
        return _answer(request, reading)
    if not _landed(label.medicine_id, keyword):
        pending = {**reading.body, "status": reading.body["status"] if reading.body["status"] == "stale" else "pending"}
        return _respond(request, selectors.encode(pending), tier="db", later=RETRY_SECONDS)
    return _answer(request, selectors.read(item_seq=label.item_seq, keyword=keyword), made=True)


def _started(request: HttpRequest, reading: Reading) -> bool:
    return starting.start(
        label=reading.label,
        keyword=reading.keyword,
        has_share=lambda: _has_share(request),
        send=lambda kind, pk: enqueue(tasks.generate_summary, kind, pk),
    )


def _has_share(request: HttpRequest) -> bool:
    """Ten new texts an hour for a user, an install or an address; an address with many installs has more."""
    identity, address = throttling.identity_of(request), throttling.client_address(request)
    install = install_of(request)
    if identity:
        return throttling.take("summary", f"user:{identity.user_id}")
    if install:
        return throttling.take("summary", f"install:{install}") and throttling.take("summary_address", address)
    return throttling.take("summary", address)


def _landed(medicine_id: int, keyword: str) -> bool:
    """Wait up to 3 s, in few threads of a process, until nobody is at work any more."""
    if not _waiting.acquire(blocking=False):
        return False
    try:
        ends = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < ends:
            if not selectors.in_progress(medicine_id=medicine_id, keyword=keyword):
                return True
            time.sleep(POLL_SECONDS)
        return False
    finally:
        _waiting.release()


def _respond(request: HttpRequest, body: bytes, *, tier: str, later: int = 0, made: bool = False) -> HttpResponse:
    """`later`: seconds after which to ask again; the answer is then 202 and kept by nobody. `made`: just now."""
    reads.note("generated" if later or made else REDIS if tier == STALE else tier)
    etag = f'"{blake2b(body, digest_size=9).hexdigest()}"'
    headers = {"ETag": etag, "X-Cache": tier, "Cache-Control": "no-store" if later or tier == STALE else _FRESH}
    if later:
        return json_response(body, status=202, headers={**headers, "Retry-After": str(later)})
    if etag in request.META.get("HTTP_IF_NONE_MATCH", ""):
        return HttpResponse(status=304, headers=headers)
    return json_response(body, headers=headers)
