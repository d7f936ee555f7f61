"""What a person typed, parsed once into an immutable `Query` that every arm of the search reads. Pure."""

import re
from dataclasses import dataclass

from core.errors import FieldError, InvalidQuery
from medicines.search.company import company_name
from medicines.search.dictionary import EMPTY, Dictionary
from medicines.search.keys import decode_slip, initial_keys, is_initials, split_compounds, to_keys
from medicines.search.nearness import strip_near_form
from medicines.search.normalise import brand_of, compose, normalise, number_words, open_prefix, split_strength
from medicines.search.symptoms import emergency_notice

MAX_LENGTH = 100
# What curators can make a synonym of (medicines.services.curation).
_COUNTED = range(2, 31)
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f"


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query. All texts but `raw` are normalised; `keys` are folded dubeolsik keys.

    `text` is what was typed; `hangul` what was meant (it differs only after a forgotten 한/영 switch, `slip`).
    `base` is `hangul` without the dosage at its end, `strength` that dosage ("" when none, else "500" or "500mg").
    `alias` is the brand that curators say is meant by it ("" for none).
    """

    raw: str
    text: str
    hangul: str
    slip: bool
    base: str
    strength: str
    tokens: tuple[str, ...]
    initials: str
    brand: str
    variant: str
    substance: str
    company: str
    symptom: str
    alias: str
    emergency: str | None

    @property
    def keys(self) -> str:
        return to_keys(self.text)

    @property
    def base_keys(self) -> str:
        return to_keys(self.base)

    @property
    def prefixes(self) -> tuple[str, ...]:
        """Key prefixes of names this query can still become: as typed first, then without an unfinished unit."""
        return tuple(dict.fromkeys(filter(None, (self.keys, open_prefix(self.keys)))))

    @property
    def near_words(self) -> tuple[str, ...]:
        """What to look up among brands when it may be misspelt: the brand, also cut where a dosage may begin."""
        cut = re.split("[0-9]", self.base, maxsplit=1)[0]
        words = (self.brand, *(strip_near_form(word) for word in dict.fromkeys((self.base, cut))))
        return tuple(dict.fromkeys(word for word in words if len(word) >= 2))

    @property
    def near_keys(self) -> tuple[str, ...]:
        return tuple(map(to_keys, self.near_words))

    @property
    def countable(self) -> str | None:
        """Under which a search in vain is counted; None: it is not, as a call for help, a sign, a whole sentence."""
        return self.hangul if len(self.hangul) in _COUNTED and not self.emergency else None

    @property
    def is_empty(self) -> bool:
        """Nothing searchable is left: no letter and no digit (`%`, `_`, emoji)."""
        return not self.text


def parse_query(raw: str, words: Dictionary = EMPTY) -> Query:
    """Parse what stands in `q`, with the words that curators added.

    Raises InvalidQuery (400) when it is empty or longer than 100 characters after trimming, or holds NUL or a lone
    surrogate (PostgreSQL takes neither).
    """
    trimmed = _checked(raw)
    text = split_compounds(normalise(trimmed)) if is_initials(normalise(trimmed)) else normalise(trimmed)
    meant = decode_slip(_letters(trimmed)) or text
    base, strength, tokens = _dosage(meant, trimmed if meant == text else "")
    brand = brand_of(base)
    return Query(
        raw=trimmed,
        text=text,
        hangul=meant,
        slip=meant != text,
        base=base,
        strength=strength,
        tokens=tokens,
        initials=initial_keys(meant) if is_initials(meant) else "",
        brand=brand,
        variant=number_words(meant) if number_words(meant) != meant else "",
        substance=words.substance(meant),
        company=company_name(trimmed) if meant == text else meant,
        symptom=words.symptom(meant),
        alias=words.brand(meant, base, brand),
        emergency=emergency_notice(trimmed) or emergency_notice(meant),
    )


def _checked(raw: str) -> str:
    if "\x00" in raw or any("\ud800" <= char <= "\udfff" for char in raw):
        raise _refused("characters", "검색어에 쓸 수 없는 문자가 들어 있어요.")
    trimmed = raw.strip().strip(_INVISIBLE).strip()
    if not trimmed:
        raise _refused("empty", "검색어를 입력해 주세요.")
    if len(trimmed) > MAX_LENGTH:
        raise _refused("too-long", f"검색어는 {MAX_LENGTH}자까지 쓸 수 있어요.")
    return trimmed


def _refused(code: str, detail: str) -> InvalidQuery:
    return InvalidQuery(detail, errors=[FieldError("q", code, detail)])


def _letters(text: str) -> str:
    """The query for the slip decoder: case kept (it may be shift), spaces out, wide letters narrow."""
    narrow = "".join(chr(ord(char) - 0xFEE0) if "\uff01" <= char <= "\uff5e" else char for char in text)
    return re.sub(rf"[\s{_INVISIBLE}]", "", narrow)


def _dosage(text: str, raw: str) -> tuple[str, str, tuple[str, ...]]:
    """Name, dosage and tokens; a token that is a dosage counts wherever it stands (500mg 타이레놀)."""
    tokens = _tokens(raw)
    for token in tokens:
        name, strength = split_strength(f"가{token}")
        if name == "가" and len(tokens) > 1:
            others = [other for other in tokens if other is not token]
            return "".join(others), strength, _several(others)
    base, strength = split_strength(text)
    return base, strength, _several(tokens)


def _several(tokens: list[str]) -> tuple[str, ...]:
    return tuple(tokens) if len(tokens) > 1 else ()


def _tokens(raw: str) -> list[str]:
    """Words of the query, normalised; a number keeps the unit that a space cut off (500 미리)."""
    joined = re.sub(r"(?<=[0-9])\s+(?=(?:밀리|미리|마이크로|그램|그람|mg|mcg|ml|g\b|iu))", "", compose(raw))
    return [token for part in joined.split() if (token := normalise(part))]
