"""Words that the gate knows: markers of polarity, groups of people, plain words. Data and look-ups only."""

import functools
import re
from collections.abc import Mapping
from pathlib import Path

_PLAIN_FILE = Path(__file__).parent / "data" / "plain_words.txt"


def _any(*words: str) -> re.Pattern[str]:
    return re.compile("|".join(words))


# Each occurrence counts: a sentence that loses or gains one says the opposite.
NEGATION = _any(
    "않",
    r"없(?!애|앤|앨|앱)",
    r"못(?<!잘못)[하한할해 ]",
    "마십시",
    "마세요",
    "마시기 바랍",
    r"마(?<=지 마)(?!십시|세요|시기 바랍)",
    r"말\s?(?:것|아야|아 ?주|고|며|도록)",
    "금기",
    "금하",
    "금한",
    "금지",
    r"피하(?=십|세|는 ?것|여|고|도록|시|며|거나|지(?!방)|기)",
    r"피해(?=\s|야|서|주|요|$)",
    "삼가",
    r"아니(?:된|되|하|한|다|어야|므로|라)",
    r"안(?<![가-힣]안)\s?(?:되|된|돼|됩)",
    r"안(?<![가-힣]안) (?=[하먹쓰마좋낫들맞])",
)

# Presence counts, both ways.
POLARITY: Mapping[str, re.Pattern[str]] = {
    "consult": _any(
        r"(?<![가-힣])상의",
        "상담",
        "문의",
        "물어보",
        "물어봐",
        r"의사(?!결)",
        "약사",
        "전문가",
        "진료",
        "병원",
        "응급실",
    ),
    "caution": _any(r"주의(?!력)", "조심", "유의", r"신중(?!히 투여해야 하는)", r"(?<!신)경계"),
    "stop": _any("중지", "중단", "멈추", "멈춰", "멈춘", "그만", r"끊(?!임)"),
    "rare": _any("드물", "드문"),
    "sometimes": _any("때때로", "가끔", "간혹", "이따금"),
    "often": _any("자주", "흔히", "흔하", "흔한", "종종", "빈번"),
    "at_once": _any(
        "즉시",
        "즉각",
        "곧바로",
        "지체 ?없이",
        "당장",
        "곧장",
        r"(?<![가-힣])바로(?= (?!비치|비추|쬐|누|눕|앉|서서|밑|뒤|앞|옆|위|아래|전))",
    ),
    "severe": _any(
        "심한",
        "심하게",
        "몹시",
        "극심",
        "격통",
        r"너무 아[프픈플]",
        r"많이 아[프픈플]",
        r"(?<!체)중증",
        "중대한",
        "심각",
        "치명",
    ),
    "must": _any("반드시", "꼭 "),
}

# What forbids: a label that does may not be softened to "먹지 않아요".
FORBIDDING = _any(
    "마십시",
    "마세요",
    "마시기 바랍",
    r"마(?<=지 마)(?!십시|세요|시기 바랍)|말(?<=지 말)(?!고|며)",
    r"말 ?(?:것|아야)",
    "금기",
    "금하",
    "금한",
    "금지",
    r"안(?<![가-힣]안)\s?(?:되|된|돼|됩)",
    r"아니 ?(?:된|되)|서는 ?안",
    "삼가",
)
AVOIDING = _any("피하", "피해", "피할")

LACKING = _any(
    "불량|부전|장애|저하|감소|곤란|방해|부족|결핍|이상|난청|불능|약화|실조|지연|건조|무력|불면|난용|난치|지체|소실|실금"
)
ORDER = _any("십시오", "하세요", r"(?:할|말) 것", "한다[.]")

