"""What a browser sees at the Kakao stand-in: the consent page and Kakao's own error page."""

from collections.abc import Mapping
from html import escape
from urllib.parse import urlencode, urlsplit

from sandbox.standins.vendor import HTML, Reply

_PAGE = """<!DOCTYPE html><html lang="ko"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head><body><main>{body}</main></body></html>"""
_CONSENT = """<h1>카카오 로그인 (연습용)</h1>
<p>이 화면은 카카오가 아니라 연습용 서버가 보여 줍니다.</p>
<form action="/oauth/authorize/consent" method="post">{fields}
<p><label>누구로 로그인할까요? <input name="member" value="1" inputmode="numeric" pattern="[0-9]{{1,6}}"></label></p>
<p><button name="answer" value="agree">동의하고 계속하기</button>
<button name="answer" value="cancel">취소</button></p></form>"""


def page(title: str, body: str, status: int = 200) -> Reply:
    return Reply(status, _PAGE.format(title=escape(title), body=body).encode(), HTML)


def consent(asked: Mapping[str, str]) -> Reply:
    fields = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in asked.items()
    )
    return page("카카오 로그인 (연습용)", _CONSENT.format(fields=fields))


def error(code: str, text: str) -> Reply:
    """Kakao shows such errors itself and sends nobody back."""
    return page("오류", f"<h1>{escape(text)} ({escape(code)})</h1>", 400)


def back(redirect_uri: str, values: Mapping[str, str]) -> Reply:
    """302 with the answer in the query."""
    separator = "&" if urlsplit(redirect_uri).query else "?"
    return Reply(302, b"", HTML, (("Location", redirect_uri + separator + urlencode(values)),))


def registered(redirect_uri: str) -> bool:
    """Addresses that the stand-in's console knows: this machine at any port, and the app's own scheme."""
    parts = urlsplit(redirect_uri)
    if parts.scheme.startswith("kakao"):
        return True
    return parts.scheme in ("http", "https") and parts.hostname in ("127.0.0.1", "localhost", "testserver")
