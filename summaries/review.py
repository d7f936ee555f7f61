"""What curators do with a text: approve, edit, reject, have it made anew. Each is one step of the history.

Every function takes the `version` that the curator saw: when the text has moved on since, nothing is written. `kind` is
the summary of a whole label, or of what it says about a keyword.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from medicines.selectors.label_text import LabelText, label_text
from ops.services import record_audit
from summaries import grounding, prompts, publication, selectors, services
from summaries.cited import cited_text
from summaries.comparison import RULES
from summaries.compose import Source, copied_ids, sections, stored
from summaries.grounding import Claim
from summaries.models import MODELS, CustomSummary, GeneratedText, Kind, Revision, Summary
from summaries.omissions import coverage, omitted

State, Work = GeneratedText.State, GeneratedText.Work
Action = Revision.Action
Row = Summary | CustomSummary
# What nobody can vouch for: a sentence without its source, a link, an order to a machine.
NEVER_CONFIRMED = frozenset({"known_sources", "allowed_fields", "markup", "hostile"})


class ReviewError(Exception):
    """A step that was not taken; the message is for the curator."""


class Outdated(ReviewError):
    """Somebody else was first."""

    def __init__(self) -> None:
        super().__init__("보시는 동안 다른 분이나 자동 작업이 이 글을 바꿨어요. 아무것도 덮어쓰지 않았습니다.")


class NotPossible(ReviewError):
    """The text is in no state for this step."""


class GateRefused(ReviewError):
    """Sentences that break a rule and were not confirmed; `checked` has all sentences in their order."""

    def __init__(self, checked: "Sequence[Checked]") -> None:
        super().__init__("규칙에 걸린 문장이 있어요. 고치거나, 원문과 뜻이 같다는 것을 확인해 주세요.")
        self.checked = checked


@dataclass(frozen=True, slots=True)
class Checked:
    """A sentence by a curator and every rule it breaks, as (rule, detail).

    `token` stands for these rules of this very text: a confirmation of another wording does not count.
    """

    claim: Claim
    rules: tuple[tuple[str, str], ...]

    @property
    def confirmable(self) -> bool:
        return not NEVER_CONFIRMED & {rule for rule, _ in self.rules}

    @property
    def named(self) -> list[tuple[str, str]]:
        """As a curator reads them."""
        return [(RULES.get(rule, rule), detail) for rule, detail in self.rules]

    @property
    def token(self) -> str:
        said = repr((self.claim.section, self.claim.text, self.claim.source, sorted(rule for rule, _ in self.rules)))
        return hashlib.blake2b(said.encode(), digest_size=9).hexdigest()


def check(claim: Claim, *, label: LabelText, source: Source) -> Checked:
    """Every rule of the gate, where the gate itself stops at the first."""
    names, known = selectors.names_of(label), source.by_id
    first = grounding.judge(claim, known, names=names)
    if first.passed or first.rule in ("known_sources", "allowed_fields"):
        return Checked(claim, ((first.rule, first.detail),) if first.rule else ())
    cited = cited_text([known[id_] for id_ in claim.source], known, names=names)
    fired = ((rule.__name__, rule(claim, cited)) for rule in grounding.RULES)
    return Checked(claim, tuple((name, detail) for name, detail in fired if detail))


def approve(*, pk: int, version: int, actor_id: UUID, kind: Kind = "summary") -> Row:
    """Readers get the text without the AI label from now on. Raises Outdated, NotPossible."""
    row = _open(kind, pk, version)
    label = _label(row)
    if row.state == State.REVIEWED and row.source_hash == label.source_hash:
        raise NotPossible("이미 승인된 글이에요.")
    if row.source_hash != label.source_hash:
        raise NotPossible("설명서가 바뀌었어요. 다시 만들거나, 새 설명서에 맞게 고친 뒤 승인해 주세요.")
    _require_text(row.sections, row.checks)
    return _step(row, label, Action.APPROVE, actor_id, {"state": State.REVIEWED, "work": Work.DONE})


def reject(*, pk: int, version: int, actor_id: UUID, reason: str, kind: Kind = "summary") -> Row:
    """Readers get the label's own sentences, and nothing is made anew until asked. Raises Outdated, NotPossible."""
    row = _open(kind, pk, version)
    if not reason.strip():
        raise NotPossible("반려하는 까닭을 적어 주세요.")
    if row.state == State.REJECTED:
        raise NotPossible("이미 반려된 글이에요.")
    values = {"state": State.REJECTED, "work": Work.DONE}
    return _step(row, _label(row), Action.REJECT, actor_id, values, reason=reason.strip())


def regenerate(*, pk: int, version: int, actor_id: UUID, reason: str = "", kind: Kind = "summary") -> tuple[Kind, int]:
    """Claim the text to be made anew; the caller sends the task. Raises Outdated, NotPossible.

    The text loses its review and stays readable, under the AI label, until the new one is there; a rejected text stays
    out of sight.
    """
    if not services.can_generate():
        raise NotPossible("지금은 AI에게 물을 수 없어 다시 만들 수 없어요. 글은 그대로 두었습니다.")
    row = _open(kind, pk, version)
    label = _label(row)
    with transaction.atomic():
        _step(row, label, Action.REGENERATE, actor_id, _to_be_made(row, label), reason=reason.strip())
        if row.prompt_version == prompts.VERSION:
            return kind, row.pk
        claimed = services.claim(label=label, keyword=row.keyword)
        if claimed is None:
            raise NotPossible("이 약의 글은 이미 만들고 있어요.")
        return claimed


