"""Answers that travel compressed, for those who ask for that alone."""

import gzip

import pytest
from django.http import HttpResponse

from core.compressed import compressed, takes_gzip

BODY = "이 약을 드시기 전에 확인하세요. ".encode() * 20


@pytest.mark.parametrize(
    ("accepted", "taken"),
    [
        ("gzip", True),
        ("gzip, deflate, br, zstd", True),
        ("br;q=1.0, gzip;q=0.5", True),
        ("gzip;q=0.05", True),
        ("", False),
        ("identity", False),
        ("br", False),
        ("gzip;q=0", False),
        ("gzip ; q=0.000, br", False),
    ],
)
def test_who_takes_gzip(accepted, taken):
    assert takes_gzip(accepted) is taken


def answer_of(body, rf, **headers):
    view = compressed(lambda request: HttpResponse(body, headers={"ETag": '"a"', "Vary": "Origin"}))
    return view(rf.get("/", **headers))


def test_an_answer_is_compressed_and_its_tag_is_weak(rf):
    answer = answer_of(BODY, rf, HTTP_ACCEPT_ENCODING="gzip, deflate, br")
    assert gzip.decompress(answer.content) == BODY
    assert (answer["Content-Encoding"], answer["ETag"]) == ("gzip", 'W/"a"')
    assert answer["Content-Length"] == str(len(answer.content))


@pytest.mark.parametrize("accepted", ["", "gzip;q=0"])
def test_an_answer_stays_as_it_is_for_the_others(rf, accepted):
    answer = answer_of(BODY, rf, HTTP_ACCEPT_ENCODING=accepted)
    assert (answer.content, answer["ETag"], "Content-Encoding" in answer) == (BODY, '"a"', False)


@pytest.mark.parametrize("accepted", ["", "gzip"])
@pytest.mark.parametrize("body", [BODY, b"short"])
def test_caches_are_told_that_it_differs(rf, body, accepted):
    assert answer_of(body, rf, HTTP_ACCEPT_ENCODING=accepted)["Vary"] == "Origin, Accept-Encoding"
