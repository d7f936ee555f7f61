"""Ways to make a correct sentence wrong: each takes one and gives a wrong one, or None where it cannot."""

import random
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from summaries.words import is_plain

_NEGATED = (
    (r"하지 마십시오", "하십시오"),
    (r"하지 마세요", "하세요"),
    (r"하지 않", "하"),
    (r"지 마십시오", "십시오"),
    (r"지 마세요", "세요"),
    (r"피하", "찾"),
    (r"피해", "찾아"),
    (r"없(?!애|앤|앨|앱)", "있"),
    (r"지 (?:않|못)", ""),
)
_AFFIRMED = (
    (r"사용합니다", "사용하지 않습니다"),
    (r"쓰는 약", "쓰지 않는 약"),
    (r"사용해요", "사용하지 않아요"),
    (r"보관하", "보관하지 않"),
    (r"복용하십시오", "복용하지 마십시오"),
    (r"상의하", "상의하지 않"),
    (r"상담하", "상담하지 않"),
    (r"있습니다", "없습니다"),
    (r"있어요", "없어요"),
    (r"중지하", "중지하지 않"),
    (r"멈추고", "멈추지 말고"),
    (r"멈추세요", "멈추지 마세요"),
    (r"쓸 수 있", "쓸 수 없"),
    (r"써요", "쓰지 않아요"),
    (r"먹는 약", "먹지 않는 약"),
)
_GROUPS = (
    ("임부", "임신하고 있을 가능성이 있는 여성", "임신한 사람", "임신했거나 임신 가능성이 있는 여성", "임신"),
    ("수유부", "젖을 먹이는 사람", "수유 중"),
    ("고령자", "나이 드신 분", "노인"),
    ("소아", "어린이"),
    ("영아", "아기"),
    ("유아", "어린아이"),
)
_SWAPS = ("임부", "유아", "고령자", "어린이", "수유부", "성인")
# What would be named where it does not apply, in everyday words: (how labels and readers name it, what is put in).
_SYMPTOMS = (
    ("머리|두통|두중", "머리가 아프거나 "),
    ("열", "열이 나거나 "),
    ("토|오심|구역|메스|울렁", "토하거나 "),
    ("혈|피", "피가 나거나 "),
    ("가려|가렵|소양|두드러기|발진|습진|피부", "가렵거나 "),
    ("복통|복부|배|장|위", "배가 아프거나 "),
    ("호흡|숨|천식|기관지", "숨쉬기 힘들거나 "),
    ("어지|현기|현훈", "어지럽거나 "),
    ("졸|진정|기면", "졸리거나 "),
    ("기침|진해|가래|거담", "기침이 나거나 "),
    ("설사|변", "설사를 하거나 "),
    ("붓|부은|부종|부기|종창|부어|부을|체액|저류", "몸이 붓거나 "),
    ("속|위|소화|복|장|구역|구토", "속이 불편하거나 "),
    ("관절|통", "관절이 쑤시거나 "),
    ("불면|잠|수면", "잠이 오지 않거나 "),
    ("땀|발한|다한", "땀이 나거나 "),
    ("눈|안|각막|결막|시", "눈이 침침하거나 "),
    ("염", "염증이 생기거나 "),
)
_ITEM = re.compile(r"(?<![가-힣])[가-힣]{2,8}(?=, )")
# Advice that becomes leave, or softer than the label.
_LOOSENED = (
    (r"상의하(?:십시오|세요)", "상의하면 먹어도 돼요"),
    (r"상담하(?:십시오|세요)", "상담하고 쓰면 됩니다"),
    (r"(?<=하)지 (?:마십시오|마세요)", "지 않아도 돼요"),
    (r"(?:복용|사용)하지 (?=마)", "되도록 쓰지 "),
    (r"환자는", "환자만"),
    (r"사람은", "사람만"),
    (r"여성은", "여성만"),
)
_TURNED = (
    ("높아", "낮아"), ("낮아", "높아"), ("증가", "감소"), ("감소", "증가"), ("변비", "설사"), ("설사", "변비"),
    ("전에", "후에"), ("악화", "완화"), ("완화", "악화"), ("실온", "냉장고"), ("식후", "식전"), ("공복", "식후"),
    ("나타나는", "사라지는"), ("급성", "만성"), ("결핍", "과잉"), ("촉진", "억제"), ("억제", "촉진"),
)  # fmt: skip
_UNITS = ("밀리그램", "정", "캡슐", "mL", "시간", "방울")