# "임신하고 있을 가능성이 있는", "임신했을 수 있는"
_PERHAPS = r"(?:(?!거나)[가-힣]){0,4}(?: (?:있을|중일))? ?(?:가능성|수도? ?있|지도|의심)"
# A group in the sentence must be in its source, and one in the source must not be dropped.
POPULATIONS: Mapping[str, re.Pattern[str]] = {
    "pregnant": _any("임부", rf"임신(?!오조|을 (?:막|피하|원하지)|{_PERHAPS})", "임산부", r"아[이기]를 가[지진졌질]"),
    "perhaps_pregnant": _any(f"임신{_PERHAPS}", "가임"),
    "nursing": _any("수유", "젖을 먹", "젖 먹", r"젖먹이(?=는|고|거나|시)", "모유"),
    "infant": _any(
        "영아",
        "신생아",
        "미숙아",
        r"아기(?!에게 젖|한테 젖|를 가[지진졌질])",
        "갓난",
        "갓 태어난",
        r"젖먹이(?!는|고|거나|시)",
    ),
    "toddler": _any("유아", "어린아이"),
    "teenager": _any("청소년", "십대"),
    "child": _any(
        "소아",
        "어린이",
        "아이들",
        "아동",
        "(?:여자|남자)아이",
        r"(?<![가-힣])아이(?!를 가[지진졌질])(?=[가는를에의도나,. ]|$)",
    ),
    "elderly": _any("고령", "노인", "노약자", "어르신", "나이 드신", "나이가 드신", "연세", r"나이가? 많"),
    "adult": _any(r"(?<![가-힣])성인(?!병)", "어른"),
    "woman": _any("여성", "여자", "부인"),
    "man": _any(r"(?<![가-힣])남성", "남자"),
    "driver": _any("운전", r"차를 모[는시]"),
    "machine": _any(r"(?<![가-힣])기계"),
    "drinker": _any("음주", r"(?<![가-힣])술[을이과은도나, ]", "알코올", "알콜", "주류"),
    "smoker": _any("흡연", "담배(?!출)"),
    "allergic": _any("과민", "알레르기", "알러지"),
    "liver": _any(
        r"간(?=장애|장질환|질환|기능|손상|부전|염|경변|장 )",
        r"간(?<![가-힣]간)[이을의과 ](?!격)",
        r"간(?<![가-힣]간)(?=[·ㆍ∙,] ?[신심담폐])",
        r"(?<![A-Za-z])A[SL]T(?![A-Za-z])",
        r"(?<![A-Za-z])G[OP]T(?![A-Za-z])",
    ),
    "kidney": _any("신장(?!결석)", r"신(?=장애|질환|기능|부전)", "콩팥"),
    "heart": _any(
        r"심장(?!동맥|이? ?(?:너무 |빨리 |빠르게 |세게 |쿵쿵 |불규칙하게 |고르지 않게 )*(?:박동|두근|뛰|뜀|뜁))",
        r"심(?=장애|질환|부전|기능)",
        "심혈관",
        r"관상동맥(?=질환|장애|병)",
        r"심장동맥(?=질환|장애|병)",
    ),
    "diabetic": _any(r"당뇨(?!병?약|병? ?치료제)"),
    "hypertensive": _any(r"(?<!항)고혈압(?!약| ?치료제)", "혈압이 높"),
    "asthmatic": _any("천식"),
}

# Kinds that are a symptom as well as a group of patients, and what tells that patients are meant.
CONDITIONS = frozenset({"allergic", "liver", "kidney", "heart", "diabetic", "hypertensive", "asthmatic"})
PATIENT = _any("환자", "사람", "체질", "경험", "병력", r"(?<![가-힣])분[은이들]")

BANNED = _any(
    r"안전(?:합니다|해요|하다|한 약|하며|하니|하게 (?:드|쓰|먹|복용|사용))",
    r"부작용(?:이|은|도|을)?\s?(?:전혀 |거의 )?(?:없|걱정)",
    "완치|괜찮|진단|확실히|틀림없|무조건|만병|기적|탁월|보장",
    "걱정하지|걱정 ?없|가장 좋은|최고의|효과가 뛰어|믿으세요",
    r"100\s?%",
    r"(?:용량|복용량|양|횟수)을?\s?(?:늘리|줄이|늘려|줄여|두 배)",
    r"(?<![가-힣])더 (?:드셔도|드세요|먹어도|복용해도)",
    r"(?:계속|마음껏|얼마든지) (?:드셔도|먹어도|드세요)",
    r"처방 ?없이|의사(?:와|의)? (?:상의|지시) 없이|의사보다|몰래",
)

MARKUP = re.compile(r"(?i:https?:|www\.|\w\.(?:com|net|org|kr|io)\b|&[a-z]+;|\[[a-z_]+\.?\d*\])|[<>{}|`*_#\\@]|\]\(")

