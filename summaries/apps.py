from django.apps import AppConfig

from core import personal_data


class SummariesConfig(AppConfig):
    name = "summaries"
    verbose_name = "요약"

    def ready(self) -> None:
        # Models exist from here on.
        from summaries.personal_data import TABLES, erase, export

        personal_data.register(self.name, export=export, erase=erase, tables=TABLES)
