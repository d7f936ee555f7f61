"""Custom summaries: shown, never edited by hand."""

from django.contrib import admin

from ops.admin import ReadOnlyAdmin
from summaries.models import CustomSummary


@admin.register(CustomSummary)
class CustomSummaryAdmin(ReadOnlyAdmin):
    list_filter = ("state", "work", "prompt_version", "model")
    search_fields = ("medicine_name", "=item_seq")
    list_display = (
        "medicine_name", "search_keyword", "prompt_version", "state", "work", "model", "generated_at", "error",
    )  # fmt: skip
