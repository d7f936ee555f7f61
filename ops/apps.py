from django.apps import AppConfig

from core import personal_data
from core.celery_task import on_final_failure


class OpsConfig(AppConfig):
    name = "ops"
    verbose_name = "운영"

    def ready(self) -> None:
        # Models exist from here on. `staff_audit` listens by being imported.
        from ops import staff_audit  # noqa: F401
        from ops.personal_data import TABLES, erase, export
        from ops.services import keep_dead_letter

        on_final_failure(keep_dead_letter)
        personal_data.register(self.name, export=export, erase=erase, tables=TABLES)
