"""What labels say about a keyword: the same queue and the same steps as for whole labels."""

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from medicines.selectors.curation import ids_named
from summaries.admin.curation import CurationAdmin
from summaries.admin.summary import SummaryAdmin
from summaries.keywords import normalised
from summaries.models import CustomSummary


@admin.register(CustomSummary)
class CustomSummaryAdmin(CurationAdmin):
    kind = "custom"
    queue_title = "낱말 요약 검토 (많이 찾고 위험한 것부터)"
    list_display = ("name", "shown_keyword", *SummaryAdmin.list_display[1:])
    search_fields = ("search_keyword",)
    search_hint = "제품명, 품목기준코드, 낱말"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[CustomSummary], search_term: str
    ) -> tuple[QuerySet[CustomSummary], bool]:
        asked = Q(search_keyword=normalised(search_term)) | Q(medicine__in=ids_named(search_term))
        return (queryset.filter(asked) if search_term else queryset), False

    @admin.display(description="낱말")
    def shown_keyword(self, row: CustomSummary) -> str:
        return row.keyword
