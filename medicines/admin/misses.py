"""What people searched for in vain, and what was opened next; one click makes a synonym of it."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from medicines.models import Medicine, SearchMiss, Synonym
from medicines.services import curation
from ops.admin import ReadOnlyAdmin
from ops.services import record_audit


class SettleForm(forms.Form):
    kind = forms.ChoiceField(label="갈래", choices=Synonym.Kind.choices)
    means = forms.CharField(label="뜻하는 것", max_length=60)


@admin.register(SearchMiss)
class SearchMissAdmin(ReadOnlyAdmin):
    list_display = ("query", "addresses", "week", "opened_names", "settled_at")
    list_filter = (("settled_at", admin.EmptyFieldListFilter), "week")
    search_fields = ("query",)
    ordering = ("-week", "-addresses", "id")
    sortable_by = ()
    actions = ("ignore",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SearchMiss]:
        return SearchMiss.objects.all()

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        listed = getattr(response, "context_data", None) or {}
        if "cl" in listed:
            _name_opened(list(listed["cl"].result_list))
        return response

    @admin.display(description="이어서 연 약")
    def opened_names(self, miss: Any) -> str:
        return ", ".join(f"{opened.name} ({count})" for opened, count in miss.named) or "-"

    def get_urls(self) -> list[URLPattern]:
        settle = self.admin_site.admin_view(require_POST(self.settle))
        return [path("<int:pk>/settle/", settle, name="medicines_searchmiss_settle"), *super().get_urls()]

    def may_settle(self, request: HttpRequest) -> bool:
        user: Any = request.user
        return self.has_view_permission(request) and bool(user.has_perm("medicines.add_synonym"))

    has_ignore_permission = may_settle

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The query, what was opened next, and a form; each opened product has a button of its own."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return self._page(request, _found(object_id), SettleForm())

    def settle(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.may_settle(request):
            raise PermissionDenied
        miss, form = _found(str(pk)), SettleForm(request.POST)
        if not form.is_valid():
            return self._page(request, miss, form, status=400)
        try:
            made = curation.settle(miss=miss, **form.cleaned_data, actor=str(request.user.pk))
        except curation.NotPossible as error:
            form.add_error(None, str(error))
            return self._page(request, miss, form, status=400)
        self.message_user(request, f"‘{made}’을(를) 적었습니다. 30초 안에 모든 검색에 적용됩니다.", messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:medicines_searchmiss_changelist"))

    def _page(self, request: HttpRequest, miss: SearchMiss, form: SettleForm, *, status: int = 200) -> HttpResponse:
        _name_opened([miss])
        values = {"title": "찾지 못한 검색어", "opts": self.opts, "miss": miss, "form": form}
        context = self.admin_site.each_context(request) | values | {"may_settle": self.may_settle(request)}
        return TemplateResponse(request, "admin/medicines/miss.html", context, status=status)

    @admin.action(description="그대로 두기 (처리함으로 표시)", permissions=["ignore"])
    def ignore(self, request: HttpRequest, queryset: QuerySet[SearchMiss]) -> None:
        done = queryset.filter(settled_at=None).update(settled_at=timezone.now())
        record_audit(actor=str(request.user.pk), action="search_miss.ignore", details={"count": done})
        self.message_user(request, f"{done}개를 처리했습니다.", messages.SUCCESS)


def _found(pk: str) -> SearchMiss:
    number = int(pk) if pk.isascii() and pk.isdigit() and len(pk) < 19 else 0
    return get_object_or_404(SearchMiss, pk=number)


def _name_opened(misses: list[Any]) -> None:
    """Give each miss its `named`: (product, addresses) of what was opened next. One query for all."""
    seqs = {seq for miss in misses for seq, _ in miss.opened}
    held = {medicine.item_seq: medicine for medicine in Medicine.objects.filter(item_seq__in=seqs)} if seqs else {}
    for miss in misses:
        miss.named = [(held[seq], count) for seq, count in miss.opened if seq in held]
