"""Finds any quantity in Korean text: digits, ranges, numerals in words, units. Pure.

The model may write none at all, so nothing is compared: what looks like a quantity is refused, at the cost of refusing
now and then a word that only looks like one.
"""

import re
import unicodedata

_COUNTER = (
    "알|정|번|회|개|병|포|방울|캡슐|시간|분간|일간|주|달|개월|살|세(?!요)|잔|컵|숟|스푼|가지|차례"
    "|배|모금|봉|매|장|해|년|끼|첩|환|앰플|튜브|줄"
)
_NATIVE = "한두|두세|서너|너댓|한|두|세|네|석|넉|서|너|다섯|닷|여섯|엿|일곱|여덟|아홉|열|몇|반|여러"
_SINO = "[일이삼사오육칠팔구십백천만]+"
_SINO_COUNTER = "회|캡슐|밀리|마이크로|그램|그람|개월|시간|번|알|병|포|방울|퍼센트|프로|세 |일간|일 |주간|도 "

_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        r"\d",
        r"[%％‰℃℉㎎㎍㎖㎗㎏㏄½⅓⅔¼¾]",
        r"(?<![A-Za-z])(?i:mg|ml|mcg|µg|ug|kg|g|l|cc|iu|cm|mm)(?![A-Za-z])",
        r"밀리그[램람]|마이크로그[램람]|밀리리터|킬로그[램람]|(?<![가-힣])그[램람]|퍼센트|국제단위",
        rf"(?<![가-힣])(?:{_NATIVE})\s?(?!(?<=세)[포정]|(?<=네)정)(?:{_COUNTER})(?!리)",
        r"(?<![가-힣])(?:다섯|여섯|일곱|여덟|아홉|열하나|열두|열다섯|스무|스물|서른|마흔|쉰|예순|하나|둘|셋|넷)",
        rf"(?<![가-힣])(?!만일 ){_SINO}\s?(?:{_SINO_COUNTER})(?!원)",
        r"(?<![가-힣])(?:하루|이틀|사흘|나흘|닷새|엿새|이레|여드레|아흐레|열흘|보름|반나절|한나절)",
        r"(?<![가-힣])(?:매(?:일|번|시간)|날|시간|끼니?|식사|밤|아침)마다|(?<![가-힣])매(?:일|번|시간)(?![가-힣])|하나씩|둘씩|[움웅]큼",
        r"일주일|이주일|보름|한\s?달|두\s?달|석\s?달|반년|절반|갑절|곱절|두\s?배|세\s?배|반으로",
        r"(?<![가-힣])(?:최대|최소|최고|최저)\s?(?:용량|량|치)",
        r"(?<![가-힣])[일이삼사오육칠팔구](?:\s회|\s정(?!도)|\s일)(?![가-힣]{2})",
    )
)


def first_quantity(text: str) -> str:
    """The first quantity as written, or "" when there is none."""
    forms = {text, unicodedata.normalize("NFKC", text)}
    hits = [found for pattern in _PATTERNS for given in forms if (found := pattern.search(given))]
    return min(hits, key=lambda hit: hit.start())[0] if hits else ""
