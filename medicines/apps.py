from django.apps import AppConfig

from core import personal_data
from ops import inspection


class MedicinesConfig(AppConfig):
    name = "medicines"
    verbose_name = "의약품"

    def ready(self) -> None:
        # Models exist from here on.
        from medicines.selectors.inspection import entries
        from medicines.services.curation import erase_words, export_words
        from medicines.services.scraps import erase_scraps, export_scraps

        inspection.register(entries)
        personal_data.register("scraps", export=export_scraps, erase=erase_scraps, tables=["scrap"])
        personal_data.register("curated_words", export=export_words, erase=erase_words, tables=["medicine_synonym"])
