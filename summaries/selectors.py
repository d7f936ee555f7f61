"""Reads: what to show for a medicine's summary, from the label and from what a model wrote about it."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone

from core.cache import tiers
from core.errors import NotFound, SourceDown
from medicines.selectors.dictionary import in_use
from medicines.selectors.label_text import LabelText, label_text
from summaries import keywords, prompts, word_table
from summaries.compose import Source, sections, trusted
from summaries.models import CustomSummary, GeneratedText, Summary
from summaries.sentences import source_sentences

AI_NOTICE = "AI가 정리한 글입니다. 원문과 다르면 원문이 맞습니다."
EXTRACTIVE_NOTICE = "설명서의 문장을 옮긴 글입니다. 어려운 낱말은 쉬운 말로 바꾸었고, 원문과 다르면 원문이 맞습니다."
STALE_NOTICE = "설명서가 바뀌어 다시 정리하고 있어요."
NO_LABEL_NOTICE = "이 약은 공개된 설명서가 없습니다. 의사 또는 약사에게 물어보세요."
PENDING_LABEL_NOTICE = "설명서를 가져오고 있어요. 잠시 뒤에 다시 열어 주세요."
# A label that changed shows in a summary after this time at the latest; a new text of ours drops its entry at once.
CACHE_SECONDS = 60
Work, State = GeneratedText.Work, GeneratedText.State


@dataclass(frozen=True, slots=True)
class Reading:
    """What can be shown now. `wanted`: a text by a model is missing or out of date and may be made.

    `final`: the same for everyone until something is stored, so it may be cached.
    """

    label: LabelText
    keyword: str
    body: dict[str, Any]
    wanted: bool
    final: bool

    @property
    def needs_label(self) -> bool:
        return self.label.label_status == "pending"


def read(*, item_seq: str, keyword: str = "") -> Reading:
    """Two queries of the label, one of the summary. Raises NotFound, or SourceDown when the label could not be had."""
    label = label_text(item_seq=item_seq)
    if label is None:
        raise NotFound("찾으시는 약이 없어요.")
    if not label.sections:
        return _without_label(label, keyword)
    source = source_of(label, keyword)
    if not source.sentences:
        return _not_mentioned(label, keyword)
    return _of_row(label, keyword, source, newest(label.medicine_id, keyword))


def source_of(label: LabelText, keyword: str) -> Source:
    """The label's sentences, or those that speak of the keyword. From here on, the table of hard words is as edited."""
    word_table.refresh()
    whole = trusted(source_sentences(label.sections))
    return Source(keywords.about(keyword, whole.sentences, in_use().keywords)) if keyword else whole


def names_of(label: LabelText) -> Collection[str]:
    """Names whose spelling stays as it is."""
    return (label.item_name, label.item_name.partition("(")[0], *label.ingredients)


def newest(medicine_id: int, keyword: str) -> GeneratedText | None:
    """The row of the current prompt; while it has no text, an earlier prompt's with one."""
    rows = sorted(rows_of(medicine_id, keyword), key=lambda row: row.prompt_version == prompts.VERSION, reverse=True)
    return next((row for row in rows if row.source_hash), rows[0] if rows else None)


def rows_of(medicine_id: int, keyword: str) -> Sequence[GeneratedText]:
    if keyword:
        return list(CustomSummary.objects.filter(medicine_id=medicine_id, search_keyword=keyword).order_by("-pk"))
    return list(Summary.objects.filter(medicine_id=medicine_id).order_by("-pk"))


def claimable(source_hash: str, now: datetime) -> Q:
    """Rows whose work may be claimed for this label: nobody is at it, it is not done, and it may be tried again."""
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    missing = ~Q(work=Work.DONE) | ~Q(source_hash=source_hash)
    due = Q(retry_at__isnull=True) | Q(retry_at__lte=now) | ~Q(wanted_hash=source_hash)
    return free & missing & due & ~Q(work=Work.DEAD, wanted_hash=source_hash)


def decided(*, medicine_id: int, keyword: str, source_hash: str) -> bool:
    """Whether a person's decision stands against a new text: rejected, or reviewed for this very label.

    Under whichever prompt the text was made: a new prompt does not undo a review.
    """
    stands = Q(state=State.REJECTED) | Q(state=State.REVIEWED, source_hash=source_hash)
    rows = CustomSummary.objects.filter(search_keyword=keyword) if keyword else Summary.objects.all()
    return rows.filter(stands, medicine_id=medicine_id).exists()


