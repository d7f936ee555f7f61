"""What to call a device in the list of those signed in: its kind alone, never the whole User-Agent."""

from django.http import HttpRequest

# Looked for in this order: an iPad also says Mac, an Android also says Linux.
_KINDS = {
    "iphone": "iPhone", "ipad": "iPad", "cfnetwork": "iPhone", "android": "Android", "okhttp": "Android",
    "windows": "Windows", "macintosh": "Mac", "linux": "Linux",
}  # fmt: skip


def name_of(request: HttpRequest) -> str:
    """For instance "Android"; "" when it does not say."""
    agent = request.META.get("HTTP_USER_AGENT", "").lower()
    return next((kind for mark, kind in _KINDS.items() if mark in agent), "")
