"""Kakao's client by itself, and what Kakao, caches and logs may know of a person."""

import pytest

from core import metrics, stores
from core.errors import VendorBadReply, VendorRefused, VendorUnreachable
from pharmacies.cells import cell_of, rect_of
from pharmacies.kakao_client import KakaoKeyRefused, KakaoQuota, Rect, pharmacies_in

pytestmark = pytest.mark.django_db
URL = "/api/v1/pharmacies"
HERE = {"lat": 37.56651234, "lng": 126.97801234, "radius": 300}


def counted(outcome):
    return metrics.external_calls.labels("kakao_local", outcome)._value.get()


class TestClient:
    """The client by itself."""

    RECT = Rect(126.9, 37.5, 127.0, 37.6)

    def page(self, number=1):
        return pharmacies_in(self.RECT, number, seen=set(), deadline=5)

    def test_a_page(self, sources):
        page = self.page()
        assert page.total > 45
        assert len(page.batch.rows) == 15
        assert not page.is_end
        request = sources.last_requests("kakao_local")[-1]
        assert request.headers["authorization"] == "KakaoAK sandbox-key"
        assert (request.params["size"], request.params["category_group_code"]) == ("15", "PM9")

    def test_the_last_page_comes_again_and_brings_nothing_new(self, sources):
        seen = set()
        pages = [pharmacies_in(self.RECT, number, seen=seen, deadline=5) for number in (3, 4)]
        assert pages[0].is_end
        assert len(pages[0].batch.rows) == 15
        assert pages[1].batch.rows == []

    @pytest.mark.parametrize(
        ("kind", "options", "error"),
        [
            ("quota", {}, KakaoQuota), ("quota", {"code": 400}, KakaoQuota), ("key", {}, KakaoKeyRefused),
            ("disabled", {}, KakaoKeyRefused), ("status", {"code": 500, "body": "html"}, VendorUnreachable),
            ("status", {"code": 400}, VendorRefused), ("garbage", {}, VendorBadReply),
        ],
    )  # fmt: skip
    def test_errors(self, sources, kind, options, error):
        sources.set_fault("kakao_local", kind, **options)
        with pytest.raises(error) as caught:
            self.page()
        assert "sandbox-key" not in str(caught.value)

    def test_a_wrong_key(self, sources, settings):
        settings.KAKAO_REST_API_KEY = "wrong"
        before = counted("key")
        with pytest.raises(KakaoKeyRefused):
            self.page()
        assert counted("key") == before + 1

    def test_a_spent_quota_is_counted_as_one(self, sources):
        before = counted("quota")
        sources.set_fault("kakao_local", "quota", code=400)
        with pytest.raises(KakaoQuota):
            self.page()
        assert counted("quota") == before + 1


class TestPrivacy:
    """Kakao hears of a cell, and neither it, nor a cache, nor a log of the place where somebody stands."""

    def test_two_people_in_a_cell_look_alike(self, client, serve):
        served = serve(kakao_places=[])
        client.get(URL, HERE)
        first = served.last_requests("kakao_local")[-1].params
        assert first["rect"] == str(rect_of(cell_of(37.5665, 126.978)))
        assert "x" not in first
        assert not any("37.5665" in value or "126.978" in value for value in first.values())

    def test_no_cache_and_no_log_has_the_place(self, client, serve, caplog, capfd):
        serve(kakao_places=[])
        with caplog.at_level("DEBUG"):
            client.get(URL, HERE)
            client.get(URL, {"lat": 126.97801234, "lng": 37.56651234})
        kept = [key + _held(stores.cache.client, key) for key in stores.cache.client.keys("*")]
        kept += stores.broker.client.keys("*")
        written = caplog.text + "".join(capfd.readouterr())
        for secret in ("37.5665", "126.978"):
            assert not any(secret.encode() in value for value in kept)
            assert secret not in written


def _held(client, key):
    """What is under a key, of the kinds that the cache holds."""
    kind = client.type(key)
    if kind == b"hash":
        return b" ".join(part for pair in client.hgetall(key).items() for part in pair)
    return client.get(key) or b""
