"""Summaries of whole labels, in the order in which curators should look at them."""

from django.contrib import admin

from summaries.admin.curation import CurationAdmin
from summaries.models import Summary


@admin.register(Summary)
class SummaryAdmin(CurationAdmin):
    kind = "summary"
    queue_title = "요약 검토 (많이 찾고 위험한 것부터)"
    list_display = ("name", "seq", "state", "shown_priority", "shown_views", "shown_risk", "shown_refused", "made")
    search_fields = ("item_seq",)
    search_hint = "제품명이나 품목기준코드"
