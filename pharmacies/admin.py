"""The operators' view of pharmacies, the curation of matches, and the table of holidays."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from core.celery_task import enqueue
from ops.admin import ReadOnlyAdmin
from pharmacies import tasks
from pharmacies.models import Pharmacy, PharmacyCell, PharmacyMatch, PharmacyRun, PublicHoliday
from pharmacies.services.curation import confirm, pair, reject
from pharmacies.services.holidays import holidays_changed


@admin.register(Pharmacy)
class PharmacyAdmin(ReadOnlyAdmin):
    list_display = ("name", "address", "phone", "source", "as_of", "merged_into", "vanished_at")
    list_filter = ("source", ("merged_into", admin.EmptyFieldListFilter), ("vanished_at", admin.EmptyFieldListFilter))
    list_select_related = ("merged_into",)
    search_fields = ("source_id__exact", "name__startswith")


class PairForm(forms.ModelForm[PharmacyMatch]):
    """A pair that no rule found: any row, and a row of a better source."""

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        row, target = given.get("row"), given.get("target")
        if row and target and _RANK[target.source] >= _RANK[row.source]:
            raise forms.ValidationError("합칠 곳의 출처가 더 앞서야 해요 (국립중앙의료원, 심사평가원, 카카오 순).")
        if target and (target.merged_into_id or target.vanished_at):
            raise forms.ValidationError("합칠 곳은 지금 보이는 행이어야 해요.")
        return given


_RANK = {source: rank for rank, source in enumerate(Pharmacy.Source.values)}


@admin.register(PharmacyMatch)
class PharmacyMatchAdmin(admin.ModelAdmin[PharmacyMatch]):
    """The doubtful pairs first. A decision stands above every later run."""

    list_display = ("row_said", "target_said", "confidence", "distance_m", "state", "decided_at")
    list_filter = ("state", "row__source")
    list_select_related = ("row", "target")
    list_per_page = 50
    ordering = ("-state", "-confidence", "pk")
    form = PairForm
    fields = ("row", "target")
    raw_id_fields = ("row", "target")
    actions = ("same_place", "other_place")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Decided in the list; the page of one pair is to be read."""
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    @admin.display(description="행")
    def row_said(self, match: PharmacyMatch) -> str:
        return _said(match.row)

    @admin.display(description="같은 곳으로 보는 행")
    def target_said(self, match: PharmacyMatch) -> str:
        return _said(match.target)

    @admin.action(description="같은 곳이다 (합치기)", permissions=["change"])
    def same_place(self, request: HttpRequest, queryset: QuerySet[PharmacyMatch]) -> None:
        chosen = list(queryset.values_list("pk", flat=True))
        done = sum(confirm(match_id=pk, actor=str(request.user.pk)) for pk in chosen)
        self.message_user(request, f"{done}쌍을 합쳤습니다.", messages.SUCCESS)

    @admin.action(description="다른 곳이다 (나누기)", permissions=["change"])
    def other_place(self, request: HttpRequest, queryset: QuerySet[PharmacyMatch]) -> None:
        chosen = list(queryset.values_list("pk", flat=True))
        done = sum(reject(match_id=pk, actor=str(request.user.pk)) for pk in chosen)
        self.message_user(request, f"{done}쌍을 나누었습니다.", messages.SUCCESS)

    def save_model(self, request: HttpRequest, obj: PharmacyMatch, form: Any, change: bool) -> None:
        made = pair(row=obj.row, target=obj.target, actor=str(request.user.pk))
        obj.pk = made.pk


def _said(row: Pharmacy) -> str:
    return f"{row.name} · {row.address} · {row.phone} ({row.get_source_display()})"


@admin.register(PharmacyCell)
class PharmacyCellAdmin(ReadOnlyAdmin):
    list_display = ("cell", "fetched_at", "tried_at", "outcome", "places", "calls")
    list_filter = ("outcome",)
    actions = ("fetch_again",)

    @admin.action(description="카카오에 다시 묻기", permissions=["view"])
    def fetch_again(self, request: HttpRequest, queryset: QuerySet[PharmacyCell]) -> None:
        cells = list(queryset.values_list("cell", flat=True))
        queryset.update(fetched_at=None)
        sent = sum(enqueue(tasks.fetch_cell, cell) for cell in cells)
        self.message_user(request, f"{sent}칸을 다시 묻습니다.", messages.SUCCESS)


@admin.register(PharmacyRun)
class PharmacyRunAdmin(ReadOnlyAdmin):
    list_display = (
        "started_at", "state", "finished_at", "next_page", "rows_read", "rows_changed", "rows_refused", "rows_vanished",
    )  # fmt: skip
    list_filter = ("state",)


class HolidayForm(forms.ModelForm[PublicHoliday]):
    """A curator's word on a day."""

    def clean_day(self) -> Any:
        day = self.cleaned_data["day"]
        same = PublicHoliday.objects.filter(day=day, source=PublicHoliday.Source.CURATED).exclude(pk=self.instance.pk)
        if same.exists():
            raise forms.ValidationError("이 날은 이미 적혀 있어요. 그 줄을 고쳐 주세요.")
        return day


@admin.register(PublicHoliday)
class PublicHolidayAdmin(admin.ModelAdmin[PublicHoliday]):
    """A curator's day stands above the feed's and the library's."""

    list_display = ("day", "name", "is_holiday", "source", "updated_at")
    list_filter = ("source", "is_holiday", "day")
    form = HolidayForm
    fields = ("day", "name", "is_holiday")
    ordering = ("-day",)

    def has_change_permission(self, request: HttpRequest, obj: PublicHoliday | None = None) -> bool:
        return _is_curated(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: PublicHoliday | None = None) -> bool:
        return _is_curated(obj) and super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: PublicHoliday, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        holidays_changed()

    def delete_model(self, request: HttpRequest, obj: PublicHoliday) -> None:
        super().delete_model(request, obj)
        holidays_changed()

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        # Many at once would take the feed's days along.
        return {}


def _is_curated(obj: PublicHoliday | None) -> bool:
    return obj is None or obj.source == PublicHoliday.Source.CURATED
