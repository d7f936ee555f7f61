"""What labels say about a keyword: the same queue and the same steps as for whole labels."""

from django.contrib import admin

from summaries.admin.curation import CurationAdmin
from summaries.admin.summary import SummaryAdmin
from summaries.models import CustomSummary


@admin.register(CustomSummary)
class CustomSummaryAdmin(CurationAdmin):
    kind = "custom"
    queue_title = "낱말 요약 검토 (많이 찾고 위험한 것부터)"
    list_display = ("name", "shown_keyword", *SummaryAdmin.list_display[1:])
    search_fields = ("=item_seq", "medicine__name", "=search_keyword")
    search_help_text = "제품명, 품목기준코드, 낱말"

    @admin.display(description="낱말")
    def shown_keyword(self, row: CustomSummary) -> str:
        return row.keyword
