"""The catalogue: products, the words by which they are found, their labels, and the runs that mirror the sources."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models

from core.mirror_run import MirrorRun as BaseMirrorRun
from medicines.curation_models import BrandAlias, SearchMiss, Synonym
from medicines.scrap_models import Scrap

__all__ = [
    "BrandAlias", "Medicine", "MedicineBrand", "MedicineCache", "MedicineEfficacy", "MedicineIngredient",
    "MedicineSearchCount", "MedicineTerm", "MirrorRun", "Scrap", "SearchMiss", "Synonym",
]  # fmt: skip


class Medicine(models.Model):
    """One product, as licensed: one row per `item_seq` (names repeat)."""

    class Status(models.TextChoices):
        ACTIVE = "active", "유효"
        WITHDRAWN = "withdrawn", "취하·취소"
        UNKNOWN = "unknown", "모름"

    class Coverage(models.TextChoices):
        """How much text the sources have: patient text, the permit's own text, or the name alone."""

        EASY = "easy", "쉬운 설명서"
        PERMIT = "permit", "허가 설명서"
        NAME_ONLY = "name_only", "이름만"

    class LabelOutcome(models.TextChoices):
        UNTRIED = "untried", "묻지 않음"
        READY = "ready", "있음"
        NONE = "none", "없음"
        REFUSED = "refused", "읽지 못함"
        SOURCE_DOWN = "source_down", "출처가 응답하지 않음"

    item_seq = models.CharField("품목기준코드", max_length=20, unique=True)
    name = models.TextField("제품명")
    name_en = models.TextField("영문 제품명", default="")
    entp_name = models.TextField("업체", default="")
    etc_otc = models.CharField("전문·일반", max_length=40, default="")
    status = models.CharField("허가 상태", max_length=10, choices=Status.choices, default=Status.UNKNOWN)
    export_only = models.BooleanField("수출용", default=False)
    class_name = models.TextField("분류", default="")
    permit_date = models.DateField("허가일", null=True)
    image_url = models.TextField("사진 주소", default="")
    ingredients = ArrayField(models.TextField(), default=list, verbose_name="성분")
    ingredients_en = ArrayField(models.TextField(), default=list, verbose_name="영문 성분")
    coverage = models.CharField("글의 범위", max_length=10, choices=Coverage.choices, default=Coverage.NAME_ONLY)
    popularity = models.FloatField("찾는 정도", default=0)
    # Since when 식약처 explains it to patients. It began with what people use most: so it ranks until searches do.
    opened_on = models.DateField("e약은요에 실린 날", null=True)

    # What search reads; computed by medicines.services.search_index.search_columns. In the first two the name stands
    # first, then its other names (for export), each closed by "|": so the whole name is the prefix "name|".
    name_norm = models.TextField("검색용 이름", default="")
    name_keys = models.TextField("검색용 자판", default="")
    name_initials = models.TextField("검색용 초성", default="")
    name_en_keys = models.TextField("검색용 영문", default="")
    brand_name = models.TextField("상표", default="")
    strengths = ArrayField(models.TextField(), default=list, verbose_name="함량")
    substances = ArrayField(models.TextField(), default=list, verbose_name="검색용 성분")

    # What each source said of the product; the columns above are merged from it by medicines.services.merge.
    source_facts = models.JSONField("출처마다 말하는 것", default=dict)
    # Mirroring: the last run of each source that showed the row; null when only a file did.
    easy_seen_run = models.BigIntegerField("e약은요에서 본 실행", null=True)
    permit_seen_run = models.BigIntegerField("허가 자료에서 본 실행", null=True)
    vanished_at = models.DateTimeField("사라진 때", null=True)
    # The last attempt to fetch the permit's own label: "none" (there is none) and "refused" (unreadable) stay.
    label_tried_at = models.DateTimeField("설명서를 물은 때", null=True)
    label_outcome = models.CharField(
        "설명서 결과", max_length=12, choices=LabelOutcome.choices, default=LabelOutcome.UNTRIED
    )
    created_at = models.DateTimeField("처음 적은 때", auto_now_add=True)
    updated_at = models.DateTimeField("고친 때", auto_now=True)

    class Meta:
        db_table = "medicine"
        verbose_name = verbose_name_plural = "의약품"
        indexes = [
            # search: exact and prefix
            models.Index(OpClass("name_keys", "text_pattern_ops"), name="idx_medicine_name_keys"),
            # search: substring. Without fastupdate, whose pending list every search would read through after a load
            GinIndex(OpClass("name_keys", "gin_trgm_ops"), name="idx_medicine_name_trgm", fastupdate=False),
            # search: initials
            models.Index(OpClass("name_initials", "text_pattern_ops"), name="idx_medicine_initials"),
            # search: English name
            models.Index(OpClass("name_en_keys", "text_pattern_ops"), name="idx_medicine_name_en_keys"),
            # search: the whole brand, and from a brand found by its near spelling to its products
            models.Index(fields=["brand_name"], name="idx_medicine_brand_name"),
            # the sweep of labels that were asked for and never came
            models.Index(
                fields=["label_tried_at"],
                condition=models.Q(label_outcome="untried", label_tried_at__isnull=False),
                name="idx_medicine_label_asked",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.item_seq})"


