"""The words that curators add: synonyms, and the brand dictionary. List, add, change, turn off."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from medicines.models import BrandAlias, Synonym
from medicines.services import curation

Kind = Synonym.Kind
_HELP = {
    "word": "띄어쓰기와 괄호는 없는 것으로 봅니다.",
    "means": "증상은 검색이 아는 증상의 이름, 성분은 제품에 적힌 성분의 이름, 상표는 제형과 함량을 뺀 이름을 적습니다.",
}


class SynonymForm(forms.ModelForm[Synonym]):
    class Meta:
        model = Synonym
        fields: ClassVar[tuple[str, ...]] = ("kind", "word", "means", "enabled", "note")
        help_texts = _HELP

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        kind, word, means = (str(values.get(name) or "") for name in ("kind", "word", "means"))
        if kind and word and means:
            values |= self._checked(kind, word, means)
        return values

    def _checked(self, kind: str, word: str, means: str) -> dict[str, str]:
        try:
            word, means = curation.checked(kind=kind, word=word, means=means)
        except curation.NotPossible as error:
            raise forms.ValidationError(str(error)) from error
        if Synonym.objects.filter(kind=kind, word=word).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError("이미 적혀 있는 말이에요. 그 줄을 고쳐 주세요.")
        return {"word": word, "means": means}


@admin.register(Synonym)
class SynonymAdmin(admin.ModelAdmin[Any]):
    form = SynonymForm
    list_display: tuple[str, ...] = ("word", "means", "kind", "enabled", "note", "changed_by", "changed_at")
    list_filter: ClassVar[tuple[str, ...]] = ("kind", "enabled")
    list_select_related = ("changed_by",)
    search_fields = ("word", "means")
    ordering: ClassVar[tuple[str, ...]] = ("kind", "word")
    actions = ("turn_off", "turn_on")

    def save_model(self, request: HttpRequest, obj: Synonym, form: Any, change: bool) -> None:
        obj.changed_by_id = request.user.pk
        super().save_model(request, obj, form, change)
        curation.changed(actor=str(request.user.pk), action="change" if change else "add", word=obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Turned off, a word keeps its history, and hides the data file's word of the same spelling."""
        return False

    @admin.action(description="고른 말 쓰지 않기", permissions=["change"])
    def turn_off(self, request: HttpRequest, queryset: QuerySet[Synonym]) -> None:
        self._turn(request, queryset, enabled=False)

    @admin.action(description="고른 말 다시 쓰기", permissions=["change"])
    def turn_on(self, request: HttpRequest, queryset: QuerySet[Synonym]) -> None:
        self._turn(request, queryset, enabled=True)

    def _turn(self, request: HttpRequest, queryset: QuerySet[Synonym], *, enabled: bool) -> None:
        turned = curation.turn(queryset, enabled=enabled, actor=str(request.user.pk))
        self.message_user(request, f"{turned}개를 바꿨습니다. 30초 안에 모든 검색과 글에 적용됩니다.")


class BrandAliasForm(SynonymForm):
    class Meta(SynonymForm.Meta):
        model = BrandAlias
        fields: ClassVar[tuple[str, ...]] = ("word", "means", "enabled", "note")
        labels: ClassVar[dict[str, str]] = {"word": "사람들이 쓰는 이름", "means": "상표"}
        help_texts = _HELP | {"means": "제형과 함량을 뺀 이름을 적습니다: 타이레놀정500밀리그람이면 타이레놀."}

    def clean(self) -> dict[str, Any]:
        self.cleaned_data["kind"] = self.instance.kind = Kind.BRAND
        return super().clean()


@admin.register(BrandAlias)
class BrandAliasAdmin(SynonymAdmin):
    """Only the brands: 잘못 쓴 이름 → 상표. The search says what it corrected."""

    form = BrandAliasForm
    list_display = ("word", "means", "enabled", "note", "changed_by", "changed_at")
    list_filter = ("enabled",)
    ordering = ("word",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(kind=Kind.BRAND)
