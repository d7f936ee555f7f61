"""A person at Kakao's consent page, without a browser."""

import base64
import hashlib
from urllib.parse import parse_qsl, urlsplit

import requests

from sandbox.standins.kakao import REST_API_KEY

CALLBACK = "http://localhost/login/kakao/callback"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


def agree(standins, member, answer="agree", **asked):
    """The query with which Kakao sends the browser back."""
    wanted = {"client_id": REST_API_KEY, "redirect_uri": CALLBACK, "response_type": "code"} | asked
    page = requests.get(f"{standins.url('kakao')}/oauth/authorize", params=wanted, timeout=60)
    assert page.status_code == 200
    assert "동의하고 계속하기" in page.text
    return answer_page(standins, member, answer, wanted)


def answer_page(standins, member, answer, wanted):
    form = wanted | {"member": str(member), "answer": answer}
    url = f"{standins.url('kakao')}/oauth/authorize/consent"
    back = requests.post(url, data=form, timeout=60, allow_redirects=False)
    assert back.status_code == 302
    return dict(parse_qsl(urlsplit(back.headers["Location"]).query))
