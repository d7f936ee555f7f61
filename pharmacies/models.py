"""Pharmacies as each source shows them, which of these rows are one place, and the days that count as holidays."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import F, Func, Q

from core.mirror_run import MirrorRun


class CubeField(models.Field[Any, Any]):
    """A point in space (extension cube), as earthdistance makes it of latitude and longitude."""

    def db_type(self, connection: Any) -> str:
        return "cube"


class Pharmacy(models.Model):
    """One pharmacy as one source shows it. A row that is another source's row again points to it (`merged_into`) and
    is not shown by itself."""

    class Source(models.TextChoices):
        NEMC = "nemc", "국립중앙의료원"
        HIRA = "hira", "건강보험심사평가원"
        KAKAO = "kakao", "카카오"

    source = models.CharField("출처", max_length=8, choices=Source.choices)
    source_id = models.CharField("출처의 번호", max_length=120)
    name = models.TextField("이름")
    name_norm = models.TextField("견주는 이름")
    address = models.TextField("주소", default="")
    phone = models.TextField("전화", default="")
    lat = models.FloatField("위도")
    lng = models.FloatField("경도")
    # Stored, since computing it for each row of a neighbourhood would take longer than all the rest of a search.
    place = models.GeneratedField(
        expression=Func(F("lat"), F("lng"), function="ll_to_earth"), output_field=CubeField(), db_persist=True
    )
    # Minutes after midnight, Monday to Sunday and holidays; null: the day is not listed. A close may exceed 1440.
    opens = ArrayField(models.SmallIntegerField(null=True), size=8, null=True, verbose_name="여는 시각 (분)")
    closes = ArrayField(models.SmallIntegerField(null=True), size=8, null=True, verbose_name="닫는 시각 (분)")
    as_of = models.DateField("기준일")
    merged_into = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="merged", verbose_name="합친 곳"
    )
    # Mirroring: the last run that showed the row; null when a file or Kakao did.
    seen_run = models.BigIntegerField("본 실행", null=True)
    vanished_at = models.DateTimeField("사라진 때", null=True)
    created_at = models.DateTimeField("처음 적은 때", auto_now_add=True)
    updated_at = models.DateTimeField("고친 때", auto_now=True)

    class Meta:
        db_table = "pharmacy"
        verbose_name = verbose_name_plural = "약국"
        constraints = [models.UniqueConstraint(fields=["source", "source_id"], name="uniq_pharmacy_source")]
        indexes = [
            # nearest: outwards from a point, and within the box around it
            GistIndex(
                fields=["place"],
                name="idx_pharmacy_place",
                condition=Q(merged_into__isnull=True, vanished_at__isnull=True),
            ),
            # the mirror's sweep of rows that a run did not show
            models.Index(fields=["source", "seen_run"], name="idx_pharmacy_seen"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.source})"


class PharmacyMatch(models.Model):
    """That a row is the same place as a row of a better source, how sure that is, and what a curator said."""

    class State(models.TextChoices):
        AUTO = "auto", "자동으로 합침"
        UNCERTAIN = "uncertain", "확인 필요"
        CONFIRMED = "confirmed", "같은 곳 (확인됨)"
        REJECTED = "rejected", "다른 곳 (확인됨)"

    row = models.ForeignKey(Pharmacy, on_delete=models.CASCADE, related_name="matches", verbose_name="행")
    target = models.ForeignKey(Pharmacy, on_delete=models.CASCADE, related_name="+", verbose_name="같은 곳으로 보는 행")
    confidence = models.FloatField("확신")
    distance_m = models.FloatField("거리(m)")
    state = models.CharField("상태", max_length=10, choices=State.choices)
    decided_at = models.DateTimeField("정한 때", null=True)
    created_at = models.DateTimeField("찾은 때", auto_now_add=True)

    class Meta:
        db_table = "pharmacy_match"
        verbose_name = verbose_name_plural = "약국 짝짓기"
        constraints = [models.UniqueConstraint(fields=["row", "target"], name="uniq_pharmacy_match")]
        indexes = [
            # the curators' queue
            models.Index(fields=["state", "-confidence"], name="idx_pharmacy_match_queue"),
        ]

    def __str__(self) -> str:
        return f"{self.row_id} = {self.target_id}"


class PharmacyCell(models.Model):
    """A cell (H3) that somebody needed, and when Kakao was last asked about it."""

    cell = models.CharField("칸 (H3)", max_length=16, unique=True)
    fetched_at = models.DateTimeField("받은 때", null=True)
    tried_at = models.DateTimeField("물은 때")
    outcome = models.CharField("결과", max_length=12, default="")
    places = models.IntegerField("약국 수", default=0)
    calls = models.IntegerField("물은 횟수", default=0)

    class Meta:
        db_table = "pharmacy_cell"
        verbose_name = verbose_name_plural = "카카오에 물은 칸"
        indexes = [
            # the refresh of the oldest cells
            models.Index(fields=["fetched_at"], name="idx_pharmacy_cell_age"),
        ]

    def __str__(self) -> str:
        return self.cell


class PharmacyRun(MirrorRun):
    """One pass over the national feed."""

    class Meta:
        db_table = "pharmacy_run"
        verbose_name = verbose_name_plural = "전국 자료 받기"
        indexes = [models.Index(fields=["-started_at"], name="idx_pharmacy_run_latest")]

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M} {self.state}"


class PublicHoliday(models.Model):
    """What the official feed or a curator says of one day; a curator's word stands above the feed's."""

    class Source(models.TextChoices):
        FEED = "feed", "특일 정보 (공식)"
        CURATED = "curated", "관리자"

    day = models.DateField("날")
    source = models.CharField("출처", max_length=8, choices=Source.choices, default=Source.CURATED)
    is_holiday = models.BooleanField("쉬는 날", default=True)
    name = models.CharField("이름", max_length=60)
    updated_at = models.DateTimeField("고친 때", auto_now=True)

    class Meta:
        db_table = "public_holiday"
        verbose_name = verbose_name_plural = "공휴일"
        constraints = [models.UniqueConstraint(fields=["day", "source"], name="uniq_public_holiday")]

    def __str__(self) -> str:
        return f"{self.day} {self.name}"
