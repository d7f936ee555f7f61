"""Label text as it is read aloud: signs, units and fractions in words, since voices skip or misread them. Pure."""

import re
from collections.abc import Iterable

_UNITS = {
    "mg": "밀리그램", "㎎": "밀리그램", "g": "그램", "kg": "킬로그램", "㎏": "킬로그램", "μg": "마이크로그램",
    "µg": "마이크로그램", "mcg": "마이크로그램", "㎍": "마이크로그램", "ng": "나노그램", "mL": "밀리리터",
    "ml": "밀리리터", "㎖": "밀리리터", "dL": "데시리터", "L": "리터", "cm": "센티미터", "mm": "밀리미터",
    "IU": "국제단위", "℃": "도", "°C": "도", "%": "퍼센트", "％": "퍼센트", "kcal": "킬로칼로리",
    "mmHg": "수은주밀리미터", "mmol": "밀리몰", "mEq": "밀리당량",
}  # fmt: skip
_NUMBER = r"\d+(?:,\d{3})*(?:\.\d+)?"
_UNIT = "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))
_NOT_LETTER = r"(?![A-Za-z])"
# In this order: a fraction before "per", a range before minus.
_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"(?<![\d./])(\d{1,2})/(\d{1,2})(?![\d./])", r"\2분의 \1 "),
        (rf"({_NUMBER})\s*[~∼～]\s*({_NUMBER})", r"\1에서 \2"),
        (rf"(?<=\d)\s*-\s*(?=\d)(?=({_NUMBER})\s*(?:세|회|일|주|개월|정|시간|분|{_UNIT}))", "에서 "),
        (rf"\s*≥\s*({_NUMBER}\s*(?:{_UNIT})?)", r" \1 이상"),
        (rf"\s*≤\s*({_NUMBER}\s*(?:{_UNIT})?)", r" \1 이하"),
        (rf"\s*<\s*({_NUMBER}\s*(?:{_UNIT})?)", r" \1 미만"),
        (rf"\s*>\s*({_NUMBER}\s*(?:{_UNIT})?)", r" \1 초과"),
        (r"\s*±\s*", " 플러스마이너스 "),
        (r"\s*[×✕]\s*", " 곱하기 "),
        (r"(?<=\d)\s*\+\s*(?=\d)", " 더하기 "),
        (r"\s*→\s*", ", 다음은 "),
        (rf"/\s*({_UNIT}){_NOT_LETTER}", r" 퍼 \1"),
        (r"/\s*일(?![가-힣])", " 하루에"),
        (r"(?<!\d)1일(?=\s*\d)", "하루"),
        (r"[·ㆍ‧・]", ", "),
        (r"\s*/\s*", " 또는 "),
        (r"[※*•○●◇◆□■▶☞]+", " "),
    )
)
_WITH_UNIT = re.compile(rf"(?P<before>{_NUMBER}\s*|퍼 )(?P<unit>{_UNIT}){_NOT_LETTER}")


def spoken(text: str) -> str:
    """ "1일 3회, 1회 75mL" → "하루 3회, 1회 75 밀리리터"."""
    for pattern, words in _RULES:
        text = pattern.sub(words, text)
    text = _WITH_UNIT.sub(lambda found: f"{found['before'].strip()} {_UNITS[found['unit']]}", text)
    return re.sub(r"\s+", " ", text).replace(" ,", ",").strip()


def spoken_lines(lines: Iterable[str]) -> str:
    """Sentences one after another, each ended, so that a voice pauses."""
    said = (spoken(line) for line in lines)
    return " ".join(line if line.endswith((".", "?", "!")) else f"{line}." for line in said if line)
