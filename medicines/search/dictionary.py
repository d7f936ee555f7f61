"""The words that curators add to the files' ones: everyday words, other names, and misspelt brands. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from medicines.search.ingredients import substance_for
from medicines.search.symptoms import symptom_for

SYMPTOM, INGREDIENT, KEYWORD, BRAND = "symptom", "ingredient", "keyword", "brand"
Row = tuple[str, str, str, bool]
"""kind, word, what it means, whether it is in use."""


@dataclass(frozen=True, slots=True, eq=False)
class Dictionary:
    """One state of the curated table. Compared by identity, so that what was parsed by an older one is not reused.

    A word that is turned off means nothing, even when the files have it. `keywords`: (word, means, in use).
    """

    symptoms: Mapping[str, str] = field(default_factory=dict)
    substances: Mapping[str, str] = field(default_factory=dict)
    brands: Mapping[str, str] = field(default_factory=dict)
    keywords: tuple[tuple[str, str, bool], ...] = ()

    @classmethod
    def of(cls, rows: Iterable[Row]) -> "Dictionary":
        held: dict[str, dict[str, str]] = {SYMPTOM: {}, INGREDIENT: {}, BRAND: {}}
        keywords = []
        for kind, word, means, enabled in rows:
            if kind == KEYWORD:
                keywords.append((word, means, enabled))
            elif kind in held:
                held[kind][word] = means if enabled else ""
        return cls(held[SYMPTOM], held[INGREDIENT], held[BRAND], tuple(keywords))

    def symptom(self, text: str) -> str:
        """The name of the symptom that a normalised query means; "" for none."""
        for word in (text, text.removesuffix("약")):
            if word in self.symptoms:
                return self.symptoms[word]
        found = symptom_for(text)
        return found.name if found else ""

    def substance(self, text: str) -> str:
        """The substance that a normalised name stands for; an unknown name is its own base."""
        curated = self.substances.get(text)
        return text if curated == "" else curated or substance_for(text)

    def brand(self, *texts: str) -> str:
        """The brand that one of these spellings is known to mean; "" for none."""
        return next((brand for text in texts if (brand := self.brands.get(text))), "")


EMPTY = Dictionary()
