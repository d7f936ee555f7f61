"""The operators' view of the catalogue: facts to read, and a way to drop a medicine from every cache."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from medicines.models import Medicine, MedicineCache, MirrorRun
from medicines.selectors.tiers import invalidate_cards
from ops.services import record_audit

# So many are named in the audit trail; of more, how many they were.
_NAMED = 100


class _ReadOnly(admin.ModelAdmin[Any]):
    """The sources say what stands here; a change by hand would be gone with the next mirror."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Medicine)
class MedicineAdmin(_ReadOnly):
    list_display = ("item_seq", "name", "entp_name", "etc_otc", "status", "coverage", "label_outcome", "popularity")
    list_filter = ("status", "coverage", "label_outcome", "export_only")
    search_fields = ("=item_seq", "name__startswith")
    show_full_result_count = False
    actions = ("drop_from_caches",)

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
class MedicineCacheAdmin(_ReadOnly):
    list_display = ("item_name", "source", "summary_kind", "source_updated_on", "last_updated")
    list_filter = ("source", "summary_kind")
    search_fields = ("=medicine__item_seq", "item_name__startswith")
    list_select_related = ()
    show_full_result_count = False


@admin.register(MirrorRun)
class MirrorRunAdmin(_ReadOnly):
    list_display = (
        "source", "state", "started_at", "finished_at", "next_page", "rows_read", "rows_changed", "rows_refused",
        "rows_vanished",
    )  # fmt: skip
    list_filter = ("source", "state")
