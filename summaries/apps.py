from django.apps import AppConfig

from core import personal_data
from ops import inspection


class SummariesConfig(AppConfig):
    name = "summaries"
    verbose_name = "요약"

    def ready(self) -> None:
        # Models exist from here on.
        from summaries.inspection import entries
        from summaries.personal_data import TABLES, erase, export

        inspection.register(entries)
        personal_data.register(self.name, export=export, erase=erase, tables=TABLES)
