"""The columns of a product that search reads, from its names and ingredients. Pure; called for each row loaded."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields

from medicines.search.ingredients import bases_of
from medicines.search.keys import initial_keys, to_keys
from medicines.search.normalise import normalise, parse_name

# A note in parentheses that is no ingredient: flavours, packs, uses.
_NO_INGREDIENT = re.compile("향$|용$|용[:：]|맛$|명[:：]|허가|[0-9]호$")
# B-tree rows must stay under 2,704 bytes; the longest licensed names have under 400 characters.
_LONGEST = 800


@dataclass(frozen=True, slots=True)
class SearchColumns:
    """The columns of `Medicine` that search reads; the names are those of the model's fields."""

    name_norm: str
    name_keys: str
    name_initials: str
    name_en_keys: str
    brand_name: str
    strengths: list[str]
    substances: list[str]


SEARCH_COLUMNS = tuple(field.name for field in fields(SearchColumns))


def search_columns(*, name: str, name_en: str = "", ingredients: Sequence[str] = ()) -> SearchColumns:
    """The search columns of one product. Without listed ingredients, those in the name's parentheses count. Pure."""
    parsed = parse_name(name)
    names = "".join(f"{each}|" for each in (parsed.core, *parsed.aliases))[:_LONGEST]
    noted = [part for note in parsed.notes for part in re.split("[,·/]", note) if not _NO_INGREDIENT.search(part)]
    return SearchColumns(
        name_norm=names,
        name_keys=to_keys(names)[:_LONGEST],
        name_initials=initial_keys(parsed.core)[:_LONGEST],
        name_en_keys=to_keys(normalise(name_en))[:_LONGEST],
        brand_name=parsed.brand[:_LONGEST],
        strengths=list(parsed.strengths),
        substances=bases_of(list(ingredients) or noted),
    )
