"""The gate: what a sentence of a model must satisfy before it is served. Pure functions, one a rule.

A rule gets a claim and the source sentences it cites and answers what is wrong, or "". Rules err towards refusing: a
refused sentence gives way to its source sentence. Design: HERMAN (arXiv 2009.13312) for quantities, Attribute First
(arXiv 2403.17104) for choosing the source before writing.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from summaries import vocabulary, words
from summaries.easy_words import ease
from summaries.quantities import first_quantity
from summaries.sentences import SourceSentence, split

ALLOWED_FIELDS: Mapping[str, frozenset[str]] = {
    "effect": frozenset({"efficacy"}),
    "side_effect": frozenset({"side_effect"}),
    "advice": frozenset({"usage", "warning", "precaution", "interaction", "storage"}),
}
MAX_CHARACTERS = 300
MAX_SOURCES = 4
OVERLAP_FLOOR = 0.6
MOST_FREE_VERBS = 2


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence by the model: `source` holds ids such as "efficacy.0"."""

    section: str
    text: str
    source: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cited:
    """The text a claim rests on: `plain` as in the label, `bare` without brackets, `eased` with hard words replaced."""

    plain: str
    bare: str
    eased: str
    source: words.Source


@dataclass(frozen=True, slots=True)
class Verdict:
    """`rule` is "" for a claim that passed; `detail` says what in it, never more than a word or two."""

    claim: Claim
    rule: str = ""
    detail: str = ""

    @property
    def passed(self) -> bool:
        return not self.rule


def known_sources(claim: Claim, known: Mapping[str, SourceSentence]) -> str:
    """Every id exists; there is at least one and not so many that anything could be said."""
    if not claim.source or len(claim.source) > MAX_SOURCES:
        return f"{len(claim.source)} sources"
    return next((source for source in claim.source if source not in known), "")


def allowed_fields(claim: Claim, known: Mapping[str, SourceSentence]) -> str:
    """Effects rest on the efficacy alone, side effects on the side effects, advice on neither."""
    allowed = ALLOWED_FIELDS.get(claim.section, frozenset())
    return next((source for source in claim.source if known[source].field not in allowed), "")


def shape(claim: Claim, cited: Cited) -> str:
    """Short and Korean, on one line, and no more sentences than it cites."""
    text = claim.text.strip()
    if not text or len(text) > MAX_CHARACTERS or "\n" in text:
        return "length"
    if len(split(text)) > len(claim.source):
        return "sentences"
    hangul = sum("가" <= char <= "힣" for char in text)
    return "" if hangul * 2 >= len(text.replace(" ", "")) else "language"


def quantity(claim: Claim, cited: Cited) -> str:
    """No quantity at all: numbers are copied from the label, never written."""
    return first_quantity(claim.text)


def markup(claim: Claim, cited: Cited) -> str:
    """No link, address or markup."""
    found = vocabulary.MARKUP.search(claim.text)
    return found[0] if found else ""


def banned(claim: Claim, cited: Cited) -> str:
    """No promise of safety or cure, no diagnosis, no change of dose: whatever the source says."""
    found = vocabulary.BANNED.search(claim.text)
    return found[0] if found else ""


def hostile(claim: Claim, cited: Cited) -> str:
    """No order to a machine, and nothing that speaks of one."""
    found = vocabulary.HOSTILE.search(claim.text)
    return found[0] if found else ""


def negation(claim: Claim, cited: Cited) -> str:
    """As many negations and prohibitions as the cited sentences: one lost or gained turns the meaning round."""
    said = len(vocabulary.NEGATION.findall(claim.text))
    meant = {len(vocabulary.NEGATION.findall(text)) for text in (cited.plain, cited.bare)}
    return "" if said in meant else f"{said} for {min(meant)}"


def polarity(claim: Claim, cited: Cited) -> str:
    """Advice to ask, to be careful, to stop, how often, how soon and how severe: in both or in neither."""
    return _differs(vocabulary.POLARITY, claim, cited, allowed=cited.plain)


