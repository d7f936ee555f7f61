"""Hangul as the keys of the standard two-set (dubeolsik, KS X 5002) keyboard, and back. Pure; used by all of search.

The key string is lower-case ASCII: shift is folded away (ㄲ and ㄱ are both `r`), because a query typed in the wrong
mode may be in lower case or in caps lock. What the fold blurs is told apart again on the Hangul (`typing_pattern`).
"""

import re
from collections.abc import Callable

_INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_FINALS = " ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
_FIRST, _LAST = "가", "힣"

_SINGLE_KEYS = dict(
    zip(
        "ㅂㅃㅈㅉㄷㄸㄱㄲㅅㅆㅛㅕㅑㅐㅒㅔㅖㅁㄴㅇㄹㅎㅗㅓㅏㅣㅋㅌㅊㅍㅠㅜㅡ",
        "qQwWeErRtTyuioOpPasdfghjklzxcvbnm",
        strict=True,
    )
)
_COMPOUNDS = {
    "ㅘ": "ㅗㅏ", "ㅙ": "ㅗㅐ", "ㅚ": "ㅗㅣ", "ㅝ": "ㅜㅓ", "ㅞ": "ㅜㅔ", "ㅟ": "ㅜㅣ", "ㅢ": "ㅡㅣ",
    "ㄳ": "ㄱㅅ", "ㄵ": "ㄴㅈ", "ㄶ": "ㄴㅎ", "ㄺ": "ㄹㄱ", "ㄻ": "ㄹㅁ", "ㄼ": "ㄹㅂ", "ㄽ": "ㄹㅅ", "ㄾ": "ㄹㅌ",
    "ㄿ": "ㄹㅍ", "ㅀ": "ㄹㅎ", "ㅄ": "ㅂㅅ",
}  # fmt: skip
_PAIRS = {parts: jamo for jamo, parts in _COMPOUNDS.items()}
_KEYS = _SINGLE_KEYS | {jamo: "".join(_SINGLE_KEYS[part] for part in parts) for jamo, parts in _COMPOUNDS.items()}
_JAMO_OF_KEY = {key: jamo for jamo, key in _SINGLE_KEYS.items()}
_CONSONANTS = frozenset(_INITIALS) | (frozenset(_FINALS) - {" "})
COMPATIBILITY_JAMO = frozenset(_KEYS)


def is_syllable(char: str) -> bool:
    return _FIRST <= char <= _LAST


