from django.apps import AppConfig

from core import personal_data


class SchedulesConfig(AppConfig):
    name = "schedules"
    verbose_name = "복약"

    def ready(self) -> None:
        # Models exist from here on.
        from schedules.services.personal_data import TABLES, erase, export

        personal_data.register("schedules", export=export, erase=erase, tables=TABLES)
