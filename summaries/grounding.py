"""The gate: what a sentence of a model must satisfy before it is served. Pure functions, one a rule.

A rule gets a claim and the source sentences it cites and answers what is wrong, or "". Rules err towards refusing: a
refused sentence gives way to its source sentence. Design: HERMAN (arXiv 2009.13312) for quantities, Attribute First
(arXiv 2403.17104) for choosing the source before writing.
"""

import functools
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from summaries import bounds, vocabulary, wordings, words
from summaries.cited import Cited, cited_text
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
MOST_FREE_WORDS = 2
# A prohibition that is said twice: the verb, what stands between, and the same verb again.
_TWICE = re.compile(r"([가-힣]+)지 말고([^.]*?(?<![가-힣])\1지 마)")
_PARTED = re.compile(r"말고|말며|않고")
# "잘 자라지 않는 것" is 발육불량: no negation, but turned round without its 않.
_WELL = re.compile(r"(?<![가-힣])(?:잘|제대로|충분히) ")
_NOT_WELL = re.compile(_WELL.pattern + r"(?:[가-힣]+지 ?[않못]|[안못] )")
_UNWRITTEN = re.compile(r"[^가-힣 -~·‘’“”…]")
# Without any of these a text is one sentence.
_MAY_END = re.compile(r"[.?!]+\s*[^\s.?!]|[\n)①-⑳○●◦•▶※]")
# "…쓰세요, …두세요": what goes on behind the end of a sentence is another one, whatever stands between.
_GOES_ON = re.compile(r"(?:니다|시오|[세어아해돼예에줘써봐와져려]요)(?=,| 그리고 | 또한 | 및 | 또는 )")


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence by the model: `source` holds ids such as "efficacy.0"."""

    section: str
    text: str
    source: tuple[str, ...]


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


def one_voice(claim: Claim, cited: Cited) -> str:
    """Sentences cited together say the same of what they name: else who may not and who shall ask could be swapped."""
    return "" if cited.alike else "different sources"


def shape(claim: Claim, cited: Cited) -> str:
    """Short and Korean, on one line, and no more sentences than it cites."""
    text = claim.text.strip()
    if not text or len(text) > MAX_CHARACTERS or "\n" in text:
        return "length"
    if _sentences(text) > len(claim.source):
        return "sentences"
    hangul = sum("가" <= char <= "힣" for char in text)
    return "" if hangul * 2 >= len(text.replace(" ", "")) else "language"


def _sentences(text: str) -> int:
    """How many sentences a text has: as it is written, or run together."""
    return (len(split(text)) if _MAY_END.search(text) else 1) + len(_GOES_ON.findall(text))


def characters(claim: Claim, cited: Cited) -> str:
    """Hangul syllables, ASCII and everyday marks, and what the source has: no rule sees a word in another script."""
    return next((char for char in _UNWRITTEN.findall(claim.text) if char not in cited.plain), "")


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
    if turned := wordings.turned_round(
        wordings.without_idioms(claim.text, cited.source.squeezed), cited.source.squeezed
    ):
        return turned
    if _lacks(cited) and _WELL.search(_NOT_WELL.sub("", claim.text)):
        return "well"
    # What brackets hold explains a word: a "않" in them must not make up for one outside, and none may be added there.
    text = _joined(claim, cited)
    if "말고" in text and not _PARTED.search(cited.plain):
        return "말고"
    if _softened(text, cited):
        return "softened"
    said, meant = (_negations(part, cited) for part in (words.without_brackets(text), cited.bare))
    if said != meant:
        return f"{said} for {meant}"
    inside = _negations(text, cited) - said
    return f"{inside} in brackets" if inside > _negations(cited.plain, cited) - meant else ""


def _softened(text: str, cited: Cited) -> bool:
    """Whether the label forbids, and the claim only says that something is not done or not needed."""
    forbidding, avoiding = vocabulary.FORBIDDING, vocabulary.AVOIDING
    return bool(forbidding.search(cited.bare)) and not (forbidding.search(text) or avoiding.search(text))


def _joined(claim: Claim, cited: Cited) -> str:
    """ "이 환자는 쓰지 말고, 저 환자도 쓰지 마세요" forbids one thing and counts once, unless the label has two."""
    return claim.text if _PARTED.search(cited.plain) else _TWICE.sub(r"\1고\2", claim.text)


def _lacks(cited: Cited) -> bool:
    """Whether the label names something that does not go well, and does not say 잘 itself."""
    return bool(vocabulary.LACKING.search(cited.plain)) and not _WELL.search(cited.plain)


def _negations(text: str, cited: Cited) -> int:
    told = _NOT_WELL.sub("", text) if _lacks(cited) else text
    return vocabulary.negations(wordings.without_idioms(told, cited.source.squeezed))


def polarity(claim: Claim, cited: Cited) -> str:
    """Advice to ask, to be careful, to stop, how often, how soon and how severe: in both or in neither."""
    said, outside = vocabulary.polarity(claim.text), vocabulary.polarity(cited.bare)
    # "닿지 않도록 조심하세요" says no less than "닿지 않도록 하십시오": the rule of negation has seen to the rest.
    free = {"caution"} if not outside["caution"] and vocabulary.NEGATION.search(cited.bare) else set[str]()
    # "꼭 지키세요" says no more than "지키십시오".
    free |= {"must"} if not outside["must"] and vocabulary.ORDER.search(cited.bare) else set()
    added = _beyond(said, (vocabulary.polarity(cited.plain),), besides=free)
    return added or _beyond(outside, (said,), besides=free)


def bound(claim: Claim, cited: Cited) -> str:
    """No leave, limit or time of its own ("…하면 먹어도 돼요", "임부만", "식전에"), no eating of what is not eaten."""
    if not cited.eaten and (found := bounds.EATING.search(claim.text)):
        return found[0]
    return bounds.added(claim.text, (cited.plain, cited.eased))


def direction(claim: Claim, cited: Cited) -> str:
    """What rises does not fall, what is before is not behind."""
    return bounds.turned(claim.text, cited.plain, cited.bare, cited.eased)


def population(claim: Claim, cited: Cited) -> str:
    """The same groups of people and conditions: none added, dropped, named more often, or put in another's place."""
    said = vocabulary.populations(claim.text)
    sources = (vocabulary.populations(cited.plain), vocabulary.populations(cited.eased))
    more = (name for name, times in said.items() if times > max(source[name] for source in sources))
    if added := next(more, ""):
        return added
    return _beyond(vocabulary.populations(cited.bare), (said,), besides=_symptoms(claim, cited))


