"""A small made-up catalogue for the tests of the request path: our own names and words."""

from medicines.labels import SECTIONS, Label
from medicines.models import Medicine, MedicineBrand, MedicineTerm
from medicines.records import Facts, Record
from medicines.services import catalogue, search_index

PAIN = "이 약은 감기로 인한 발열과 두통, 치통을 가라앉히는 데 사용합니다. 다른 쓰임은 없습니다."


def record(item_seq, name, *, company="보기제약", ingredients=("아세트아미노펜",), efficacy=PAIN, kind="일반의약품"):
    """One product; `efficacy` None: the permit list knows it, and nobody has its text."""
    facts = Facts(
        name=name,
        entp_name=company,
        etc_otc=kind,
        ingredients=tuple(ingredients),
        cancel_name="" if efficacy else "정상",
    )
    if efficacy is None:
        return Record(item_seq, "permit", facts)
    texts = dict.fromkeys(SECTIONS, "정해진 대로 씁니다.") | {"efficacy": efficacy}
    return Record(item_seq, "easy", facts, Label("easy", texts, {"efcyQesitm": efficacy}))


PRODUCTS = [
    record("100000001", "보라매정500밀리그램(아세트아미노펜)"),
    record("100000002", "보라매콜드정", ingredients=("아세트아미노펜", "클로르페니라민말레산염")),
    record("100000003", "새벽별시럽", company="들꽃약품"),
    record("100000004", "가람처방정10밀리그램", ingredients=("로수바스타틴칼슘",), efficacy=None, kind="전문의약품"),
    *(record(f"1000001{n:02}", f"여울이정{n}밀리그램") for n in range(1, 31)),
]


def add(*products):
    """Store products as L3 does: before the nightly rebuild of what search reads besides names."""
    catalogue.upsert_many(items=list(products))


def load(products=PRODUCTS):
    """Store products and all that search reads. Once in a transaction."""
    add(*products)
    search_index.rebuild()


def clear():
    for model in (Medicine, MedicineBrand, MedicineTerm):
        model.objects.all().delete()
