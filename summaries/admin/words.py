"""The table of hard words: list, add, change, turn off. What would change a meaning is refused."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from summaries import word_rules, word_table
from summaries.models import HardWord


class HardWordForm(forms.ModelForm[HardWord]):
    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        word, easy = (" ".join(str(values.get(name) or "").split()) for name in ("word", "easy"))
        if word and easy and (found := word_rules.faults(word, easy)):
            raise forms.ValidationError(found)
        return values | {"word": word, "easy": easy}


@admin.register(HardWord)
class HardWordAdmin(admin.ModelAdmin[HardWord]):
    form = HardWordForm
    fields = ("word", "easy", "enabled", "note")
    list_display = ("word", "easy", "enabled", "note", "changed_by", "changed_at")
    list_filter = ("enabled",)
    list_select_related = ("changed_by",)
    search_fields = ("word", "easy")
    ordering = ("word",)
    actions = ("turn_off", "turn_on")

    def save_model(self, request: HttpRequest, obj: HardWord, form: Any, change: bool) -> None:
        obj.changed_by_id = request.user.pk
        super().save_model(request, obj, form, change)
        word_table.changed(actor=str(request.user.pk), action="change" if change else "add", word=obj)

    def has_delete_permission(self, request: HttpRequest, obj: HardWord | None = None) -> bool:
        """Turned off, a word keeps its history and does not come back with the data file."""
        return False

    @admin.action(description="고른 말 쓰지 않기", permissions=["change"])
    def turn_off(self, request: HttpRequest, queryset: QuerySet[HardWord]) -> None:
        self._turn(request, queryset, enabled=False)

    @admin.action(description="고른 말 다시 쓰기", permissions=["change"])
    def turn_on(self, request: HttpRequest, queryset: QuerySet[HardWord]) -> None:
        self._turn(request, queryset, enabled=True)

    def _turn(self, request: HttpRequest, queryset: QuerySet[HardWord], *, enabled: bool) -> None:
        turned = word_table.turn(queryset, enabled=enabled, actor_id=UUID(str(request.user.pk)))
        self.message_user(request, f"{turned}개를 바꿨습니다. 30초 안에 모든 글에 적용됩니다.")
