"""What may not be left out: the must-keep classes of a label, and whether the copied bullets have them all. Pure."""

import re
from collections.abc import Collection, Mapping, Sequence

from summaries.sentences import SourceSentence

CLASSES: Mapping[str, re.Pattern[str]] = {
    "contraindication": re.compile(
        r"마십시오|마세요|말 것|말아야|금기|금지|금한다|(?:투여|복용|사용|병용)(?:하지|해서는|하여서는)"
        r"|지 (?:않(?:는다|습니다|는 것|아야|도록|을 것)|말고)|안 ?되[며고므]|안 ?된다|안 ?됩니다|아니 ?된다|아니 ?되"
        r"|피하(?:십|세|시기|는 것|고|며|도록)|삼가|자제"
    ),
    "pregnancy": re.compile(r"임부|임신|임산부|수유|모유|가임|기형"),
    "age": re.compile(
        r"\d\s?(?:세|개월|살)|소아|영아|유아|신생아|미숙아|어린이|청소년|고령|노인|노약자|젖먹이|연령|나이"
    ),
    "alcohol": re.compile(r"음주|알코올|알콜|(?<![가-힣])술(?![가-힣]{2})|주류"),
    "interaction": re.compile(
        r"함께 (?:복용|사용|투여|먹)|병용|동시(?:에)? (?:복용|사용|투여)|상호\s?작용"
        # "MAO 억제제를 복용하고 있거나", "퀴니딘 투여 환자"
        r"|(?:복용|투여|사용)(?:하고 있| ?중인|받고 있|(?:을|를) 받고| 환자|한 (?:환자|사람))"
    ),
    "stop_and_ask": re.compile(
        r"(?:중지|중단|멈추|그만)[\s\S]*(?:상의|상담|의사|약사|진료|병원)"
        # A sign at which to stop says so without "and ask", too.
        r"|(?:복용|투여|사용)(?:을|를)? ?(?:즉각 |즉시 )?(?:중지|중단)(?:하십|하세|하여야|해야|할 것)"
    ),
}


def classes_of(sentence: SourceSentence) -> frozenset[str]:
    """The must-keep classes that a sentence belongs to."""
    found = {name for name, pattern in CLASSES.items() if pattern.search(sentence.text)}
    return frozenset(found | ({"interaction"} if sentence.field == "interaction" else set()))


def must_keep(sentences: Sequence[SourceSentence]) -> frozenset[str]:
    """Ids of the sentences that may not be left out, with the headings above them and the items below them."""
    kept = {s.id for s in sentences if classes_of(s)}
    below = {s.id for s in sentences if any(f"{s.field}.{i}" in kept for i in s.headings)}
    above = {f"{s.field}.{i}" for s in sentences if s.id in kept | below for i in s.headings}
    return frozenset(kept | below | above)


def coverage(sentences: Sequence[SourceSentence], copied: Collection[str]) -> dict[str, tuple[int, int]]:
    """Class → (copied, present), for the classes that the label has."""
    counts = {}
    for name in CLASSES:
        present = [s.id for s in sentences if name in classes_of(s)]
        if present:
            counts[name] = (sum(id_ in copied for id_ in present), len(present))
    return counts


def omitted(sentences: Sequence[SourceSentence], copied: Collection[str]) -> list[str]:
    """Ids of must-keep sentences that are not among the copied ones: with any, the summary is not served."""
    return sorted(must_keep(sentences) - set(copied))
