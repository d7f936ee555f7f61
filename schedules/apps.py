from django.apps import AppConfig

from core import personal_data, profile_parts


class SchedulesConfig(AppConfig):
    name = "schedules"
    verbose_name = "복약"

    def ready(self) -> None:
        # Models exist from here on.
        from schedules.outputs import SettingsOut
        from schedules.serializers import SettingsInput
        from schedules.services import reminder_settings
        from schedules.services.personal_data import TABLES, erase, export

        personal_data.register("schedules", export=export, erase=erase, tables=TABLES)
        settings = profile_parts.Part(
            SettingsOut, SettingsInput, reminder_settings.settings_of, reminder_settings.set_settings
        )
        profile_parts.register("reminder_settings", settings)
