"""Cleaning of what the sources write, and the label as sections. Pure: anyone may call it."""

import hashlib
import html
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Literal

SECTIONS = ("efficacy", "usage", "warning", "precaution", "interaction", "side_effect", "storage")

# Only markup that the sources have been seen to use: "<포비돈요오드>" is a word of a label, not a tag.
_BREAKS = re.compile(r"<\s*(?:br|/?(?:p|div|li|ul|ol|tr|table|tbody))(?:[\s/][^<>]*)?>", re.IGNORECASE)
_INLINE = re.compile(r"<\s*/?(?:span|font|b|i|u|em|strong|sub|sup|a|td|th)(?:[\s/][^<>]*)?>", re.IGNORECASE)
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"\s*\n\s*")
_DATE = re.compile(r"(\d{4})(-?)(\d{2})\2(\d{2})(?:[ T]00:00:00(?:\.0)?)?")


class _Visible(dict[int, str]):
    """For str.translate: any space becomes a space, what cannot be seen goes; remembers each character met."""

    def __missing__(self, code: int) -> str:
        category = unicodedata.category(char := chr(code))
        spaced = " " if category in ("Zs", "Zl", "Zp") or char == "\t" else char
        self[code] = "" if category in ("Cc", "Cf", "Cs", "Co", "Cn") and char not in "\n\t" else spaced
        return self[code]


_VISIBLE = _Visible()


@dataclass(frozen=True, slots=True)
class Label:
    """The official text of one product from one source.

    `sections`: cleaned text by the names in SECTIONS, blank ones left out, lines separated by one newline.
    `originals`: the source's own spelling by the source's own field names.
    """

    source: Literal["easy", "permit"]
    sections: Mapping[str, str]
    originals: Mapping[str, str]
    updated_on: date | None = None

    def hashes(self) -> dict[str, str]:
        """A digest per section, and one of the originals under "originals"."""
        digests = {name: digest(text) for name, text in self.sections.items()}
        return digests | {"originals": digest("\0".join(f"{k}={v}" for k, v in sorted(self.originals.items())))}

    def source_hash(self) -> str:
        """One digest of all cleaned sections: unmoved by a change of spaces or markup alone."""
        return digest("\0".join(f"{name}={self.sections.get(name, '')}" for name in SECTIONS))


def digest(text: str) -> str:
    """32 hex digits."""
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def storable(text: str | None) -> str:
    """The text without what PostgreSQL cannot store (NUL, lone surrogates), otherwise as it came."""
    return (text or "").replace("\0", "").encode("utf-8", "ignore").decode()


def clean_text(text: str | None) -> str:
    """Entities decoded, markup and invisible characters gone, one newline between lines, one space between words.

    Sentences that the source ran together ("…마십시오.이 약을") stay so: splitting them is the reader's business.
    """
    decoded = html.unescape(storable(text))
    plain = _INLINE.sub("", _BREAKS.sub("\n", decoded)).replace("\r", "\n")
    visible = unicodedata.normalize("NFC", plain).translate(_VISIBLE)
    return _LINES.sub("\n", _SPACES.sub(" ", visible)).strip()


@lru_cache(maxsize=8_192)
def clean_name(text: str | None) -> str:
    """A name on one line."""
    return clean_text(text).replace("\n", " ")


def parse_date(text: str | None) -> date | None:
    """A date of any of the sources' forms: 20240509, 2024-05-09, "2024-05-09 00:00:00"; ValueError for others."""
    stripped = (text or "").strip()
    if not stripped:
        return None
    found = _DATE.fullmatch(stripped)
    if found is None:
        raise ValueError(f"no date: {stripped[:30]!r}")
    year, _, month, day = found.groups()
    return datetime.strptime(f"{year}{month}{day}", "%Y%m%d").date()  # noqa: DTZ007 - a date has no time zone


_IN_MG = {
    "mg": Decimal(1), "밀리그램": Decimal(1), "밀리그람": Decimal(1), "g": Decimal(1000), "그램": Decimal(1000),
    "그람": Decimal(1000), "㎎": Decimal(1), "μg": Decimal("0.001"), "마이크로그램": Decimal("0.001"),
    "마이크로그람": Decimal("0.001"),
}  # fmt: skip


def milligrams(quantity: str, unit: str) -> Decimal | None:
    """The amount in one unit of the product; None when it is not given in a mass that we know."""
    factor = _IN_MG.get(unit.strip().lower())
    text = quantity.replace(",", "").strip()
    if factor is None or not re.fullmatch(r"[0-9]{1,7}(\.[0-9]{1,6})?", text, re.ASCII) or not Decimal(text):
        return None
    amount = Decimal(text) * factor
    return amount.quantize(Decimal("0.0001")) if Decimal("0.0001") <= amount < 10_000_000 else None
