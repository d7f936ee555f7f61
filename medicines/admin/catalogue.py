"""The operators' view of the catalogue: facts to read, and a way to drop a medicine from every cache."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from medicines.models import Medicine, MedicineCache, MirrorRun
from medicines.selectors.curation import ids_named
from medicines.selectors.tiers import invalidate_cards
from ops.admin import ReadOnlyAdmin
from ops.services import record_audit

# So many are named in the audit trail; of more, how many they were.
_NAMED = 100


_SECTIONS = ("efficacy", "usage", "warning", "precaution", "interaction", "side_effect", "storage")


class LabelInline(admin.TabularInline[MedicineCache, Medicine]):
    """Which labels there are; each opens with its sections."""

    model = MedicineCache
    fields = readonly_fields = ("source", "summary_kind", "source_updated_on", "last_updated")
    show_change_link = True
    extra = 0
    can_delete = False
    verbose_name_plural = "설명서"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Medicine)
class MedicineAdmin(ReadOnlyAdmin):
    list_display = ("item_seq", "name", "entp_name", "etc_otc", "status", "coverage", "label_outcome", "popularity")
    list_filter = ("status", "coverage", "label_outcome", "export_only")
    search_fields = ("name",)
    search_hint = "품목기준코드나 제품명의 일부"
    sortable_by = ()
    inlines = (LabelInline,)
    actions = ("drop_from_caches",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Medicine], search_term: str
    ) -> tuple[QuerySet[Medicine], bool]:
        return (queryset.filter(pk__in=ids_named(search_term)) if search_term else queryset), False

    def has_drop_permission(self, request: HttpRequest) -> bool:
        user: Any = request.user
        return bool(user.has_perm("ops.delete_cacheentry"))

    @admin.action(description="모든 캐시에서 지우기", permissions=["drop"])
    def drop_from_caches(self, request: HttpRequest, queryset: QuerySet[Medicine]) -> None:
        item_seqs = list(queryset.values_list("item_seq", flat=True))
        invalidate_cards(item_seqs)
        details = {"count": len(item_seqs), "item_seqs": item_seqs[:_NAMED]}
        record_audit(actor=str(request.user.pk), action="cache.drop_medicines", details=details)
        self.message_user(request, f"{len(item_seqs)}개를 모든 캐시에서 지웠습니다.", messages.SUCCESS)


@admin.register(MedicineCache)
class MedicineCacheAdmin(ReadOnlyAdmin):
    list_display = ("item_name", "source", "summary_kind", "source_updated_on", "last_updated")
    list_filter = ("source", "summary_kind")
    search_fields = ("item_name",)
    search_hint = "품목기준코드나 제품명의 일부"
    sortable_by = ()
    raw_id_fields = ("medicine",)
    fieldsets = (
        (None, {"fields": ("medicine", "item_name", "source", "source_updated_on", "last_updated", "source_hash")}),
        ("짧은 설명", {"fields": ("efcy_summary", "summary_kind", "efcy_original")}),
        ("설명서의 항목", {"fields": _SECTIONS}),
        ("출처의 글 그대로", {"fields": ("originals", "section_hashes"), "classes": ("collapse",)}),
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[MedicineCache], search_term: str
    ) -> tuple[QuerySet[MedicineCache], bool]:
        return (queryset.filter(medicine__in=ids_named(search_term)) if search_term else queryset), False


@admin.register(MirrorRun)
class MirrorRunAdmin(ReadOnlyAdmin):
    list_display = (
        "source", "state", "started_at", "finished_at", "next_page", "rows_read", "rows_changed", "rows_refused",
        "rows_vanished",
    )  # fmt: skip
    list_filter = ("source", "state")