def _to_be_made(row: Row, label: LabelText) -> dict[str, Any]:
    rejected = row.state == State.REJECTED
    values: dict[str, Any] = {"state": State.STALE if row.state == State.STALE else State.AUTO}
    if rejected:
        values |= {"sections": [], "source_hash": ""}
    if row.prompt_version == prompts.VERSION:
        lease = timezone.now() + services.QUEUE_LEASE
        values |= {"work": Work.QUEUED, "wanted_hash": label.source_hash, "attempts": 0, "lease_until": lease}
        values |= {"retry_at": None, "error": ""}
    return values


def edit(
    *,
    pk: int,
    version: int,
    actor_id: UUID,
    claims: Sequence[Claim],
    confirmed: Collection[str] = (),
    approved: bool = False,
    kind: Kind = "summary",
) -> Row:
    """Store the curator's sentences, made for the label as it is now; `approved` also approves them.

    `confirmed`: tokens (Checked.token) of sentences that break a rule and that the curator vouches for. Copied sections
    are no part of it. Raises Outdated, GateRefused, NotPossible.
    """
    row = _open(kind, pk, version)
    label = _label(row)
    source = selectors.source_of(label, row.keyword)
    checked = [check(claim, label=label, source=source) for claim in claims]
    if any(c.rules and not (c.confirmable and c.token in confirmed) for c in checked):
        raise GateRefused(checked)
    written = [stored(c.section, c.text, [source.by_id[id_] for id_ in c.source]) for c in claims]
    checks = row.checks | _kept(source, written) | {"accepted": len(written)}
    if approved:
        _require_text(written, checks)
    values = {
        "state": State.REVIEWED if approved else State.AUTO,
        "work": Work.DONE,
        "sections": written,
        "checks": checks,
        "source_hash": label.source_hash,
        "wanted_hash": label.source_hash,
        "error": "",
        "lease_until": None,
        "retry_at": None,
    } | _also_plain(row, source, written)
    vouched = [{"text": c.claim.text, "rules": [rule for rule, _ in c.rules]} for c in checked if c.rules]
    action = Action.APPROVE if approved else Action.EDIT
    return _step(row, label, action, actor_id, values, confirmed=vouched)


def _also_plain(row: Row, source: Source, written: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    return {"custom_summary": services.plain_text(source, written)} if row.keyword else {}


def _kept(source: Source, written: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    copied = copied_ids(sections(source, written))
    counts = {name: list(pair) for name, pair in coverage(source.sentences, copied).items()}
    return {"coverage": counts, "omitted": omitted(source.sentences, copied)}


def _require_text(written: Sequence[Mapping[str, Any]], checks: Mapping[str, Any]) -> None:
    if not written:
        raise NotPossible("승인할 문장이 없어요. 읽는 분은 지금 설명서의 문장을 보고 있습니다.")
    if checks.get("omitted"):
        raise NotPossible("꼭 있어야 할 설명서 문장이 빠져 있어 승인할 수 없어요.")


def _open(kind: Kind, pk: int, version: int) -> Row:
    row = MODELS[kind].objects.get(pk=pk)
    if row.version != version:
        raise Outdated
    newest = selectors.newest(row.medicine_id, row.keyword)
    if newest is not None and newest.pk != row.pk:
        raise NotPossible("이 약에는 더 새로운 글이 있어요. 목록에서 새 글을 열어 주세요.")
    return row


def _label(row: Row) -> LabelText:
    label = label_text(item_seq=row.item_seq)
    if label is None or not label.sections:
        raise NotPossible("이 약의 설명서를 찾을 수 없어요.")
    return label


@transaction.atomic
def _step(
    row: Row,
    label: LabelText,
    action: str,
    actor_id: UUID,
    values: Mapping[str, Any],
    *,
    reason: str = "",
    confirmed: Iterable[Mapping[str, Any]] = (),
) -> Row:
    """Write the change if the row is still as seen, its history, and let readers have it at once."""
    held = type(row).objects.filter(pk=row.pk, version=row.version)
    if not held.update(**values, version=F("version") + 1):
        raise Outdated
    after = type(row).objects.get(pk=row.pk)
    revision = after.revisions.create(
        version=after.version,
        action=action,
        actor_id=actor_id,
        state_before=row.state,
        state_after=after.state,
        source_hash=row.source_hash,
        before=row.sections,
        after=after.sections,
        reason=reason[:500],
        confirmed=list(confirmed),
    )
    details = {"version": after.version, "state": after.state, "confirmed": revision.confirmed, "reason": reason[:500]}
    name = "custom_summary" if row.keyword else "summary"
    record_audit(actor=str(actor_id), action=f"{name}.{action}", target=row.item_seq, details=details)
    publication.drop_answer(item_seq=row.item_seq, keyword=row.keyword)
    if not row.keyword:
        source = selectors.source_of(label, "")
        publication.show_on_card(label=label, source=source, written=after.sections, state=_shown_state(after, label))
    return after


def _shown_state(row: Row, label: LabelText) -> str:
    return row.state if row.source_hash in ("", label.source_hash) else State.STALE
