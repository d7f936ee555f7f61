"""What all pages share: problems as pages, late forms, text size, what the browser installs."""

import gzip
import json
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from accounts.models import User
from medicines.tests import catalogue

pytestmark = pytest.mark.django_db
HTML = {"accept": "text/html"}


@pytest.fixture
def person(db):
    return User.objects.create_user(kakao_sub="1000:4815000001", nickname="연습")


def test_a_problem_is_a_page_for_people_and_a_document_for_programs(browser, client):
    page = browser.get("/no-such-page")
    assert (page.status_code, page["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "찾으시는 것이 없어요." in page.content.decode()
    assert client.get("/no-such-page")["Content-Type"] == "application/problem+json"
    for others in ({"path": "/api/v1/nothing"}, {"path": "/no-such-page", "headers": {"HX-Request": "true"}}):
        assert browser.get(**others)["Content-Type"] == "application/problem+json"


def test_a_wrong_method_is_told(browser):
    page = browser.post("/")
    assert (page.status_code, page["Allow"]) == (405, "GET")
    assert "쓸 수 없는 요청 방식" in page.content.decode()


def test_no_page_holds_code_or_looks_elsewhere(browser):
    for path in ("/", "/offline", "/no-such-page"):
        html = browser.get(path).content.decode()
        policy = browser.get(path)["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "http://" not in policy + html
        assert "https://" not in policy + html
        assert " style=" not in html
        assert " on" not in [part[:3] for part in html.split("<") if part.startswith("script")]
        assert all("src=" in tag for tag in html.split("<script")[1:])


def test_text_size_of_a_browser(browser):
    assert 'class="large"' not in browser.get("/").content.decode()
    answer = browser.post("/text-size", {"size": "large", "next": "/?q=1"})
    assert (answer.status_code, answer["Location"]) == (302, "/?q=1")
    assert 'class="large"' in browser.get("/").content.decode()
    browser.post("/text-size", {"size": "normal"})
    assert 'class="large"' not in browser.get("/").content.decode()


@pytest.mark.parametrize("away", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "x" * 3_000])
def test_text_size_leads_to_no_other_site(browser, away):
    assert browser.post("/text-size", {"size": "large", "next": away})["Location"] == "/"


def test_text_size_of_a_person_goes_with_the_account(browser, person):
    browser.force_login(person)
    browser.post("/text-size", {"size": "large"})
    person.refresh_from_db()
    assert person.large_text
    other = Client()
    other.force_login(person)
    assert 'class="large"' in other.get("/").content.decode()


def late(client, **headers):
    form = {"notes": "길게 적은 글 <b>", "csrfmiddlewaretoken": "old"}
    return client.post("/logout", form, headers=HTML | headers)


def test_a_late_form_keeps_what_was_typed():
    page = late(Client(enforce_csrf_checks=True), origin="http://testserver")
    assert page.status_code == 403
    html = page.content.decode()
    assert 'name="notes" value="길게 적은 글 &lt;b&gt;"' in html
    assert html.count("csrfmiddlewaretoken") == 1
    assert 'value="old"' not in html


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_a_strangers_form_is_not_repeated(origin):
    page = late(Client(enforce_csrf_checks=True), origin=origin)
    assert page.status_code == 403
    assert "길게 적은 글" not in page.content.decode()


def test_what_is_installed(client):
    manifest = client.get("/manifest.webmanifest")
    assert manifest["Content-Type"] == "application/manifest+json"
    body = json.loads(manifest.content)
    assert (body["start_url"], body["display"], len(body["icons"])) == ("/", "standalone", 3)
    worker = client.get("/sw.js")
    assert worker["Content-Type"].startswith("text/javascript")
    assert "/static/dashboard/pilling.css" in worker.content.decode()
    page = client.get("/offline").content.decode()
    assert "전에 열어 본 약은 연결이 없어도" in page


def test_whose_pages_they_are_is_told_by_a_digest(browser, person):
    assert 'data-owner=""' in browser.get("/").content.decode()
    browser.force_login(person)
    html = browser.get("/").content.decode()
    assert 'data-owner=""' not in html
    assert str(person.pk) not in html
    # What is kept offline is dropped for another owner; pages that do not know theirs must not say "nobody".
    for path in ("/offline", "/no-such-page"):
        assert "data-owner" not in browser.get(path).content.decode()


def weight(html):
    """Bytes of a page with every style, script and icon that it names, compressed."""
    named = re.findall(r'(?:href|src)="/static/([^"]+\.(?:css|js|svg|png))"', html)
    parts = [html.encode(), *(Path(finders.find(name)).read_bytes() for name in dict.fromkeys(named))]
    assert len(parts) > 4
    return sum(len(gzip.compress(part)) for part in parts)


@pytest.mark.parametrize("path", ["/", "/?q=보라매", "/medicines/100000001", "/pharmacies"])
def test_pages_are_light(browser, path):
    catalogue.load()
    assert weight(browser.get(path).content.decode()) < 150_000
