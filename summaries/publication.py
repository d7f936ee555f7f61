"""What follows when the text or the state of a summary changes: cached answers, the card, the history."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from core.cache import tiers
from medicines.selectors.label_text import LabelText
from medicines.services.summary import set_summary
from summaries import selectors
from summaries.compose import Sentence, Source, sections
from summaries.models import CustomSummary, GeneratedText, Revision, Summary

State = GeneratedText.State


def drop_answer(*, item_seq: str, keyword: str = "") -> None:
    """Drop the cached answer in every process once this is committed."""
    transaction.on_commit(lambda: tiers().delete_many([selectors.cache_key(item_seq, keyword)]))


def show_on_card(*, label: LabelText, source: Source, written: Sequence[Mapping[str, Any]], state: str) -> None:
    """Give the card its line: the first effect of the text, or nothing of ours when the text is rejected or stale."""
    shown = sections(source, written, names=selectors.names_of(label))
    effects: list[Sentence] = next((s["sentences"] for s in shown if s["name"] == "effect"), [])
    if state in (State.REJECTED, State.STALE):
        text, kind = "", "extractive"
    elif effects:
        text, kind = effects[0]["text"], _kind(effects[0], written, state)
    else:
        return
    set_summary(item_seq=label.item_seq, source_hash=label.source_hash, text=text, kind=kind)


def _kind(effect: Sentence, written: Sequence[Mapping[str, Any]], state: str) -> str:
    if not any(w["section"] == "effect" and w["text"] == effect["text"] for w in written):
        return "extractive"
    return "reviewed" if state == State.REVIEWED else "ai"


def note_replacement(*, before: Summary | CustomSummary, after: Sequence[Mapping[str, Any]], state: str) -> None:
    """Keep the former text in the history when people had worked on it; `before` is the row as it was."""
    if not before.revisions.exists():
        return
    before.revisions.create(
        version=before.version + 1,
        action=Revision.Action.REPLACE,
        state_before=before.state,
        state_after=state,
        source_hash=before.source_hash,
        before=before.sections,
        after=list(after),
    )
