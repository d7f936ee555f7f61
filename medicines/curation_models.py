"""What curators add to search, and what people searched for in vain."""

from django.conf import settings
from django.db import models

from medicines.search.dictionary import BRAND, INGREDIENT, KEYWORD, SYMPTOM


class Synonym(models.Model):
    """One curated word beside those of the data files (medicines.search.dictionary).

    Both texts are normalised. Turned off, the word means nothing, even when a file has it.
    """

    class Kind(models.TextChoices):
        SYMPTOM = SYMPTOM, "증상"
        INGREDIENT = INGREDIENT, "성분"
        KEYWORD = KEYWORD, "요약의 낱말"
        BRAND = BRAND, "상표"

    kind = models.CharField("갈래", max_length=10, choices=Kind.choices)
    word = models.CharField("사람들이 쓰는 말", max_length=60)
    means = models.CharField("뜻하는 것", max_length=60)
    enabled = models.BooleanField("사용", default=True)
    note = models.CharField("메모", max_length=200, default="", blank=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name="고친 사람"
    )
    changed_at = models.DateTimeField("고친 때", auto_now=True)

    class Meta:
        db_table = "medicine_synonym"
        verbose_name = verbose_name_plural = "동의어"
        constraints = [models.UniqueConstraint(fields=["kind", "word"], name="uniq_medicine_synonym")]

    def __str__(self) -> str:
        return f"{self.word} → {self.means}"


class BrandAlias(Synonym):
    """The brand dictionary: a misspelt or everyday name of a brand, which search says it has corrected."""

    class Meta:
        proxy = True
        verbose_name = verbose_name_plural = "상표 사전"


class SearchMiss(models.Model):
    """A normalised query that nothing was found for, kept once five distinct addresses of a week had asked it.

    `addresses`: how many in the week that began on `week`. `opened`: [[item_seq, addresses], …], what as many of them
    opened within ten minutes after it.
    """

    query = models.CharField("검색어", max_length=100, unique=True)
    addresses = models.PositiveIntegerField("찾은 주소 수")
    week = models.DateField("주 (월요일)")
    opened = models.JSONField("이어서 연 약", default=list, blank=True)
    settled_at = models.DateTimeField("처리한 때", null=True, blank=True)

    class Meta:
        db_table = "medicine_search_miss"
        verbose_name = verbose_name_plural = "찾지 못한 검색어"
        # The curators' list, the newest week's most asked first.
        indexes = [models.Index(fields=["-week", "-addresses", "id"], name="idx_search_miss_list")]

    def __str__(self) -> str:
        return self.query