def population(claim: Claim, cited: Cited) -> str:
    """The same groups of people and conditions: none added, dropped, or put in the place of another."""
    allowed = cited.plain + "\n" + cited.eased
    for name, pattern in vocabulary.POPULATIONS.items():
        most = max(len(pattern.findall(text)) for text in (cited.plain, cited.eased))
        if 0 < most < len(pattern.findall(claim.text)):
            return name
    return _differs(vocabulary.POPULATIONS, claim, cited, allowed=allowed)


def _differs(kinds: Mapping[str, re.Pattern[str]], claim: Claim, cited: Cited, *, allowed: str) -> str:
    """The first kind that the claim adds to what is allowed, or drops from what the source says outside brackets."""
    for name, pattern in kinds.items():
        if pattern.search(claim.text):
            if not pattern.search(allowed):
                return name
        elif pattern.search(cited.bare):
            return name
    return ""


def unknown_words(claim: Claim, cited: Cited) -> list[str]:
    """Words that are neither in the source, nor in its easy wording, nor everyday words."""
    return [w for w in words.words(claim.text) if not cited.source.has(w) and not words.is_plain(w)]


def disease(claim: Claim, cited: Cited) -> str:
    """No disease or symptom that the source does not name."""
    return next((w for w in unknown_words(claim, cited) if any(map(vocabulary.DISEASE.search, words.stems(w)))), "")


def medicine(claim: Claim, cited: Cited) -> str:
    """No medicine or ingredient that the source does not name."""
    unknown = (w for w in unknown_words(claim, cited) if not words.verb_like(w))
    return next((w for w in unknown if any(map(vocabulary.MEDICINE.search, words.stems(w)))), "")


def unknown_word(claim: Claim, cited: Cited) -> str:
    """No other name or noun from nowhere; a verb or two of the model's own may pass."""
    unknown = unknown_words(claim, cited)
    nouns = [w for w in unknown if not words.verb_like(w)]
    if nouns:
        return nouns[0]
    return unknown[0] if len(unknown) > MOST_FREE_VERBS else ""


def overlap(claim: Claim, cited: Cited) -> str:
    """Enough of what it says, everyday words aside, is the source's own."""
    said = words.words(claim.text)
    own = [w for w in said if not words.is_plain(w)]
    if not any(cited.source.has(w) for w in said if len(w) > 1):
        return "nothing of the source"
    traced = sum(map(cited.source.has, own))
    return "" if len(own) - traced <= max(1, (1 - OVERLAP_FLOOR) * len(own)) else f"{traced} of {len(own)}"


RULES: tuple[Callable[[Claim, Cited], str], ...] = (
    shape, markup, hostile, quantity, banned, negation, polarity, population, disease, medicine, unknown_word, overlap,
)  # fmt: skip


def judge(claim: Claim, known: Mapping[str, SourceSentence], *, names: Collection[str] = ()) -> Verdict:
    """The first rule that a claim breaks, or none. `names`: products and ingredients whose spelling is not eased."""
    for rule in (known_sources, allowed_fields):
        if detail := rule(claim, known):
            return Verdict(claim, rule.__name__, detail)
    cited = cited_text([known[source] for source in claim.source], known, names=names)
    for check in RULES:
        if detail := check(claim, cited):
            return Verdict(claim, check.__name__, detail)
    return Verdict(claim)


def cited_text(
    sentences: Sequence[SourceSentence], known: Mapping[str, SourceSentence], *, names: Collection[str] = ()
) -> Cited:
    """The cited sentences with the headings they stand under, without which a list item has no polarity."""
    ids = [id_ for s in sentences for id_ in (*(f"{s.field}.{i}" for i in s.headings), s.id)]
    plain = "\n".join(known[id_].text for id_ in dict.fromkeys(ids) if id_ in known)
    bare, eased = words.without_brackets(plain), ease(plain, names=names)
    return Cited(plain, bare, eased, words.Source(plain, bare, eased, ease(bare, names=names)))


def counted(verdicts: Sequence[Verdict]) -> dict[str, int]:
    """How often each rule refused a sentence."""
    rules = [verdict.rule for verdict in verdicts if verdict.rule]
    return {rule: rules.count(rule) for rule in sorted(set(rules))}
