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
        ACTIVE = "active"
        WITHDRAWN = "withdrawn"
        UNKNOWN = "unknown"

    class Coverage(models.TextChoices):
        """How much text the sources have: patient text, the permit's own text, or the name alone."""

        EASY = "easy"
        PERMIT = "permit"
        NAME_ONLY = "name_only"

    class LabelOutcome(models.TextChoices):
        UNTRIED = "untried"
        READY = "ready"
        NONE = "none"
        REFUSED = "refused"
        SOURCE_DOWN = "source_down"

    item_seq = models.CharField(max_length=20, unique=True)
    name = models.TextField()
    name_en = models.TextField(default="")
    entp_name = models.TextField(default="")
    etc_otc = models.CharField(max_length=40, default="")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.UNKNOWN)
    export_only = models.BooleanField(default=False)
    class_name = models.TextField(default="")
    permit_date = models.DateField(null=True)
    image_url = models.TextField(default="")
    ingredients = ArrayField(models.TextField(), default=list)
    ingredients_en = ArrayField(models.TextField(), default=list)
    coverage = models.CharField(max_length=10, choices=Coverage.choices, default=Coverage.NAME_ONLY)
    popularity = models.FloatField(default=0)
    # Since when 식약처 explains it to patients. It began with what people use most,
    # and that ranks until searches tell more.
    opened_on = models.DateField(null=True)

    # What search reads; computed by medicines.services.search_index.search_columns. In the first two the name stands
    # first, then its other names (for export), each closed by "|": so the whole name is the prefix "name|".
    name_norm = models.TextField(default="")
    name_keys = models.TextField(default="")
    name_initials = models.TextField(default="")
    name_en_keys = models.TextField(default="")
    brand_name = models.TextField(default="")
    strengths = ArrayField(models.TextField(), default=list)
    substances = ArrayField(models.TextField(), default=list)

    # What each source said of the product; the columns above are merged from it by medicines.services.merge.
    source_facts = models.JSONField(default=dict)
    # Mirroring: the last run of each source that showed the row; null when only a file did.
    easy_seen_run = models.BigIntegerField(null=True)
    permit_seen_run = models.BigIntegerField(null=True)
    vanished_at = models.DateTimeField(null=True)
    # The last attempt to fetch the permit's own label: "none" (there is none) and "refused" (unreadable)
    # are remembered.
    label_tried_at = models.DateTimeField(null=True)
    label_outcome = models.CharField(max_length=12, choices=LabelOutcome.choices, default=LabelOutcome.UNTRIED)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

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
        EASY = "easy"
        PERMIT = "permit"

    class SummaryKind(models.TextChoices):
        REVIEWED = "reviewed"
        AI = "ai"
        EXTRACTIVE = "extractive"

    medicine = models.ForeignKey(Medicine, on_delete=models.CASCADE, related_name="labels")
    source = models.CharField(max_length=6, choices=Source.choices)
    item_name = models.TextField()
    item_image = models.TextField(default="")
    efcy_original = models.TextField(default="")
    efcy_summary = models.TextField(default="")
    summary_kind = models.CharField(max_length=10, choices=SummaryKind.choices, null=True)
    efficacy = models.TextField(default="")
    usage = models.TextField(default="")
    warning = models.TextField(default="")
    precaution = models.TextField(default="")
    interaction = models.TextField(default="")
    side_effect = models.TextField(default="")
    storage = models.TextField(default="")
    originals = models.JSONField(default=dict)
    section_hashes = models.JSONField(default=dict)
    source_hash = models.CharField(max_length=64, default="")
    source_updated_on = models.DateField(null=True)
    created_from_api = models.DateTimeField(auto_now_add=True)
    last_updated = models.DateTimeField()

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
        EASY = "easy"
        PERMIT = "permit"
        INGREDIENTS = "ingredients"

    source = models.CharField(max_length=12, choices=Source.choices)
    rows_skipped = models.IntegerField(default=0)

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