def _symptoms(claim: Claim, cited: Cited) -> Collection[str]:
    """Kinds that are one symptom among others in a list of them (과민반응, 천식발작), where no patient is named.

    The list itself is copied for the reader, so a symptom may be left out of its summary; a group of people may not.
    """
    listed = claim.section in ("effect", "side_effect") and not vocabulary.PATIENT.search(cited.bare)
    return vocabulary.CONDITIONS if listed else ()


def _beyond(here: Mapping[str, int], there: Sequence[Mapping[str, int]], *, besides: Collection[str] = ()) -> str:
    """The first kind that is here and in none of those."""
    missing = (name for name, times in here.items() if times and not any(other[name] for other in there))
    return next((name for name in missing if name not in besides), "")


@functools.lru_cache(maxsize=16)
def unknown_words(claim: Claim, cited: Cited) -> list[str]:
    """Words that are neither in the source, nor in its easy wording, nor everyday words."""
    text = wordings.without_idioms(claim.text, cited.source.squeezed)
    return [w for w in words.words(text) if not cited.source.has(w) and not words.is_plain(w)]


def disease(claim: Claim, cited: Cited) -> str:
    """No disease or symptom that the source does not name."""
    return next((w for w in unknown_words(claim, cited) if any(map(vocabulary.DISEASE.search, words.stems(w)))), "")


def medicine(claim: Claim, cited: Cited) -> str:
    """No medicine or ingredient that the source does not name."""
    unknown = (w for w in unknown_words(claim, cited) if not words.verb_like(w))
    return next((w for w in unknown if any(map(vocabulary.MEDICINE.search, words.stems(w)))), "")


def unknown_word(claim: Claim, cited: Cited) -> str:
    """No other name or noun from nowhere; a word or two of the model's own may pass, unless it tells of a symptom."""
    unknown = unknown_words(claim, cited)
    if ordered := next((w for w in unknown if words.is_order(w)), ""):
        return ordered
    nouns = [w for w in unknown if not words.verb_like(w) or words.names_a_thing(w)]
    if nouns and not _stand_in(unknown, claim, cited):
        return nouns[0]
    return unknown[0] if len(unknown) > MOST_FREE_WORDS else ""


def _stand_in(unknown: Sequence[str], claim: Claim, cited: Cited) -> bool:
    """Whether as many short words as the claim adds, none of them a name, are missing of what the label says.

    A rewording takes a word's place (틀니 for 의치); what is made up comes on top.
    """
    if any(words.may_be_a_name(word) or words.names_a_thing(word) for word in unknown):
        return False
    # A name has no other name: 펜잘 may not stand for 아스피린.
    missing = words.missing(cited.bare, claim.text)
    return len(unknown) <= len(missing) and not any(map(words.is_substance, missing))


def overlap(claim: Claim, cited: Cited) -> str:
    """Enough of what it says, everyday words aside, is the source's own."""
    said = words.words(wordings.without_idioms(claim.text, cited.source.squeezed))
    own = [w for w in said if not words.is_plain(w)]
    telling = (w for w in said if not words.is_plain(w) or min(map(len, words.stems(w))) > 1)
    if not any(map(cited.source.has, telling)):
        return "nothing of the source"
    traced = sum(map(cited.source.has, own))
    return "" if len(own) - traced <= max(1, (1 - OVERLAP_FLOOR) * len(own)) else f"{traced} of {len(own)}"


RULES: tuple[Callable[[Claim, Cited], str], ...] = (
    one_voice, shape, characters, markup, hostile, quantity, banned, negation, polarity, bound, direction, population,
    disease, medicine, unknown_word, overlap,
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


def counted(verdicts: Sequence[Verdict]) -> dict[str, int]:
    """How often each rule refused a sentence."""
    rules = [verdict.rule for verdict in verdicts if verdict.rule]
    return {rule: rules.count(rule) for rule in sorted(set(rules))}
