"""Names of ingredients out of one cell of an export. Pure."""

import re

from medicines.labels import clean_name


def ingredient_names(text: str) -> tuple[str, ...]:
    """Names out of one cell: joined by "/" in most exports, else by ","; brackets and "N,S-" hold a name together."""
    cleaned = clean_name(text)
    separator = "/" if "/" in _outside_brackets(cleaned) else ","
    return tuple(dict.fromkeys(name for part in split(cleaned, separator) if (name := part.strip())))


def split(text: str, separator: str) -> list[str]:
    """The parts of a cell; a separator in brackets or in a locant ("N,S-") divides nothing."""
    parts, depth, start = list[str](), 0, 0
    for place, char in enumerate(text):
        depth = max(0, depth + (char in "([") - (char in ")]"))
        if char == separator and depth == 0 and not _inside_locant(text, place):
            parts.append(text[start:place])
            start = place + 1
    return [part for part in (*parts, text[start:]) if part.strip()]


def _inside_locant(text: str, place: int) -> bool:
    """Whether this comma stands in a chemical locant such as "N,S-" or "1,2-"."""
    return text[place] == "," and re.match(r"(?:[A-Z]|\d+),(?:[A-Z]|\d+)[,-]", text[max(0, place - 1) :]) is not None


def _outside_brackets(text: str) -> str:
    return re.sub(r"\([^()]*\)", "", text)
