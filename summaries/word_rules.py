"""What an entry of the table of hard words must satisfy: it makes words easier and changes no meaning. Pure."""

import re

from summaries import vocabulary
from summaries.easy_words import PARTICLES
from summaries.quantities import first_quantity

_SPELT = re.compile(r"[가-힣A-Za-z](?:[가-힣A-Za-z0-9 ]*[가-힣A-Za-z0-9])?")
_EASY = re.compile(r"[가-힣A-Za-z][가-힣A-Za-z ,·]*")
# "알레르기 쇼크" explains 아나필락시스: an explanation may name the allergy itself, but no new group of people.
_MAY_BE_NAMED = frozenset({"allergic"})

_POLARITY_NAMES = {
    "consult": "의사·약사와 상의하라는 말",
    "caution": "조심하라는 말",
    "stop": "멈추라는 말",
    "rare": "드물다는 말",
    "often": "자주라는 말",
    "at_once": "바로 하라는 말",
    "severe": "심하다는 말",
    "must": "꼭이라는 말",
}
_POPULATION_NAMES = {
    "pregnant": "임신한 사람",
    "perhaps_pregnant": "임신했을 수 있는 사람",
    "nursing": "젖을 먹이는 사람",
    "infant": "아기",
    "toddler": "어린아이",
    "child": "어린이",
    "teenager": "청소년",
    "elderly": "나이 드신 분",
    "adult": "어른",
    "woman": "여성",
    "man": "남성",
    "driver": "운전",
    "machine": "기계 조작",
    "drinker": "음주",
    "smoker": "흡연",
    "allergic": "알레르기",
    "liver": "간",
    "kidney": "신장(콩팥)",
    "heart": "심장",
    "diabetic": "당뇨",
    "hypertensive": "고혈압",
    "asthmatic": "천식",
}


def faults(word: str, easy: str) -> list[str]:
    """What is wrong with saying `easy` for `word`, for the person who entered it; empty when nothing is."""
    checks = (_spelling(word, easy), _quantity(easy), _claims(easy), _polarity(word, easy), _people(word, easy))
    return [fault for found in checks for fault in found]


def _spelling(word: str, easy: str) -> list[str]:
    found = []
    if not _SPELT.fullmatch(word):
        found.append("어려운 말은 한글이나 영문자로 써 주세요. 기호와 괄호는 쓸 수 없어요.")
    if word in PARTICLES:
        found.append(f"'{word}'은(는) 조사라서 다른 말에 붙어 쓰여요. 바꾸지 않습니다.")
    if not _EASY.fullmatch(easy):
        found.append("쉬운 말은 한글과 영문자, 띄어쓰기, 쉼표, 가운뎃점으로만 써 주세요.")
    if word == easy:
        found.append("어려운 말과 쉬운 말이 같아요.")
    return found


def _quantity(easy: str) -> list[str]:
    quantity = first_quantity(easy)
    return [f"쉬운 말에 수나 양('{quantity}')을 쓸 수 없어요. 수는 설명서에서 그대로 옮깁니다."] if quantity else []


def _claims(easy: str) -> list[str]:
    claim = vocabulary.BANNED.search(easy) or vocabulary.HOSTILE.search(easy) or vocabulary.MARKUP.search(easy)
    return [f"쉬운 말에 '{claim[0]}'라는 표현은 쓸 수 없어요."] if claim else []


def _polarity(word: str, easy: str) -> list[str]:
    found = []
    if len(vocabulary.NEGATION.findall(easy)) != len(vocabulary.NEGATION.findall(word)):
        found.append("'않다·없다·금지'처럼 뜻을 뒤집는 말이 늘거나 줄었어요. 두 말의 뜻이 같아야 해요.")
    for name, pattern in vocabulary.POLARITY.items():
        if bool(pattern.search(easy)) != bool(pattern.search(word)):
            found.append(f"{_POLARITY_NAMES.get(name, name)}이 한쪽에만 있어요. 두 말의 뜻이 같아야 해요.")
    return found


def _people(word: str, easy: str) -> list[str]:
    found = []
    for name, pattern in vocabulary.POPULATIONS.items():
        before, after = bool(pattern.search(word)), bool(pattern.search(easy))
        who = _POPULATION_NAMES.get(name, name)
        if before and not after:
            found.append(f"'{who}'에 대한 말인데 쉬운 말에서 빠졌어요.")
        elif after and not before and name not in _MAY_BE_NAMED:
            found.append(f"어려운 말에 없는 '{who}'이(가) 쉬운 말에 들어 있어요.")
    return found