def split_syllable(syllable: str) -> tuple[str, str, str]:
    """Initial, vowel and final ("" when open) of one composed syllable, as compatibility jamo."""
    index = ord(syllable) - ord(_FIRST)
    return _INITIALS[index // 588], _VOWELS[index % 588 // 28], _FINALS[index % 28].strip()


def join_syllable(initial: str, vowel: str, final: str = "") -> str:
    index = _INITIALS.index(initial) * 588 + _VOWELS.index(vowel) * 28 + _FINALS.index(final or " ")
    return chr(ord(_FIRST) + index)


class _Syllables(dict[int, str]):
    """What `str.translate` puts for each syllable that was ever met; 11,172 at most, and nothing else is kept."""

    def __init__(self, written: Callable[[str], str]) -> None:
        self._written = written

    def __missing__(self, code: int) -> str:
        char = chr(code)
        if not is_syllable(char):
            return char
        self[code] = written = self._written(char)
        return written


_jamo = _Syllables(lambda syllable: "".join(split_syllable(syllable)))


def to_jamo(text: str) -> str:
    """Each syllable as two or three compatibility jamo; a compound vowel or final stays one character."""
    return text.translate(_jamo)


def to_strokes(text: str) -> str:
    """The keys pressed, shift as upper case. Characters that are not Hangul stay as they are."""
    return "".join(_KEYS.get(jamo, jamo) for jamo in to_jamo(text))


def fold(strokes: str) -> str:
    """Strokes as the search column holds them: without shift."""
    return strokes.lower()


def to_keys(text: str) -> str:
    """타이레놀 → xkdlfpshf; 까스 → rktm."""
    return fold(to_strokes(text))


def split_compounds(text: str) -> str:
    """A lone ㄺ is ㄹㄱ: Windows joins two consonants that are typed one after the other."""
    return "".join(_COMPOUNDS.get(char, char) for char in text)


def is_initials(text: str) -> bool:
    """Whether text is consonants only (digits and Latin letters may stand between): ㅌㅇㄹㄴ, ㅇㅈㅇ6."""
    return any(char in _CONSONANTS for char in text) and all(
        char in _CONSONANTS or (char.isascii() and char.isalnum()) for char in text
    )


def initial_keys(text: str) -> str:
    """The keys of the initials: 타이레놀 and ㅌㅇㄹㄴ → xdfs. Digits and Latin letters stay, so 이지엔6 → dwd6."""
    initials = (split_syllable(char)[0] if is_syllable(char) else char for char in split_compounds(text))
    return fold("".join(_KEYS.get(char, char) for char in initials))


def from_keys(keys: str) -> str:
    """What the keyboard shows for these keys in Hangul mode: xkdlfpshf → 타이레놀; other characters pass through."""
    jamo = [_JAMO_OF_KEY.get(key) or _JAMO_OF_KEY.get(key.lower(), key) for key in keys]
    parts: list[str] = []
    at = 0
    while at < len(jamo):
        piece, used = _next_piece(jamo, at)
        parts.append(piece)
        at += used
    return "".join(parts)


def _next_piece(jamo: list[str], at: int) -> tuple[str, int]:
    """The syllable (or single character) that starts at `at`, and how many strokes it takes."""
    if jamo[at] not in _INITIALS or not _is_vowel(jamo, at + 1):
        return jamo[at], 1
    vowel, used = jamo[at + 1], 2
    if _is_vowel(jamo, at + 2) and vowel + jamo[at + 2] in _PAIRS:
        vowel, used = _PAIRS[vowel + jamo[at + 2]], 3
    final, more = _take_final(jamo, at + used)
    return join_syllable(jamo[at], vowel, final), used + more


def _take_final(jamo: list[str], at: int) -> tuple[str, int]:
    """A consonant belongs to the syllable before it unless a vowel follows."""
    if at >= len(jamo) or jamo[at] not in _FINALS or _is_vowel(jamo, at + 1):
        return "", 0
    pair = "".join(jamo[at : at + 2])
    if pair in _PAIRS and not _is_vowel(jamo, at + 2):
        return _PAIRS[pair], 2
    return jamo[at], 1


def _is_vowel(jamo: list[str], at: int) -> bool:
    return at < len(jamo) and jamo[at] in _VOWELS


def decode_slip(text: str) -> str | None:
    """The Hangul meant by Latin letters typed with 한/영 in the wrong mode, or None when they are not Hangul.

    Only the last piece may be half-typed; digits may stand anywhere. A single letter is taken for Latin.
    """
    if not text.isascii() or sum(char.isalpha() for char in text) < 2:
        return None
    hangul = from_keys(text.lower() if text.isupper() else text)  # all upper case is caps lock, not shift
    body = re.sub(r"[0-9./ ]", "", hangul)
    complete = body[:-1] if body[-1] in _CONSONANTS and len(body) > 1 else body
    return hangul if all(is_syllable(char) for char in complete) else None


def typing_pattern(text: str) -> str:
    """A regular expression (PostgreSQL and Python) for names that typing `text` further can still become.

    All but the last syllable must stand as typed; 타일 also fits 타이레놀, since 이레 passes through 일.
    Unlike the folded keys it tells ㅅ from ㅆ.
    """
    if not text:
        return ""
    body, last = text[:-1], text[-1]
    escaped = re.sub(r"([.^$*+?()\[\]{}|\\])", r"\\\1", body)
    if last in _CONSONANTS and last not in _COMPOUNDS:
        return escaped + _starting_with(last)
    if is_syllable(last):
        return escaped + "(" + "|".join(_grown(last)) + ")"
    return escaped + re.sub(r"([.^$*+?()\[\]{}|\\])", r"\\\1", last)


def _starting_with(consonant: str) -> str:
    if consonant not in _INITIALS:
        return consonant
    return f"[{consonant}{join_syllable(consonant, 'ㅏ')}-{join_syllable(consonant, 'ㅣ', 'ㅎ')}]"


def _grown(syllable: str) -> list[str]:
    """The forms a syllable can have grown into: more vowel, a (compound) final, or its final moved on."""
    initial, vowel, final = split_syllable(syllable)
    if not final:
        vowels = [vowel, *(pair for parts, pair in _PAIRS.items() if parts[0] == vowel)]
        return [f"[{join_syllable(initial, v)}-{join_syllable(initial, v, 'ㅎ')}]" for v in vowels]
    forms = [syllable, *(join_syllable(initial, vowel, p) for parts, p in _PAIRS.items() if parts[0] == final)]
    kept, moved = (_COMPOUNDS[final][0], _COMPOUNDS[final][1]) if final in _COMPOUNDS else ("", final)
    return [*forms, join_syllable(initial, vowel, kept) + _starting_with(moved)]
