"""From a label to gated sentences: asks the model, judges every sentence, replaces what was refused. No database."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from summaries import client, prompts
from summaries.completions import Answer
from summaries.compose import Source, copied_ids, sections, stored
from summaries.easy_words import ease
from summaries.grounding import ALLOWED_FIELDS, Claim, Verdict, counted, judge
from summaries.omissions import coverage, omitted

MAX_SENTENCES = 40
_FIRED_KEPT = 40


@dataclass(frozen=True, slots=True)
class Generated:
    """`written` as compose.sections wants it; `accepted` of them are the model's own, the rest the label's words.

    `checks`: what the gate found (models.GeneratedText.checks).
    """

    written: list[dict[str, Any]]
    accepted: int
    checks: dict[str, Any]
    answer: Answer


def generate(source: Source, *, on_call: client.OnCall, names: Collection[str] = ()) -> Generated:
    """One call of the model; `on_call` hears of it. Raises core.errors.VendorError."""
    listing = prompts.listing(source.sentences)
    return gated(source, client.write(system=prompts.SYSTEM, listing=listing, on_call=on_call), names=names)


def gated(source: Source, answer: Answer, *, names: Collection[str] = ()) -> Generated:
    """An answer, however it came, sentence by sentence through the gate."""
    known = source.by_id
    claims = [Claim(s.section, s.text.strip(), tuple(s.source)) for s in answer.sentences[:MAX_SENTENCES]]
    verdicts = [judge(claim, known, names=names) for claim in claims]
    written = _written(verdicts, source, names)
    accepted = sum(verdict.passed for verdict in verdicts)
    return Generated(written if accepted else [], accepted, _checks(verdicts, source, written), answer)


def _written(verdicts: list[Verdict], source: Source, names: Collection[str]) -> list[dict[str, Any]]:
    """Accepted sentences as they are; refused ones as their source sentence in easier words, each at most once."""
    known, shown = source.by_id, {id_ for v in verdicts if v.passed for id_ in v.claim.source}
    made = []
    for verdict in verdicts:
        claim = verdict.claim
        if verdict.passed:
            made.append(stored(claim.section, claim.text, [known[id_] for id_ in claim.source]))
            continue
        for sentence in (known[id_] for id_ in claim.source if id_ in known and id_ not in shown):
            if sentence.field in ALLOWED_FIELDS[claim.section] and claim.section != "advice":
                shown.add(sentence.id)
                made.append(stored(claim.section, ease(sentence.text, names=names), [sentence]))
    return made


def _checks(verdicts: list[Verdict], source: Source, written: list[dict[str, Any]]) -> dict[str, Any]:
    copied = copied_ids(sections(source, written))
    return {
        "accepted": sum(verdict.passed for verdict in verdicts),
        "rejected": counted(verdicts),
        "fired": [_fired(verdict) for verdict in verdicts if not verdict.passed][:_FIRED_KEPT],
        "coverage": {name: list(counts) for name, counts in coverage(source.sentences, copied).items()},
        "omitted": omitted(source.sentences, copied),
    }


def _fired(verdict: Verdict) -> Mapping[str, Any]:
    """What a reviewer sees of a refused sentence; never served."""
    claim = verdict.claim
    return {
        "rule": verdict.rule,
        "detail": verdict.detail[:80],
        "section": claim.section,
        "text": claim.text[:400],
        "source": [id_[:40] for id_ in claim.source[:8]],
    }
