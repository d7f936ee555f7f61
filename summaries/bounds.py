"""What a claim may not add to its source, and what it may not turn round: leave, limits, times, directions. Pure.

Each entry was found by making correct sentences wrong by hand. Patterns are generous with other wordings of the same
thing: a claim is refused only when it says something that its source says in none of them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

_EATING = r"복용(?<!내복용)|먹(?!이)|마시[는고거며면기지려어]|마셔|드(?<![가-힣]드)[시세]|삼키|삼켜"

# In the claim only where the source has it too.
ADDED: Mapping[str, re.Pattern[str]] = {
    name: re.compile(pattern)
    for name, pattern in {
        "leave": r"도(?<=[아어여해셔]도) ?(?:되|돼|됩|됨|좋|괜찮|무방|상관)|면 ?(?:됩니|돼요|되어|된다|되는)|않아도"
        r"|수도 있|(?:먹을|쓸|드실|복용할|사용할|투여할|바를) 수 ?(?:도 )?있",
        "softened": r"가능하면|가능한 한|되도록|될 수 있으면|될 수 있는 대로|웬만하면|가급적"
        r"|[는은을] (?:것이|게|편이) ?(?:더 )?(?:좋|낫|바람직|안전)",
        "only": r"만(?<=[람자분성부아이때우에게로안]만)(?![가-힣])"
        r"|외에는|밖에|제외하고|빼고",
        "all": r"모든|누구나|아무나|아무 ?때나|언제나|항상|마음대로",
        "other": r"다른 (?:약|제품|사람|성분)|같은 성분|비슷한",
        "on": r"계속|꾸준|오래|오랫|오랜|끝까지|마음껏|얼마든지|자꾸|지속",
        "much": r"많이|듬뿍|잔뜩|충분히|넉넉|조금[만씩]|적게|덜 ",
        "rarer": r"(?:매우|아주|극히|몹시|지극히) ?드[물문]",
        "cure": r"낫(?:습니다|는 약|게|고|아)|나아요|나을 (?:수|거)|치료됩|치료돼|해결|없애 ?줍",
        "reassured": r"안심|마음 ?놓|걱정|염려",
        "thrown away": r"버리|버려|폐기",
        "before a meal": r"식전|식사\S* 전|밥\S* 먹기 전",
        "after a meal": r"식후|식사\S* (?:후|뒤|다음)|밥\S* 먹[은고] ",
        "on an empty stomach": r"공복|빈속|빈 속",
        "in the morning": r"아침|기상|일어나자",
        "in the evening": r"저녁|밤에|밤마다|밤낮|취침|자기 전|잠들기|잠자리|야간",
        "by day": r"낮에|점심|주간",
        "cold": r"냉장|냉동|얼려|얼리|차갑게",
    }.items()
}
# The source's own words for what the claim may then say in others.
_ALLOWS: Mapping[str, re.Pattern[str]] = {
    "leave": re.compile(r"(?:복용|사용|투여|섭취)할 수 있|사용 ?가능|무방|도 (?:된|되|좋)|필요(?:는|가)? ?없"),
    "softened": re.compile(r"바람직|좋다|좋습|권장|가능한|가급적"),
    "only": re.compile(r"만(?![가-힣])|한하|한정|한해|외에|이외|제외"),
    "all": re.compile(r"모든|모두|일체|어떤|어느|전체"),
    "other": re.compile(r"다른|타 |타제|동일|동종|병용|그 ?밖|기타|유사|양 ?증|양 ?반응|동시|이외|외의"),
    "on": re.compile(r"계속|지속|장기|연용|연속|만성|오래|오랜|장시간|반복|상습|꾸준|과도|잔존|지연|재발"),
    "much": re.compile(
        r"많|과다|과량|다량|대량|과도|과음|과식|과잉|고용량|심|항진|적당|적절|충분|소량|적량|감소|분비"
        r"|과 ?사용|다수|고(?=[열통])"
    ),
    "rarer": re.compile(r"매우|아주|극히"),
    "cure": re.compile(r"낫|나을|치유|회복|제거"),
    "reassured": re.compile(r"걱정|염려|불안|안심"),
    "thrown away": re.compile(r"버리|버려|버린|버릴|폐기"),
    "before a meal": re.compile(r"식전|식사 ?전|식사하기 전|식간"),
    "after a meal": re.compile(r"식후|식사 ?후|식사 ?직후|식사 ?다음|식간"),
    "on an empty stomach": re.compile(r"공복|빈속|식간"),
    "in the morning": re.compile(r"아침|조식|기상|오전"),
    "in the evening": re.compile(r"저녁|밤|취침|야간|잠|수면|석식|자기|야뇨|불면"),
    "by day": re.compile(r"낮|점심|주간|중식"),
    "cold": re.compile(r"냉|서늘|찬|저온|한랭"),
}

# One side gained where the other was lost turns the meaning round.
OPPOSITES: Sequence[tuple[re.Pattern[str], re.Pattern[str]]] = tuple(
    (re.compile(one), re.compile(other))
    for one, other in (
        (
            r"높|올라|올리|오르|상승|증가|늘어|늘리|늘려|항진|고(?=혈[압당지])",
            r"낮|내려|내리|떨어|저하|감소|줄[어이여]|강하|저(?=혈[압당])",
        ),
        (r"과잉|과다|지나치|너무 많|많아", r"결핍|부족|모자라|모자란"),
        (r"기 ?(?:직)?전|전에|전(?=까지)|앞서", r"[한은운든친인용여] ?(?:후|뒤)(?!천)|직후|직뒤|후에|뒤에|다음에"),
        (r"악화|심해|나빠|더해", r"완화|호전|개선|나아[지져진]|좋아[지져진]|가라앉|덜하"),
        (r"급성(?<!아급성)|급(?=[ㆍ·∙‧.,/ ]{1,2}만성)|갑자기|갑작스", r"만성|오래된|오랜"),
        (r"변비|변을 ?(?:잘 )?못 ?보", r"설사|묽은 ?변|물변"),
        (r"삼키|삼켜|통째", r"씹|깨물|빨아|녹여|녹이"),
        (r"초과|넘[는어은게기]|이상(?=[ 으이의의,.]|$)", r"미만|이하|못 ?미치|이내"),
        (r"촉진|활발|돕|도와|빠르", r"억제|막[는아고]|차단|느리|느려"),
        (r"실온|상온", r"냉장|냉동|뜨거|따뜻|차가|더운|서늘"),
        (r"사라|없어[지져진]|낫[는은고]|가신", r"나타|생기|생긴|생길|발생|일어"),
        (r"바르|바른|발라|도포|붙이|붙여|부착|뿌리|뿌려|점안|넣[는어고]|주사", _EATING),
        (r"눈(?<![가-힣]눈)(?!꺼풀|썹)[이에을과의은 ,]", r"귀(?<![가-힣]귀)[가에를와의는 ,]"),
        (r"왼|좌측", r"오른|우측"),
        (r"시작", r"중지|중단|멈추|멈춰|그만"),
    )
)  # fmt: skip
# "내복하지 말 것", "먹지 마십시오" are no way to take a medicine.
EATING = re.compile(rf"(?:{_EATING})(?!\S*지 ?(?:마|말|않)|지 ?(?:마|말|않))")


def added(text: str, sources: Sequence[str]) -> str:
    """The first thing of ADDED that a text says and none of its sources."""
    for name, pattern in ADDED.items():
        found = pattern.search(text)
        if found and not any(pattern.search(source) or _ALLOWS[name].search(source) for source in sources):
            return found[0]
    return ""


def turned(text: str, plain: str, bare: str, eased: str) -> str:
    """The first side of OPPOSITES that a text has gained while it lost the other; `bare` without brackets."""
    kept = plain if "(" in text else bare
    return next(_turns(text, kept, (plain, eased)), "")


def _turns(text: str, kept: str, sources: Sequence[str]) -> Iterator[str]:
    for pair in OPPOSITES:
        for here, there in (pair, pair[::-1]):
            if not (found := here.findall(text)):
                continue
            if len(found) > max(len(here.findall(source)) for source in sources) and _fewer(there, text, kept):
                yield found[-1]


def _fewer(pattern: re.Pattern[str], text: str, source: str) -> bool:
    return len(pattern.findall(text)) < len(pattern.findall(source))
