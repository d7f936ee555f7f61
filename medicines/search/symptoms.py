"""Symptoms in everyday words and in the wordings of labels, and the words that call for help. Pure.

The table is `data/symptoms.tsv`. Wordings are looked for in the efficacy text only: "두통이 있을 때 복용하지
마십시오" among the warnings is no indication.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from medicines.search.normalise import compose, normalise

_TABLE = Path(__file__).with_name("data") / "symptoms.tsv"

EMERGENCY_NOTICE = (
    "지금 위급한 상황이라면 바로 119에 전화하세요. 약을 너무 많이 먹었을 때도 119가 도와줍니다. "
    "죽고 싶을 만큼 힘들다면 자살예방 상담전화 109에서 24시간 이야기를 들어 드립니다. "
    "혼자 견디지 말고 지금 도움을 받으세요."
)
_EMERGENCY = re.compile(
    "과다복용|과량복용|과복용|약물과용|약을?(?:너무)?많이먹었|한꺼번에(?:다)?먹었|통째로(?:다)?먹었|음독|농약|약물중독|"
    "숨(?:이|을)?(?:안쉬|못쉬|막혀|막힘|이막|쉬기힘|쉬기어려|쉴수없|넘어갈)|호흡(?:이|을)?(?:안|못|곤란|정지|멈)|"
    "심장(?:이)?(?:멈|정지|마비)|심정지|의식(?:이|을)?(?:없|잃)|쓰러졌|발작을?(?:해|하고|멈추)|"
    "자살(?!탄)|(?<![로코])자살|자해|죽고싶|죽을래|죽어버리|극단적선택|목숨을끊|살기싫|유서(?:를|쓰|써)|"
    "overdose|suicid|killmyself"
)


@dataclass(frozen=True, slots=True)
class Symptom:
    """One symptom: `words` are what people type (its name first), `wordings` what labels say; all normalised."""

    words: tuple[str, ...]
    wordings: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.words[0]


@cache
def all_symptoms() -> tuple[Symptom, ...]:
    lines = _TABLE.read_text(encoding="utf-8").splitlines()
    return tuple(_symptom(line) for line in lines if line and not line.startswith("#"))


def _symptom(line: str) -> Symptom:
    name, words, wordings = line.split("\t")
    everyday = [normalise(word) for word in (name, *words.split(","))]
    on_labels = [flatten(wording) for wording in wordings.split(",")]
    return Symptom(tuple(dict.fromkeys(filter(None, everyday))), tuple(dict.fromkeys(filter(None, on_labels))))


@cache
def _by_word() -> Mapping[str, Symptom]:
    return {word: symptom for symptom in reversed(all_symptoms()) for word in symptom.words}


def symptom_for(text: str) -> Symptom | None:
    """The symptom meant by a normalised query, also with 약 or 때 behind it: 머리아플때, 두통약."""
    for word in (text, re.sub("(에좋은약|에먹는약|에는|일때|할때|날때|때|약)$", "", text)):
        if word in _by_word():
            return _by_word()[word]
    return None


def flatten(text: str) -> str:
    """Efficacy text as wordings are compared with it: composed, without spaces and punctuation, parentheses kept."""
    return re.sub(r"[^0-9a-z가-힣]", "", compose(text))


@cache
def _wording_pattern() -> re.Pattern[str]:
    wordings = {wording for symptom in all_symptoms() for wording in symptom.wordings}
    return re.compile("(?=(" + "|".join(sorted(map(re.escape, wordings), key=len, reverse=True)) + "))")


@cache
def _names_by_wording() -> Mapping[str, frozenset[str]]:
    """A wording also counts for those it contains: 편두통 stands for 편두통 and 두통."""
    wordings = {wording for symptom in all_symptoms() for wording in symptom.wordings}
    return {
        found: frozenset(s.name for s in all_symptoms() if any(found.startswith(wording) for wording in s.wordings))
        for found in wordings
    }


def symptoms_in(efficacy: str) -> dict[str, int]:
    """Names of the symptoms an efficacy text names, each with the place (in characters) of its first mention."""
    found: dict[str, int] = {}
    for mention in _wording_pattern().finditer(flatten(efficacy)):
        for name in _names_by_wording()[mention[1]]:
            found.setdefault(name, mention.start())
    return found


def emergency_notice(text: str) -> str | None:
    """The fixed notice (119, 109) when the query holds words of an emergency; written by us, never by a model."""
    return EMERGENCY_NOTICE if _EMERGENCY.search(flatten(text)) else None
