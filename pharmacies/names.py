"""Are two rows of two sources the same pharmacy? Names made comparable, and a confidence from 0 to 1. Pure."""

import re
import unicodedata

from rapidfuzz.distance import Indel

# The same place is a few metres off from one source to the other, seldom more than a building.
NEAR_METRES, FAR_METRES = 50.0, 150.0
# Merged by itself from here on; between the two a curator decides; below, two pharmacies.
SURE, POSSIBLE = 0.9, 0.7
_SAME_PHONE = 0.1
_ASIDE = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_NOT_LETTERS = re.compile(r"[\W_]+")


def normalise(name: str) -> str:
    """Without brackets, spaces, signs, width, case and the word for pharmacy, which every name has."""
    text = unicodedata.normalize("NFKC", name).casefold()
    flat = _NOT_LETTERS.sub("", _ASIDE.sub("", text)) or _NOT_LETTERS.sub("", text)
    return flat.removesuffix("약국") or flat


def digits(phone: str) -> str:
    return re.sub(r"\D", "", phone)


def confidence(first: tuple[str, str], second: tuple[str, str], metres: float) -> float:
    """How sure it is that two (normalised name, phone digits) so far apart are one; 0 beyond FAR_METRES."""
    if metres > FAR_METRES:
        return 0.0
    likeness = Indel.normalized_similarity(first[0], second[0])
    nearness = min(1.0, (FAR_METRES - metres) / (FAR_METRES - NEAR_METRES))
    bonus = _SAME_PHONE if first[1] and first[1] == second[1] else 0.0
    return round(min(1.0, 0.8 * likeness + 0.2 * nearness + bonus * likeness), 3)
