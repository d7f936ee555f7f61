"""Which map the pharmacies' page draws, and what its policy must allow for it. No other page asks for any of this."""

from typing import Any
from urllib.parse import urlencode, urlsplit

from csp.constants import SELF, UNSAFE_INLINE
from django.conf import settings

# https://apis.map.kakao.com: the SDK fetches its other half and its pictures from here, and writes style attributes.
_KAKAO_SCRIPTS = ("https://t1.daumcdn.net",)
_KAKAO_PICTURES = ("https://*.daumcdn.net", "https://*.kakaocdn.net")


def drawing() -> dict[str, str]:
    """For the template: Kakao's script, or the tiles; neither: our outline alone."""
    return {
        "kakao": _kakao() if settings.KAKAO_JS_KEY else "",
        "tiles": settings.MAP_TILES_URL,
        "attribution": settings.MAP_TILES_ATTRIBUTION,
    }


def policy() -> dict[str, Any]:
    """What is added to the pages' policy; nothing when nothing of others is loaded."""
    added: dict[str, list[Any]] = {}
    if settings.KAKAO_JS_KEY:
        ours = _origin(settings.KAKAO_MAP_BASE_URL)
        added = {
            "script-src": [ours, *_KAKAO_SCRIPTS],
            "style-src": [UNSAFE_INLINE],
            "img-src": [ours, *_KAKAO_PICTURES],
            "connect-src": [SELF, ours],
        }
    if settings.MAP_TILES_URL:
        added["img-src"] = [*added.get("img-src", []), _origin(settings.MAP_TILES_URL)]
    return added


def _kakao() -> str:
    query = urlencode({"appkey": settings.KAKAO_JS_KEY, "autoload": "false"})
    return f"{settings.KAKAO_MAP_BASE_URL}/v2/maps/sdk.js?{query}"


def _origin(address: str) -> str:
    parts = urlsplit(address.replace("{s}", "*"))
    return f"{parts.scheme}://{parts.netloc}"
