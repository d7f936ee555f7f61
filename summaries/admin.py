"""What a model wrote, for the eyes of the staff."""

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from summaries.models import CustomSummary, Summary


class _ReadOnly(admin.ModelAdmin[Model]):
    list_filter = ("state", "work", "prompt_version", "model")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Summary)
class SummaryAdmin(_ReadOnly):
    list_display = ("item_seq", "prompt_version", "state", "work", "model", "generated_at", "error")
    search_fields = ("item_seq",)


@admin.register(CustomSummary)
class CustomSummaryAdmin(_ReadOnly):
    list_display = (
        "medicine_name",
        "search_keyword",
        "prompt_version",
        "state",
        "work",
        "model",
        "generated_at",
        "error",
    )
    search_fields = ("medicine_name", "item_seq")