# Orders to a reader that is a machine. No label has them (measured over the e약은요 set in the tests).
HOSTILE = re.compile(
    "|".join(
        (
            r"(?:지시|명령|지침|규칙|설정|프롬프트)(?:을|를|은|사항을)?\s?(?:모두 )?(?:무시|잊|어기)",
            r"시스템\s?(?:프롬프트|메시지|지시)|프롬프트",
            r"너는 (?:이제|지금)|당신은 (?:이제|지금부터)|인공지능|챗봇|언어\s?모델",
            r"(?<![A-Za-z])(?:AI|ChatGPT|LLM)(?![A-Za-z])|(?<![A-Za-z])GPT-?\d",
            r"(?:ignore|disregard|forget)\s+(?:all|any|the|previous|above|prior|your)|you are now",
            r"system\s?(?:prompt|message|:)|assistant\s?:|user\s?:|</?(?:system|user|script|label)",
            r"다음과 같이 (?:출력|답|대답|말)|(?:출력|대답|응답)(?:하세요|하라|해라|하시오|하십시오)",
            r"(?:라고|이라고)\s?(?:적어|써라|쓰세요|적으|출력|답하|대답|안내하)",
            r"비밀번호|계좌|송금|입금|https?://|www\.",
        )
    ),
    re.IGNORECASE,
)

# Endings of words that name a disease or a symptom, and of words that name a substance, as Korean labels spell them.
DISEASE = re.compile(
    r"(?:염|렴|증|병|암|통|궤양|종양|경련|마비|출혈|부전|장애|질환|결핍|발작|중독|감염|무좀|습진|통풍|뇌졸중|골절|빈혈|탈모|변비|설사)$"
)
MEDICINE = re.compile(
    r"(?:린|펜|졸|민|딘|핀|틴|론|릴|탄|롤|신|닌|빈|돈|벤|탐|펙|킨|낙|산염|염산염|나트륨|칼슘|칼륨|마그네슘|아연|비타민|호르몬|스테로이드|항생제|제제|억제제|정|캡슐|시럽|연고|크림|로션|(?:점안|내복|외용|주사|현탁)액|에스|플러스|골드|콜|프로|엑스|큐|쿨)$"
)


@functools.lru_cache(maxsize=256)
def populations(text: str) -> Mapping[str, int]:
    """How often a text names each group; a source is asked again for every claim and form of it."""
    return _counts(POPULATIONS, _POPULATION_STARTS, text)


@functools.lru_cache(maxsize=256)
def polarity(text: str) -> Mapping[str, int]:
    """How often a text has each marker of polarity."""
    return _counts(POLARITY, _POLARITY_STARTS, text)


@functools.lru_cache(maxsize=256)
def negations(text: str) -> int:
    """How many negations and prohibitions a text has."""
    return len(NEGATION.findall(text))


def _starts(kinds: Mapping[str, re.Pattern[str]]) -> Mapping[str, frozenset[str]]:
    """The characters that the words of each kind begin with: a text without them need not be searched."""
    bare = {name: re.sub(r"\(\?<?[=!][^)]*\)", "", pattern.pattern) for name, pattern in kinds.items()}
    return {name: frozenset(re.findall(r"(?:^|\|)(.)", re.sub(r"\([^)]*\)", "", text))) for name, text in bare.items()}


_POPULATION_STARTS, _POLARITY_STARTS = _starts(POPULATIONS), _starts(POLARITY)


def _counts(kinds: Mapping[str, re.Pattern[str]], starts: Mapping[str, frozenset[str]], text: str) -> Mapping[str, int]:
    characters = frozenset(text)
    return {
        name: 0 if characters.isdisjoint(starts[name]) else len(pattern.findall(text))
        for name, pattern in kinds.items()
    }


@functools.cache
def names() -> frozenset[str]:
    """Conditions and substances that DISEASE and MEDICINE do not tell by their endings."""
    lines = (Path(__file__).parent / "data" / "names.txt").read_text("utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


@functools.cache
def plain_words() -> tuple[frozenset[str], frozenset[str]]:
    """Everyday words that need no source: whole words, and stems ("나타나-") that verbs begin with."""
    words = [
        w for line in _PLAIN_FILE.read_text("utf-8").splitlines() if not line.startswith("#") for w in line.split()
    ]
    return frozenset(w for w in words if not w.endswith("-")), frozenset(w[:-1] for w in words if w.endswith("-"))
