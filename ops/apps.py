from django.apps import AppConfig

from core.celery_task import on_final_failure


class OpsConfig(AppConfig):
    name = "ops"
    verbose_name = "운영"

    def ready(self) -> None:
        on_final_failure("ops.services.keep_dead_letter")