class MedicineBrand(models.Model):
    """A distinct brand name: the dictionary in which typos are looked up."""

    name = models.TextField(unique=True)
    keys = models.TextField()

    class Meta:
        db_table = "medicine_brand"
        indexes = [
            # search: fuzzy candidates
            GinIndex(OpClass("keys", "gin_trgm_ops"), name="idx_medicine_brand_trgm", fastupdate=False),
        ]

    def __str__(self) -> str:
        return self.name


class MedicineTerm(models.Model):
    """A word other than the name by which products are found, with its postings: ids in rank order, at most 200."""

    class Kind(models.TextChoices):
        INGREDIENT = "ingredient"
        SYMPTOM = "symptom"
        COMPANY = "company"
        PREFIX = "prefix"  # the first one to four keys of a name: too many rows to sort when asked
        INITIALS = "initials"  # the first one to three initials
        PART = "part"  # what hundreds of names hold, as 캡슐: too many rows to read and sort when asked

    kind = models.CharField(max_length=10, choices=Kind.choices)
    text = models.TextField()
    keys = models.TextField()
    medicine_ids = ArrayField(models.BigIntegerField(), default=list)

    class Meta:
        db_table = "medicine_term"
        constraints = [models.UniqueConstraint(fields=["kind", "text"], name="uniq_medicine_term")]
        indexes = [
            # search: a word of one kind, whole or as a prefix
            models.Index(models.F("kind"), OpClass("keys", "text_pattern_ops"), name="idx_medicine_term_keys"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}"


class MedicineEfficacy(models.Model):
    """What a product is for, in the shape that search reads: without spaces, as keys, and the symptoms named in it.

    Apart from `medicine_cache`, so that writing a summary does not touch a trigram index. `places[i]` is where
    `symptoms[i]` is first named, in characters of `flat`.
    """

    medicine = models.OneToOneField(Medicine, on_delete=models.CASCADE, primary_key=True, related_name="efficacy")
    text_hash = models.CharField(max_length=32)
    flat = models.TextField()
    keys = models.TextField()
    symptoms = ArrayField(models.TextField(), default=list)
    places = ArrayField(models.IntegerField(), default=list)

    class Meta:
        db_table = "medicine_efficacy"
        indexes = [
            # search: words of efficacy texts that are no term
            GinIndex(OpClass("keys", "gin_trgm_ops"), name="idx_medicine_efficacy_trgm", fastupdate=False),
        ]

    def __str__(self) -> str:
        return f"{self.medicine_id}: {', '.join(self.symptoms)}"


class SearchIndex(models.Model):
    """By which rules (medicines.search.version) the search columns were derived. One row.

    While they are derived anew, `building` is the version being built, and products up to the id `done_to` are done.
    """

    version = models.CharField(max_length=24, default="")
    building = models.CharField(max_length=24, default="")
    done_to = models.BigIntegerField(default=0)
    built_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "medicine_search_index"

    def __str__(self) -> str:
        return self.version or "not built"


class MedicineCache(models.Model):
    """The label of one medicine as one source gives it; `*_original` keep the source's own spelling."""

    class Source(models.TextChoices):
        EASY = "easy", "e약은요"
        PERMIT = "permit", "허가 자료"

    class SummaryKind(models.TextChoices):
        REVIEWED = "reviewed", "사람이 검토함"
        AI = "ai", "AI"
        EXTRACTIVE = "extractive", "원문에서 고름"

    medicine = models.ForeignKey(Medicine, on_delete=models.CASCADE, related_name="labels", verbose_name="의약품")
    source = models.CharField("출처", max_length=6, choices=Source.choices)
    item_name = models.TextField("제품명")
    item_image = models.TextField("사진 주소", default="")
    efcy_original = models.TextField("효능 원문", default="")
    efcy_summary = models.TextField("짧은 설명", default="")
    summary_kind = models.CharField("설명의 종류", max_length=10, choices=SummaryKind.choices, null=True)
    efficacy = models.TextField("효능", default="")
    usage = models.TextField("사용법", default="")
    warning = models.TextField("경고", default="")
    precaution = models.TextField("주의사항", default="")
    interaction = models.TextField("상호작용", default="")
    side_effect = models.TextField("부작용", default="")
    storage = models.TextField("보관법", default="")
    originals = models.JSONField("출처의 글", default=dict)
    section_hashes = models.JSONField("항목의 지문", default=dict)
    source_hash = models.CharField("원문의 지문", max_length=64, default="")
    source_updated_on = models.DateField("출처가 고친 날", null=True)
    created_from_api = models.DateTimeField("처음 받은 때", auto_now_add=True)
    last_updated = models.DateTimeField("마지막으로 바뀐 때")

    class Meta:
        db_table = "medicine_cache"
        verbose_name = verbose_name_plural = "설명서"
        constraints = [models.UniqueConstraint(fields=["medicine", "source"], name="uniq_medicine_cache_source")]
        indexes = [
            models.Index(fields=["item_name"], name="idx_medicine_cache_name"),
            models.Index(fields=["last_updated"], name="idx_medicine_cache_updated"),
        ]

    def __str__(self) -> str:
        return f"{self.item_name} ({self.source})"


class MedicineIngredient(models.Model):
    """One main ingredient of one product, as the ingredients operation lists it: a row each, in no promised order.

    Keyed by `item_seq`, since the row may arrive before the product does.
    """

    item_seq = models.CharField(max_length=20)
    position = models.CharField(max_length=20)
    name = models.TextField()
    name_en = models.TextField(default="")
    amount_mg = models.DecimalField(max_digits=12, decimal_places=4, null=True)
    seen_run = models.BigIntegerField(null=True)

    class Meta:
        db_table = "medicine_ingredient"
        constraints = [models.UniqueConstraint(fields=["item_seq", "position"], name="uniq_medicine_ingredient")]

    def __str__(self) -> str:
        return f"{self.item_seq} {self.position} {self.name}"


class MirrorRun(BaseMirrorRun):
    """One pass over one source."""

    class Source(models.TextChoices):
        EASY = "easy", "e약은요"
        PERMIT = "permit", "허가 자료"
        INGREDIENTS = "ingredients", "성분 자료"

    source = models.CharField("출처", max_length=12, choices=Source.choices)
    rows_skipped = models.IntegerField("건너뛴 줄", default=0)

    class Meta:
        db_table = "medicine_mirror_run"
        verbose_name = verbose_name_plural = "자료 수집 실행"
        indexes = [models.Index(fields=["source", "-started_at"], name="idx_mirror_run_latest")]

    def __str__(self) -> str:
        return f"{self.source} {self.started_at:%Y-%m-%d %H:%M} {self.state}"


class MedicineSearchCount(models.Model):
    """How many addresses searched for one brand on one day; the addresses themselves are never stored.

    `name` is a brand's, kept as text: the table of brands is computed anew from the catalogue. `week_addresses`:
    distinct addresses of that day and up to six days before it, as far as they can be told apart (their hashes are
    salted weekly).
    """

    name = models.TextField()
    day = models.DateField()
    addresses = models.IntegerField(default=0)
    week_addresses = models.IntegerField(default=0)

    class Meta:
        db_table = "medicine_search_count"
        constraints = [models.UniqueConstraint(fields=["day", "name"], name="uniq_medicine_search_count")]

    def __str__(self) -> str:
        return f"{self.name} {self.day}"
