"""The table of plain wordings: what a reworded sentence may say, and what stays refused."""

import pytest

from summaries import vocabulary, wordings
from summaries.grounding import Claim, judge
from summaries.sentences import SourceSentence

SOURCES = {
    s.id: s
    for s in (
        SourceSentence("efficacy", 0, "이 약은 식욕부진, 복부팽만, 습진에 사용합니다."),
        SourceSentence("efficacy", 1, "이 약은 도한(자는 동안에 의식하지 않고 흘리는 땀)에 사용합니다."),
        SourceSentence("side_effect", 0, "광선과민반응, 작열감(화끈감), 수포가 나타나는 경우 사용을 중지하십시오."),
        SourceSentence("side_effect", 1, "과민증 환자는 사용을 중지하십시오."),
        SourceSentence("precaution", 0, "순환기계기능 장애 환자는 상의하십시오."),
    )
}


def rule(section, text, source):
    return judge(Claim(section, text, (source,)), SOURCES).rule


@pytest.mark.parametrize(
    ("section", "text", "source"),
    [
        ("effect", "입맛이 없거나 배가 더부룩할 때 쓰는 약이에요.", "efficacy.0"),
        ("side_effect", "햇빛에 예민해지거나 화끈거리고 물집이 생기면 사용을 중지하세요.", "side_effect.0"),
        ("side_effect", "화끈거리거나 물집이 생기면 사용을 멈추세요.", "side_effect.0"),
        ("advice", "순환기계 기능에 장애가 있는 환자는 상의하세요.", "precaution.0"),
    ],
)
def test_a_wording_of_what_the_label_names_passes(section, text, source):
    assert rule(section, text, source) == ""


@pytest.mark.parametrize(
    ("expected", "section", "text", "source"),
    [
        ("negation", "effect", "입맛이 있을 때 쓰는 약이에요.", "efficacy.0"),
        ("negation", "effect", "입맛이 없지 않을 때 쓰는 약이에요.", "efficacy.0"),
        ("negation", "effect", "기운이 없을 때 쓰는 약이에요.", "efficacy.0"),
        ("negation", "effect", "자는 동안 흘리는 땀에 쓰지 않는 약이에요.", "efficacy.1"),
        ("disease", "effect", "식욕부진, 피부암에 쓰는 약이에요.", "efficacy.0"),
        ("population", "side_effect", "환자는 사용을 중지하세요.", "side_effect.1"),
        ("unknown_word", "effect", "나프록센하고 식욕부진에 쓰는 약이에요.", "efficacy.0"),
    ],
)
def test_what_the_label_does_not_name_stays_refused(expected, section, text, source):
    assert rule(section, text, source) == expected


def test_every_line_names_something_and_allows_something():
    for row in wordings.rows():
        assert all(row.named)
        assert row.words or row.stems or row.idioms


def test_the_starts_of_patterns_never_hide_a_match():
    for kinds, counts in ((vocabulary.POPULATIONS, vocabulary.populations), (vocabulary.POLARITY, vocabulary.polarity)):
        for name, pattern in kinds.items():
            for line in wordings.TABLE.read_text("utf-8").splitlines():
                assert counts(line)[name] == len(pattern.findall(line))
