"""GET /media/medicines/{item_seq}: from our own cache, and from nowhere but the ministry's host."""

from io import BytesIO

import pytest
from PIL import Image

from core import breaker, stores
from core.cache import tiers
from core.errors import VendorRefused
from medicines import picture_client
from medicines.pictures import NoPictureError, small_webp
from medicines.tests.factories import store_easy
from sandbox.standins.pictures import drawn

pytestmark = pytest.mark.django_db
ADDRESS = "https://nedrug.mfds.go.kr/pbp/cmn/itemImageDownload/147427521476000014"
URL = "/media/medicines/200000001"


@pytest.fixture
def host(sources, settings, tmp_path):
    stores.cache.client.flushdb()
    settings.MEDICINE_PICTURES_BASE_URL = sources.url("mfds_pictures")
    settings.PICTURES_ROOT = tmp_path
    return sources


def seen(host):
    return host.calls("mfds_pictures").total()


def test_fetched_once_made_small_and_kept(client, host, tmp_path):
    store_easy(itemImage=ADDRESS)
    answer = client.get(URL)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/webp")
    picture = Image.open(BytesIO(answer.content))
    assert max(picture.size) == 480
    assert len(answer.content) < 30_000
    assert client.get(URL).content == answer.content
    assert seen(host) == 1
    assert [file.suffix for file in tmp_path.rglob("*.*")] == [".webp"]
    assert client.get(URL, headers={"If-None-Match": answer["ETag"]}).status_code == 304


def test_another_address_is_another_picture(client, host, tmp_path):
    store_easy(itemImage=ADDRESS)
    first = client.get(URL).content
    store_easy(itemImage=ADDRESS + "9")
    stores.cache.client.flushdb()
    tiers().memory.clear()
    assert client.get(URL).content != first
    assert len(list(tmp_path.rglob("*.webp"))) == 1


@pytest.mark.parametrize(
    "address",
    [
        None, "https://evil.example/a.jpg", "https://nedrug.mfds.go.kr.evil.example/a", "https://nedrug.mfds.go.kr@evil.example/",
        "https://nedrug.mfds.go.kr:8443/a", "https://127.0.0.1/a", "https://[::1]/a", "https://169.254.169.254/latest",
        "https://user:word@nedrug.mfds.go.kr/a", "https://NEDRUG.mfds.go.kr\\@evil.example/a",
    ],
)  # fmt: skip
def test_no_other_host_is_ever_asked(client, host, address):
    store_easy(itemImage=address)
    answer = client.get(URL)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/svg+xml")
    assert seen(host) == 0


@pytest.mark.parametrize("url", ["http://nedrug.mfds.go.kr/a", "https://nedrug.mfds.go.kr:bad/a", "file:///etc", ""])
def test_addresses_that_are_none(url):
    assert picture_client.path_of(url) is None
    with pytest.raises(VendorRefused):
        picture_client.picture(url, deadline=1)


def test_the_path_stays_on_the_host():
    assert picture_client.path_of("https://nedrug.mfds.go.kr//evil.example/a?b=1") == "//evil.example/a?b=1"


@pytest.mark.parametrize("fault", ["redirect", "page", "status", "oversize", "truncated", "reset"])
def test_whatever_else_it_sends_is_no_picture(client, host, fault):
    store_easy(itemImage=ADDRESS)
    host.set_fault("mfds_pictures", fault)
    for _ in range(3):
        assert client.get(URL)["Content-Type"] == "image/svg+xml"
    # Not asked again and again: the rest is remembered.
    assert seen(host) <= 2


def test_one_that_is_not_there(client, host):
    store_easy(itemImage="https://nedrug.mfds.go.kr/pbp/cmn/itemImageDownload/none-here")
    assert client.get(URL)["Content-Type"] == "image/svg+xml"
    assert client.get(URL)["Cache-Control"] == "public, max-age=300"
    assert seen(host) == 1


def test_a_host_that_is_away(client, host, settings):
    settings.MEDICINE_PICTURES_BASE_URL = "http://127.0.0.1:9"
    store_easy(itemImage=ADDRESS)
    for _ in range(2):
        answer = client.get(URL)
        # Nobody keeps the drawing in the place of a picture that may be had in a minute.
        assert (answer["Content-Type"], answer["Cache-Control"]) == ("image/svg+xml", "no-store")
    breaker.forget()


def test_no_such_medicine(client, host):
    assert client.get("/media/medicines/404404404").status_code == 404
    assert client.get("/media/medicines/..%2fsecret").status_code in (400, 404)
    assert client.get("/media/medicines/abc").status_code == 400


def test_a_full_disk_costs_the_cache_alone(client, host, settings, tmp_path):
    (tmp_path / "file").touch()
    settings.PICTURES_ROOT = tmp_path / "file"
    store_easy(itemImage=ADDRESS)
    assert client.get(URL)["Content-Type"] == "image/webp"


def test_statements(client, host, django_assert_num_queries):
    store_easy(itemImage=ADDRESS)
    with django_assert_num_queries(1):
        client.get(URL)
    with django_assert_num_queries(0):
        client.get(URL)


def saved(kind, size=(40, 20), mode="RGB"):
    out = BytesIO()
    Image.new(mode, size).save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize(
    ("kind", "mode"), [("PNG", "RGBA"), ("PNG", "P"), ("GIF", "P"), ("WEBP", "RGB"), ("JPEG", "L")]
)
def test_kinds_that_are_shown(kind, mode):
    assert Image.open(BytesIO(small_webp(saved(kind, mode=mode)))).format == "WEBP"


BROKEN = {
    "empty": b"",
    "svg": b"<svg onload=alert(1)>",
    "a head alone": b"GIF89a",
    "bmp": saved("BMP"),
    "tiff": saved("TIFF"),
    "cut": saved("JPEG")[:100],
    "cut later": drawn("12345")[:9_000],
    "81 megapixels": saved("PNG", (9_000, 9_000), "1"),
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_kinds_that_are_not(data):
    with pytest.raises(NoPictureError):
        small_webp(data)
