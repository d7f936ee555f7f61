"""Words for what the API says in codes. Pure."""

from django import template

register = template.Library()

_WHY = {
    "exact": "이름이 같아요",
    "prefix": "이름이 이렇게 시작해요",
    "substring": "이름에 들어 있어요",
    "initials": "초성이 맞아요",
    "keyboard": "한/영 자판을 바꿔 읽은 이름이에요",
    "ingredient": "성분이 맞아요",
    "symptom": "효능에 적힌 증상이에요",
    "company": "회사 이름이 맞아요",
    "fuzzy": "비슷한 이름이에요",
}
SECTIONS = {
    "effect": "어떤 약인가요",
    "efficacy": "효능",
    "usage": "먹는 법·쓰는 법",
    "stop_and_ask": "멈추고 물어보세요",
    "warning": "꼭 알아 두세요",
    "precaution": "주의할 점",
    "interaction": "함께 먹을 때",
    "side_effect": "부작용",
    "advice": "생활 속 도움말",
    "storage": "보관하는 법",
}


@register.filter
def why(kind: str) -> str:
    """Why a search found something."""
    return _WHY.get(kind, "")


@register.filter
def section(name: str) -> str:
    """The heading of a section of a summary or a label."""
    return SECTIONS.get(name, name)
