"""Which arms a query can use: for what it spells, for what it may have meant, and for its parts."""

from medicines.search.keys import to_keys
from medicines.search.query import Query
from medicines.selectors.search_arms import (
    COMPANY,
    EXACT,
    EXACT_BRAND,
    INGREDIENT,
    INGREDIENT_MEANT,
    KEYBOARD,
    PREFIX,
    PREFIX_KEYS,
    SUBSTRING,
    SYMPTOM,
    Arm,
    all_words,
    company_and_name,
    english_prefix,
    initials_prefix,
    name_prefix,
    name_substring,
    name_substring_beside,
    terms,
    terms_prefix,
    whole_brand,
    whole_name,
)


def name_arms(query: Query) -> list[Arm]:
    """All arms that the query can use, but the two that run only when these find nothing."""
    if query.initials:
        return initials_prefix(query.initials)
    arms = _as_meant(query)
    if query.text.isascii():
        arms += [english_prefix(query.text), *_literal_latin(query)]
    if query.strength:
        arms += _without_strength(query)
    if query.variant:
        prefix, part = (KEYBOARD + 1, KEYBOARD + 2) if query.slip else (PREFIX, SUBSTRING)
        arms += [*name_prefix(query.variant, prefix), *name_substring(query.variant, part)]
    return arms + _terms(query) + _words(query)


def _as_meant(query: Query) -> list[Arm]:
    text = query.hangul
    exact, brand, prefix, part = (
        (KEYBOARD, KEYBOARD, KEYBOARD + 1, KEYBOARD + 2) if query.slip else (EXACT, EXACT_BRAND, PREFIX, SUBSTRING)
    )
    return [
        whole_name(text, exact),
        whole_brand(text, brand),
        *name_prefix(text, prefix),
        *(name_substring_beside(text, query.base, part) if _has_base(query) else name_substring(text, part)),
    ]


def _has_base(query: Query) -> bool:
    """Whether `_without_strength` looks for names that hold the text without its dosage."""
    return bool(query.strength) and not query.base.isascii()


def _literal_latin(query: Query) -> list[Arm]:
    """Latin letters that decode to Hangul may be meant as they stand all the same (CT, XR)."""
    if not query.slip:
        return []
    return [whole_name(query.text, EXACT), *name_prefix(query.text, PREFIX), *name_substring(query.text, SUBSTRING)]


def _without_strength(query: Query) -> list[Arm]:
    base = query.base
    if base.isascii():
        return [english_prefix(base), terms([("ingredient", base, INGREDIENT)])]
    return [
        whole_brand(base, KEYBOARD if query.slip else EXACT_BRAND, "" if query.slip else query.strength),
        *name_prefix(base, KEYBOARD + 1 if query.slip else PREFIX),
        *name_substring(base, KEYBOARD + 2 if query.slip else SUBSTRING),
        terms([("ingredient", base, INGREDIENT_MEANT if query.slip else INGREDIENT)]),
    ]


def _terms(query: Query) -> list[Arm]:
    text = query.hangul
    words = [
        ("ingredient", word, INGREDIENT_MEANT if query.slip and word != query.text else INGREDIENT)
        for word in dict.fromkeys((text, query.text, query.substance))
        if word
    ]
    words += [("company", query.company, COMPANY)] if query.company else []
    words += [("symptom", query.symptom, SYMPTOM)] if query.symptom else []
    return [terms(words), terms_prefix(text)] if len(to_keys(text)) > PREFIX_KEYS else [terms(words)]


def _words(query: Query) -> list[Arm]:
    if not query.tokens:
        return []
    first, last = query.tokens[0], query.tokens[-1]
    arms = all_words(query.tokens) + company_and_name(first, "".join(query.tokens[1:]))
    return arms + company_and_name(last, "".join(query.tokens[:-1]))
