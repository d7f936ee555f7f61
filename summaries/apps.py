from django.apps import AppConfig

from ops import inspection


class SummariesConfig(AppConfig):
    name = "summaries"
    verbose_name = "요약"

    def ready(self) -> None:
        inspection.register("summaries.inspection.entries")
