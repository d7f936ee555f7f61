"""Made-up traffic over real names by Zipf's law (the n-th name is asked for 1/n as often); always the same."""

import random
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import TypeVar

from benchmarks.client import Ask, search_path
from benchmarks.harness import Site
from medicines.search.keys import is_syllable, join_syllable, split_syllable, to_keys
from medicines.search.symptoms import all_symptoms

T = TypeVar("T")

SEED = 20_261_124
# What people type, in shares of all searches.
MIX = {
    "brand": 0.42, "full name": 0.22, "prefix": 0.14, "typo": 0.08, "symptom": 0.07, "initials": 0.04, "keyboard": 0.02,
    "unknown": 0.01,
}  # fmt: skip
UNKNOWN_NAMES = 300
# Medicines whose detail and summary are read after a search.
OPENED = 0.01
_VOWELS = "ㅏㅐㅓㅔㅗㅜㅡㅣ"
ADDRESSES = 5_000


def zipf(values: Sequence[T], count: int, chance: random.Random) -> Iterator[T]:
    """`count` values, the k-th with weight 1/k."""
    weights = list(accumulate(1 / rank for rank in range(1, len(values) + 1)))
    return iter(chance.choices(values, cum_weights=weights, k=count))


def names(site: Site) -> list[tuple[str, str]]:
    """(brand, full name) of every product, in an order that is random and the same in each run: rank is popularity."""
    rows = site.query("SELECT brand_name, name FROM medicine WHERE brand_name <> '' ORDER BY item_seq")
    random.Random(SEED).shuffle(rows)
    return [(brand, name[:100].strip()) for brand, name in rows]


def unknown_name(chance: random.Random, *, syllables: int = 4) -> str:
    """A word of syllables that no name is made of, so that no correction finds one near it."""
    parts = [("ㄲㄸㅃㅆㅉ", "ㅒㅖㅙㅞ", "ㄵㄶㄻㄼㄾㄿㅀ") for _ in range(syllables)]
    return "".join(join_syllable(*map(chance.choice, part)) for part in parts)


def unknown_names(count: int, *, seed: int) -> list[str]:
    """Distinct ones; another seed gives others."""
    chance, found = random.Random(seed), dict[str, None]()
    while len(found) < count:
        found[unknown_name(chance)] = None
    return list(found)


def _prefix(name: str, chance: random.Random) -> str:
    """Cut short, half of the time within a syllable: 타이레놀 → 타이, 타이ㄹ…"""
    cut = name[: chance.randint(1, max(1, len(name) - 1))]
    if is_syllable(cut[-1]) and chance.random() < 0.5:
        initial, vowel, _ = split_syllable(cut[-1])
        return cut[:-1] + join_syllable(initial, vowel)
    return cut


def _typo(name: str, chance: random.Random) -> str:
    """One vowel wrong."""
    places = [place for place, char in enumerate(name) if is_syllable(char)]
    if not places:
        return name
    place = chance.choice(places)
    initial, vowel, final = split_syllable(name[place])
    wrong = chance.choice(_VOWELS.replace(vowel, ""))
    return name[:place] + join_syllable(initial, wrong, final) + name[place + 1 :]


_TYPED: dict[str, Callable[[str, random.Random], str]] = {
    "brand": lambda name, _: name,
    "prefix": _prefix,
    "typo": _typo,
    "initials": lambda name, _: "".join(split_syllable(char)[0] for char in name if is_syllable(char)),
    "keyboard": lambda name, _: to_keys(name),
}


def searches(site: Site, count: int, *, opened: float = OPENED) -> list[Ask]:
    """So many searches in random order, from 5,000 addresses."""
    chance = random.Random(SEED + 1)
    known, symptoms = names(site), [word for symptom in all_symptoms() for word in symptom.words]
    unknown = unknown_names(UNKNOWN_NAMES, seed=SEED + 2)
    kinds = chance.choices(list(MIX), weights=list(MIX.values()), k=count)
    products = zipf(known, count, chance)
    complaints, strangers = zipf(symptoms, count, chance), zipf(unknown, count, chance)

    def text(kind: str) -> str:
        if kind == "symptom":
            return next(complaints)
        if kind == "unknown":
            return next(strangers)
        brand, full = next(products)
        return full if kind == "full name" else _TYPED[kind](brand, chance)

    return [
        Ask(kind, search_path(text(kind) or "약"), address(chance.randrange(ADDRESSES)), chance.random() < opened)
        for kind in kinds
    ]


def drawn(site: Site, count: int, *, distinct: int) -> list[tuple[str, str]]:
    """(path, address) of so many searches by Zipf over `distinct` different ones that find something."""
    chance = random.Random(SEED + 3)
    known, complaints = names(site), [word for symptom in all_symptoms() for word in symptom.words]
    kinds = {kind: share for kind, share in MIX.items() if kind != "unknown"}
    found = dict[str, None]()
    while len(found) < distinct:
        kind = chance.choices(list(kinds), weights=list(kinds.values()))[0]
        brand, full = chance.choice(known)
        typed = {"full name": full, "symptom": chance.choice(complaints)}.get(kind)
        found[typed or _TYPED[kind](brand, chance) or "약"] = None
    return [(search_path(text), address(chance.randrange(ADDRESSES))) for text in zipf(list(found), count, chance)]


def address(number: int) -> str:
    return f"10.0.{number // 250}.{number % 250 + 1}"
