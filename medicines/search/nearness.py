"""How near a misspelt word is to a name, in jamo (Damerau-Levenshtein). Pure.

Tight on purpose: hundreds of products sound alike, and an ordinary word must not turn into a medicine.
"""

from rapidfuzz.distance import DamerauLevenshtein

from medicines.search.keys import is_syllable, to_jamo, to_keys
from medicines.search.normalise import FORMS, strip_form

# Fewer syllables differ too little from one another: a third of the two-syllable nouns are one jamo from some brand.
_SHORTEST = 3
_TWO_ERRORS_FROM = 6
_PREFIX_FROM = 4
# Each with its length and its jamo.
_LONG_FORMS = [
    (len(form), to_jamo(form)) for form in sorted((form for form in FORMS if len(form) >= 2), key=len, reverse=True)
]
_LENGTHS = {length for length, _ in _LONG_FORMS}


def distance(typed: str, name: str) -> float | None:
    """Errors between two normalised words, or None when they are not near enough to be taken for one another.

    One wrong, missing, extra or swapped jamo counts one, and so does one whole syllable left out or put in; an error in
    the very first jamo half as much again, since people rarely err there. Three syllables may hold one error, six or
    more two. A digit must not differ: it is a dosage or a product line.
    """
    if len(typed) < _SHORTEST or _digits(typed) != _digits(name):
        return None
    if _one_syllable_more(typed, name) or _one_syllable_more(name, typed):
        return 1.0
    allowed = 2 if len(typed) >= _TWO_ERRORS_FROM else 1
    wrong, right = to_jamo(typed), to_jamo(name)
    errors = DamerauLevenshtein.distance(wrong, right, score_cutoff=allowed)
    return None if errors > allowed else errors + (0.5 if wrong[0] != right[0] else 0.0)


def prefix_distance(typed: str, name: str) -> float | None:
    """The same against the first syllables of a longer name; short words only where the keys without shift agree."""
    begins = name[: len(typed)]
    if len(typed) >= _PREFIX_FROM or to_keys(begins) == to_keys(typed):
        errors = distance(typed, begins)
        return None if errors is None else errors + 0.25
    return None


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isdigit())


def _one_syllable_more(short: str, long: str) -> bool:
    """Whether `long` is `short` with one syllable put in, its first syllable untouched."""
    if len(long) != len(short) + 1 or len(short) < _SHORTEST or short[0] != long[0]:
        return False
    at = next((i for i, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    return is_syllable(long[at]) and short[at:] == long[at + 1 :] and at < len(short)


def strip_near_form(text: str) -> str:
    """Without the dosage form at the end, even when that is misspelt by one jamo: 판콜에스내복앤 → 판콜에스."""
    bare = strip_form(text)
    if bare != text:
        return bare
    tails = {length: to_jamo(text[-length:]) for length in _LENGTHS if len(text) >= length + 2}
    for length, jamo in _LONG_FORMS:
        if length in tails and DamerauLevenshtein.distance(tails[length], jamo, score_cutoff=1) <= 1:
            return text[:-length]
    return text


def least_similarity(keys: str) -> float:
    """The trigram similarity that a word of these keys keeps to any word which `distance` would take it for, or less.

    One key changed in n leaves (n - 2) of (n + 4) trigrams the same, two in one jamo fewer; words of six or more
    syllables (14 keys or so) may hold two errors.
    """
    lengths = ((7, 0.25), (10, 0.33), (14, 0.4))
    return next((similarity for length, similarity in lengths if len(keys) < length), 0.36)
