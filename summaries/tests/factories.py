"""Products with labels; every sentence is our own."""

from django.utils import timezone

from medicines.labels import Label
from medicines.models import Medicine, MedicineCache

SECTIONS = {
    "efficacy": "이 약은 두통, 발열에 사용합니다.",
    "usage": "성인은 1회 1정씩, 1일 3회 복용합니다.",
    "warning": "매일 술을 마시는 사람은 의사와 상의하십시오.",
    "precaution": "임부는 이 약을 복용하지 마십시오.이 약을 복용하기 전에 소아는 의사 또는 약사와 상의하십시오.",
    "interaction": "다른 해열진통제와 함께 복용하지 마십시오.",
    "side_effect": "드물게 발진이 나타날 수 있습니다."
    "구토가 나타나는 경우 복용을 즉각 중지하고 의사 또는 약사와 상의하십시오.",
    "storage": "실온에서 보관하십시오.",
}


def make_medicine(item_seq="209900001", name="보기정", *, source="easy", **sections):
    """A product; `sections` replace or (as "") remove parts of its label."""
    medicine = Medicine.objects.create(item_seq=item_seq, name=name, entp_name="보기제약", coverage="easy")
    set_label(medicine, source=source, **sections)
    return medicine


def set_label(medicine, *, source="easy", **sections):
    texts = {name: text for name, text in (SECTIONS | sections).items() if text}
    label = Label(source, texts, {})
    MedicineCache.objects.update_or_create(
        medicine=medicine,
        source=source,
        defaults={
            **dict.fromkeys(SECTIONS, ""),
            **texts,
            "item_name": medicine.name,
            "source_hash": label.source_hash(),
            "last_updated": timezone.now(),
        },
    )


def make_bare(item_seq="209900009", **fields):
    """A product without a label."""
    return Medicine.objects.create(item_seq=item_seq, name="글없는정", coverage="name_only", **fields)