@dataclass(frozen=True, slots=True)
class Context:
    """What mutations draw from: chance, ingredients of other products, sentences of other products."""

    chance: random.Random
    ingredients: Sequence[str]
    others: Mapping[str, Sequence[str]]
    section: str
    source: str = ""


def number(text: str, at: Context) -> str | None:
    quantity = at.chance.choice(("1회 2정", "두 알", "하루 세 번", "4,000 mg", "여덟 알", "반 알", "２캡슐", "1~2회"))
    return _inserted(text, quantity + " ", at)


def unit(text: str, at: Context) -> str | None:
    return _inserted(text, f"{at.chance.choice(('한', '두', '세', '열', '5', '10'))} {at.chance.choice(_UNITS)} ", at)


def negation_dropped(text: str, at: Context) -> str | None:
    return _first_changed(text, _NEGATED, at)


def negation_added(text: str, at: Context) -> str | None:
    return _first_changed(text, _AFFIRMED, at)


def population_swapped(text: str, at: Context) -> str | None:
    found = [(word, group) for group in _GROUPS for word in group if word in text]
    if not found:
        return None
    word, group = at.chance.choice(found)
    other = at.chance.choice([swap for swap in _SWAPS if swap not in group])
    return text.replace(word, other, 1)


def drug_swapped(text: str, at: Context) -> str | None:
    named = [name for name in at.ingredients if name in text]
    other = at.chance.choice([name for name in at.ingredients if name not in text])
    return text.replace(at.chance.choice(named), other, 1) if named else _inserted(text, f"{other} 또는 ", at)


def symptom_added(text: str, at: Context) -> str | None:
    absent = [said for named, said in _SYMPTOMS if not re.search(named, text + at.source)]
    return _inserted(text, at.chance.choice(absent), at) if absent else None


def item_swapped(text: str, at: Context) -> str | None:
    """One item of a list (a symptom, a disease, a medicine) gives way to one of another product's."""
    own, others = _ITEM.findall(text), _ITEM.findall(at.chance.choice(at.others[at.section]))
    new = [item for item in others if item not in text and item not in at.source and not is_plain(item)]
    return text.replace(at.chance.choice(own), at.chance.choice(new), 1) if own and new else None


def merged(text: str, at: Context) -> str | None:
    other = at.chance.choice(at.others[at.section])
    if other in text:
        return None
    return text.rstrip(".") + at.chance.choice((". ", ", ", " 그리고 ")) + other


def loosened(text: str, at: Context) -> str | None:
    return _first_changed(text, _LOOSENED, at)


def turned(text: str, at: Context) -> str | None:
    return _first_changed(text, _TURNED, at)


def hidden(text: str, at: Context) -> str | None:
    """What no rule reads: another script, a negation in parts, what cannot be seen."""
    negated = unicodedata.normalize("NFD", "않는 ")
    return _inserted(text, at.chance.choice(("三回 ", "毒藥 ", negated, "금\u200b기 ", "❌ ", "ｗｗｗ ")), at)


def _inserted(text: str, piece: str, at: Context) -> str | None:
    gaps = [found.end() for found in re.finditer(" ", text)]
    place = at.chance.choice(gaps) if gaps else 0
    return text[:place] + piece + text[place:]


def _first_changed(text: str, changes: Sequence[tuple[str, str]], at: Context) -> str | None:
    places = [(found, new) for old, new in changes for found in re.finditer(old, text)]
    if not places:
        return None
    found, new = at.chance.choice(places)
    return text[: found.start()] + new + text[found.end() :]


Mutation = Callable[[str, "Context"], str | None]

MUTATIONS: Sequence[Mutation] = (
    number, unit, negation_dropped, negation_added, population_swapped, drug_swapped, symptom_added, item_swapped,
    merged, loosened, turned, hidden,
)  # fmt: skip
