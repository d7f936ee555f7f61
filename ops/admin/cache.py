"""The cache inspector: what each tier holds under a key or for a medicine or query, and a way to drop it everywhere.

What is typed comes and goes in bodies of POSTs, since a query in an address would end up in somebody's log.
"""

import os
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.views.decorators.http import require_http_methods, require_POST

from ops import inspection
from ops.admin.pages import PageAdmin, url_name
from ops.models import CacheEntry
from ops.services import drop_cached

_MAX_KEYS = 20


class _TextForm(forms.Form):
    text = forms.CharField(
        max_length=128,
        label="품목기준코드, 검색어 또는 캐시 키",
        widget=forms.TextInput(attrs={"autocomplete": "off", "size": 48, "autofocus": True}),
    )


@admin.register(CacheEntry)
class CacheEntryAdmin(PageAdmin):
    def get_urls(self) -> list[URLPattern]:
        look, drop = require_http_methods(["GET", "POST"])(self.look), require_POST(self.drop)
        return [
            path("", self.guarded(look, "view"), name=url_name(CacheEntry, "changelist")),
            path("drop/", self.guarded(drop, "delete"), name=url_name(CacheEntry, "drop")),
        ]

    def look(self, request: HttpRequest) -> HttpResponse:
        form = _TextForm(request.POST if request.method == "POST" else None)
        values: dict[str, Any] = {"form": form, "process": os.getpid(), "may_drop": self.may(request, "delete")}
        if form.is_valid():
            values["rows"] = inspection.inspect(form.cleaned_data["text"])
        return self.page(request, "cache", **values)

    def drop(self, request: HttpRequest) -> HttpResponse:
        keys = [key for key in request.POST.getlist("key")[:_MAX_KEYS] if inspection.is_known(key)]
        if not keys:
            self.message_user(request, "지울 수 있는 키가 아닙니다.", messages.ERROR)
        elif drop_cached(keys=keys, actor=str(request.user.pk)):
            self.message_user(request, f"{len(keys)}개를 모든 프로세스에서 지웠습니다.", messages.SUCCESS)
        else:
            text = "캐시 Redis가 응답하지 않아 이 프로세스에서만 지웠습니다. 다시 응답하면 나머지에서도 지웁니다."
            self.message_user(request, text, messages.WARNING)
        return HttpResponseRedirect(self.home())
