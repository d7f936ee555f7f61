"""The keyword of a custom summary: its normal form, its synonyms, the sentences that speak of it. Pure."""

import re
import unicodedata
from collections.abc import Sequence

from core.errors import invalid
from summaries.sentences import SourceSentence

MIN_LENGTH, MAX_LENGTH = 2, 30

Curated = tuple[str, str, bool]
"""word, what it means, whether it is in use (medicines.search.dictionary)."""

SYNONYMS: tuple[tuple[str, ...], ...] = (
    ("임산부", "임부", "임신", "임신부", "가임"),
    ("수유부", "수유", "모유", "젖먹이"),
    ("음주", "술", "알코올", "알콜", "주류", "맥주", "소주"),
    ("운전", "기계조작", "기계 조작", "자동차", "운전자"),
    ("아기", "영아", "유아", "신생아", "젖먹이", "미숙아"),
    ("어린이", "소아", "아이", "아동", "유아", "영아", "청소년"),
    ("노인", "고령자", "고령", "노약자", "어르신"),
    ("간", "간장애", "간질환", "간장질환", "간기능", "간손상"),
    ("신장", "콩팥", "신장애", "신장질환", "신부전"),
    ("심장", "심장애", "심장질환", "심부전"),
    ("당뇨", "당뇨병", "혈당"),
    ("혈압", "고혈압", "저혈압"),
    ("알레르기", "과민", "과민증", "알러지"),
    ("졸음", "졸림", "졸리", "진정작용"),
    ("어지러움", "어지럼", "현기증", "현훈"),
    ("구토", "구역", "오심", "메스꺼움", "토하"),
    ("설사", "묽은 변", "연변"),
    ("속쓰림", "위통", "위산", "가슴쓰림"),
    ("두통", "머리 아픔", "편두통"),
    ("발진", "두드러기", "피부발진"),
    ("가려움", "소양감", "소양증"),
    ("열", "발열", "해열", "고열"),
    ("식사", "식후", "식전", "공복", "음식"),
    ("보관", "저장", "냉장"),
    ("흡연", "담배"),
    ("녹내장", "안압"),
    ("혈액", "출혈", "항응고"),
)


def normalised(keyword: str) -> str:
    """One form for a keyword: composed, trimmed, single spaces, lower case. "" when nothing is left."""
    visible = "".join(
        c
        for c in unicodedata.normalize("NFKC", keyword)
        if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Cn", "Co")
    )
    return re.sub(r"\s+", " ", visible).strip().lower()


def checked(keyword: str) -> str:
    """In its normal form. Raises InvalidQuery for what is no keyword."""
    normal = normalised(keyword)
    if not MIN_LENGTH <= len(normal) <= MAX_LENGTH:
        raise invalid("keyword", "length", "낱말(keyword)은 2자에서 30자까지 쓸 수 있어요.")
    if not any(char.isalnum() for char in normal):
        raise invalid("keyword", "letters", "낱말(keyword)에 글자가 있어야 해요.")
    return normal


def same_meaning(keyword: str) -> tuple[str, ...]:
    """The keyword first, then the words of every group it belongs to."""
    groups = (word for group in SYNONYMS if keyword in group for word in group)
    return tuple(dict.fromkeys((keyword, *groups)))


def about(
    keyword: str, sentences: Sequence[SourceSentence], curated: Sequence[Curated] = ()
) -> tuple[SourceSentence, ...]:
    """The sentences that speak of the keyword, with the headings they stand under; none when the label is silent.

    A word of one syllable counts only where a word begins, so that 술 is not found in 수술.
    """
    spoken = re.compile("|".join(_pattern(word) for word in _meant(keyword, curated)), re.IGNORECASE)
    found = {s.id for s in sentences if spoken.search(s.text)}
    items = {s.id for s in sentences if any(f"{s.field}.{i}" in found for i in s.headings)}
    above = {f"{s.field}.{i}" for s in sentences if s.id in found | items for i in s.headings}
    return tuple(s for s in sentences if s.id in found | items | above)


def _meant(keyword: str, curated: Sequence[Curated]) -> tuple[str, ...]:
    """`same_meaning` with the words that curators added, and without those that they turned off."""
    own = [means for word, means, in_use in curated if in_use and word == keyword]
    words = dict.fromkeys(word for name in (keyword, *own) for word in same_meaning(name))
    for word, means, in_use in curated:
        if means in words and word != keyword:
            words |= {word: None}
            if not in_use:
                del words[word]
    return tuple(words)


def _pattern(word: str) -> str:
    loose = r"\s?".join(map(re.escape, word.replace(" ", "")))
    return rf"(?<![가-힣]){loose}" if len(word) == 1 else loose
