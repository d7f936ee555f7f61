"""A queue of texts and what a curator does with one: compare, edit, approve, reject, regenerate, history."""

from collections.abc import Callable
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.celery_task import enqueue
from medicines.selectors.curation import ids_named
from ops.fast_lists import CappedPaginator
from summaries import review, services, tasks
from summaries.admin.forms import ReasonForm, SentenceForm, SentenceFormSet
from summaries.comparison import FIELDS, bound, compare
from summaries.models import MODELS, CustomSummary, Kind, Summary
from summaries.queue import in_two_steps, queue
from summaries.review import GateRefused, NotPossible, Outdated, ReviewError

_TEMPLATES = "admin/summaries/curation"
Row = Summary | CustomSummary


class QueuePaginator(CappedPaginator):
    """Ranks without reading what is not shown."""

    def _get_page(self, object_list: Any, number: int, paginator: Any) -> Page[Any]:
        rows: Any = self.object_list
        return Page(in_two_steps(object_list, rows), number, paginator)


class CurationAdmin(admin.ModelAdmin[Any]):
    """The pages of one kind of text; who has the model's change permission may do everything here."""

    kind: ClassVar[Kind]
    queue_title: ClassVar[str]
    list_filter = ("state", "prompt_version", "model")
    list_per_page = 50
    sortable_by = ()
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return queue(self.kind)

    def get_paginator(
        self,
        request: HttpRequest,
        queryset: QuerySet[Any],
        per_page: int,
        orphans: int = 0,
        allow_empty_first_page: bool = True,  # Django's signature
    ) -> QueuePaginator:
        return QueuePaginator(queryset, per_page, orphans, allow_empty_first_page)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return (queryset.filter(medicine__in=ids_named(search_term)) if search_term else queryset), False

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ("-priority", "pk")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may look may decide: there is no page to look at only."""
        return self.has_change_permission(request, obj)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_change_permission(request)

    @admin.display(description="제품명")
    def name(self, row: Row) -> str:
        return row.medicine.name

    @admin.display(description="품목기준코드")
    def seq(self, row: Row) -> str:
        return row.item_seq

    @admin.display(description="우선순위")
    def shown_priority(self, row: Any) -> str:
        return f"{row.priority:g}"

    @admin.display(description="조회")
    def shown_views(self, row: Any) -> str:
        return f"{row.views:g}"

    @admin.display(description="위험")
    def shown_risk(self, row: Any) -> str:
        return f"{row.risk:g}"

    @admin.display(description="걸린 문장")
    def shown_refused(self, row: Row) -> int:
        return len(row.checks.get("fired", ()))

    @admin.display(description="만든 때")
    def made(self, row: Row) -> str:
        return f"{timezone.localtime(row.generated_at):%Y-%m-%d %H:%M}" if row.generated_at else "-"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"title": self.queue_title, **(extra_context or {})})

    def get_urls(self) -> list[URLPattern]:
        own = (("edit", self.edit), ("approve", self.approve), ("reject", self.reject), ("regenerate", self.regenerate))
        return [
            *(path(f"<int:pk>/{name}/", self._guarded(view), name=self._url_name(name)) for name, view in own),
            *super().get_urls(),
        ]

    def _url_name(self, name: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{name}"

    def _guarded(self, view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        def allowed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not self.has_change_permission(request):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded: Callable[..., HttpResponse] = self.admin_site.admin_view(allowed)
        return guarded

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The text beside its label; nothing is written here."""
        return require_GET(self._guarded(self._compare))(request, object_id)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return require_GET(self._guarded(self._history))(request, object_id)

    def _compare(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self._get(object_id)
        return self._page(request, "compare", row, {"seen": compare(row=row)})

    def _history(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self._get(object_id)
        steps = row.revisions.select_related("actor").order_by("-version")
        return self._page(request, "history", row, {"steps": steps, "title": "고친 기록"})

    def approve(self, request: HttpRequest, pk: int) -> HttpResponse:
        def step(version: int, reason: str) -> str:
            review.approve(kind=self.kind, pk=pk, version=version, actor_id=_actor(request))
            return "승인했습니다. 지금부터 읽는 분에게 'AI가 정리한 글' 표시 없이 보입니다."

        return self._step(request, pk, step)

    def reject(self, request: HttpRequest, pk: int) -> HttpResponse:
        def step(version: int, reason: str) -> str:
            review.reject(kind=self.kind, pk=pk, version=version, actor_id=_actor(request), reason=reason)
            return "반려했습니다. 읽는 분에게는 설명서의 문장이 보이고, 요청하실 때까지 다시 만들지 않습니다."

        return self._step(request, pk, step)

    def regenerate(self, request: HttpRequest, pk: int) -> HttpResponse:
        def step(version: int, reason: str) -> str:
            kind, claimed = review.regenerate(
                kind=self.kind, pk=pk, version=version, actor_id=_actor(request), reason=reason
            )
            if not enqueue(tasks.generate_summary, kind, claimed):
                services.release(kind=kind, pk=claimed)
            return "다시 만들고 있습니다. 잠시 뒤에 이 쪽을 새로 고쳐 주세요."

        return self._step(request, pk, step)

    def _step(self, request: HttpRequest, pk: int, step: Callable[[int, str], str]) -> HttpResponse:
        return require_POST(self._taken)(request, pk, step)

    def _taken(self, request: HttpRequest, pk: int, step: Callable[[int, str], str]) -> HttpResponse:
        self._get(pk)
        form = ReasonForm(request.POST)
        try:
            if not form.is_valid():
                raise NotPossible("보내신 내용을 읽을 수 없었어요. 이 쪽에서 다시 눌러 주세요.")
            messages.success(request, step(form.cleaned_data["version"], form.cleaned_data["reason"]))
        except ReviewError as error:
            messages.error(request, str(error))
        return HttpResponseRedirect(self._url("change", pk))

    def edit(self, request: HttpRequest, pk: int) -> HttpResponse:
        return require_http_methods(["GET", "POST"])(self._edit if request.method == "POST" else self._form)(
            request, pk
        )

    def _form(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self._get(pk)
        return self._edit_page(request, row, SentenceFormSet(initial=_initial(row), prefix="s"))

    def _edit(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What was entered is shown again whatever goes wrong: 400 form, 409 somebody was first, 422 the gate."""
        row, formset = self._get(pk), SentenceFormSet(request.POST, prefix="s")
        version = ReasonForm(request.POST)
        # Without a single form nothing was sent by our page; blank ones say that a text is to go.
        if not (formset.forms and formset.is_valid() and version.is_valid()):
            return self._edit_page(request, row, formset, status=400, error="빨간 글씨로 적힌 곳을 고쳐 주세요.")
        filled = [form for form in formset if isinstance(form, SentenceForm) and not form.is_blank]
        try:
            review.edit(
                kind=self.kind,
                pk=pk,
                version=version.cleaned_data["version"],
                actor_id=_actor(request),
                claims=[form.claim for form in filled],
                confirmed={form.cleaned_data["confirm"] for form in filled},
                approved="approve" in request.POST,
            )
        except GateRefused as refused:
            for form, checked in zip(filled, refused.checked, strict=True):
                form.checked = checked
            return self._edit_page(request, row, formset, status=422, error=str(refused))
        except Outdated as outdated:
            return self._edit_page(request, self._get(pk), formset, status=409, error=str(outdated), outdated=True)
        except NotPossible as error:
            return self._edit_page(request, row, formset, status=409, error=str(error))
        messages.success(request, "고친 글을 저장했습니다.")
        return HttpResponseRedirect(self._url("change", pk))

    def _edit_page(
        self,
        request: HttpRequest,
        row: Row,
        formset: Any,
        *,
        status: int = 200,
        error: str = "",
        outdated: bool = False,
    ) -> HttpResponse:
        seen = compare(row=row)
        fields = [(FIELDS[name], lines) for name in FIELDS if (lines := seen.source.of(name))]
        context = {"seen": seen, "formset": formset, "fields": fields, "error": error, "outdated": outdated}
        response = self._page(request, "edit", row, context | {"title": "요약 고치기"})
        response.status_code = status
        return response

    def _page(self, request: HttpRequest, name: str, row: Row, context: dict[str, Any]) -> TemplateResponse:
        request.current_app = self.admin_site.name
        shared = {"title": "요약과 설명서 견주어 보기", "row": row, "medicine": row.medicine, "opts": self.opts}
        return TemplateResponse(
            request, f"{_TEMPLATES}/{name}.html", {**self.admin_site.each_context(request), **shared, **context}
        )

    def _get(self, pk: int | str) -> Row:
        number = int(pk) if str(pk).isdecimal() and len(str(pk)) < 19 else 0
        rows: QuerySet[Any] = MODELS[self.kind].objects.select_related("medicine")
        row: Row = get_object_or_404(rows, pk=number)
        return row

    def _url(self, name: str, pk: int) -> str:
        return reverse(f"admin:{self._url_name(name)}", args=[pk])


def _actor(request: HttpRequest) -> UUID:
    return UUID(str(request.user.pk))


def _initial(row: Row) -> list[dict[str, str]]:
    """The stored sentences with the ids that their sources have in the present label."""
    source = compare(row=row).source
    return [
        {
            "section": written["section"],
            "text": written["text"],
            "source": ", ".join(found.id for found in bound(written["source"], source) if found),
        }
        for written in row.sections
    ]
