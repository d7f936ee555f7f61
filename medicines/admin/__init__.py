"""The operators' and curators' view of the catalogue."""

from medicines.admin.catalogue import MedicineAdmin, MedicineCacheAdmin, MirrorRunAdmin
from medicines.admin.misses import SearchMissAdmin
from medicines.admin.words import BrandAliasAdmin, SynonymAdmin

__all__ = [
    "BrandAliasAdmin", "MedicineAdmin", "MedicineCacheAdmin", "MirrorRunAdmin", "SearchMissAdmin", "SynonymAdmin",
]  # fmt: skip
