from django.apps import AppConfig

from ops import inspection


class MedicinesConfig(AppConfig):
    name = "medicines"

    def ready(self) -> None:
        inspection.register("medicines.selectors.inspection.entries")