def in_progress(*, medicine_id: int, keyword: str) -> bool:
    """Whether somebody is at work on the text right now. One indexed query; for those who wait."""
    rows = CustomSummary.objects.filter(search_keyword=keyword) if keyword else Summary.objects.all()
    at_work = rows.filter(work__in=(Work.QUEUED, Work.RUNNING), lease_until__gt=timezone.now())
    return at_work.filter(medicine_id=medicine_id, prompt_version=prompts.VERSION).exists()


def cached(*, item_seq: str, keyword: str) -> tuple[bytes, str] | None:
    """The bytes of a final answer, and the tier that had them."""
    return tiers().get(cache_key(item_seq, keyword))


def last_known(*, item_seq: str, keyword: str) -> bytes | None:
    """The last final answer, however old: for when the database is away. Of a text that was withdrawn there is none."""
    key = cache_key(item_seq, keyword)
    return tiers().get_stale_many((key,)).get(key)


def keep(reading: Reading, body: bytes) -> None:
    tiers().set_many({cache_key(reading.label.item_seq, reading.keyword): body}, seconds=CACHE_SECONDS)


def cache_key(item_seq: str, keyword: str) -> str:
    """Keywords tell of a reader's health, so Redis sees a digest."""
    digest = hashlib.blake2b(keyword.encode(), digest_size=12).hexdigest() if keyword else ""
    return f"summary:{item_seq}:{digest}"


def encode(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


def _of_row(label: LabelText, keyword: str, source: Source, row: GeneratedText | None) -> Reading:
    rejected = row is not None and row.state == State.REJECTED
    usable = row if row and row.source_hash and not rejected else None
    fresh = row is not None and row.source_hash == label.source_hash and row.prompt_version == prompts.VERSION
    stale = usable is not None and usable.source_hash != label.source_hash
    # What a person decided stands: a rejected text until somebody asks anew, a reviewed one while its label does.
    decided = rejected or (usable is not None and usable.state == State.REVIEWED and not stale)
    body = _body(
        label,
        status="stale" if stale else "ready",
        kind=_kind(usable, stale=stale),
        sections=sections(source, usable.sections if usable else (), names=names_of(label)),
        row=usable,
    )
    return Reading(label, keyword, body, wanted=not (fresh or decided), final=fresh or decided)


def _kind(row: GeneratedText | None, *, stale: bool) -> str:
    """A text that was reviewed for another label does not pass for reviewed."""
    if row is None or not row.sections:
        return "extractive"
    return "reviewed" if row.state == State.REVIEWED and not stale else "ai"


def _body(
    label: LabelText, *, status: str, kind: str | None, sections: list[dict[str, Any]], row: GeneratedText | None = None
) -> dict[str, Any]:
    notices = {"ai": AI_NOTICE, "extractive": EXTRACTIVE_NOTICE}
    notice = [STALE_NOTICE if status == "stale" else "", notices.get(kind or "", "")]
    by_model = row is not None and kind != "extractive"
    return {
        "status": status,
        "kind": kind,
        "label_notice": " ".join(filter(None, notice)) or None,
        "sections": sections,
        "model": row.model or None if row and by_model else None,
        "generated_at": _moment(row.generated_at) if row and by_model else None,
        "coverage": label.coverage,
    }


def _moment(moment: datetime | None) -> str | None:
    return timezone.localtime(moment).isoformat(timespec="seconds") if moment else None


def _without_label(label: LabelText, keyword: str) -> Reading:
    """The label is being fetched, or there is none. That its source is down is neither."""
    if label.label_status == "source_down":
        raise SourceDown
    pending = label.label_status == "pending"
    body = _body(label, status="pending" if pending else "ready", kind=None, sections=[])
    body["label_notice"] = PENDING_LABEL_NOTICE if pending else NO_LABEL_NOTICE
    return Reading(label, keyword, body, wanted=False, final=not pending)


def _not_mentioned(label: LabelText, keyword: str) -> Reading:
    body = _body(label, status="not_mentioned", kind=None, sections=[])
    body["label_notice"] = f"이 약의 설명서에는 '{keyword}'에 대한 내용이 없습니다."
    return Reading(label, keyword, body, wanted=False, final=True)
