"""`/scraps`: one's own, and nobody else's."""

import pytest

from accounts.models import User
from medicines.models import Scrap
from medicines.services.scraps import create_scrap
from medicines.tests.factories import store_easy

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(db):
    return User.objects.create_user(kakao_sub="1000:4815000001")


@pytest.fixture
def other(db):
    return User.objects.create_user(kakao_sub="1000:4815000002")


def keep(user, **given):
    return create_scrap(user_id=user.pk, given={"category": "관심 약", **given})


def test_wants_a_login(browser):
    answer = browser.get("/scraps?cursor=1")
    assert (answer.status_code, answer["Location"]) == (302, "/login?next=%2Fscraps%3Fcursor%3D1")


def test_a_part_of_a_page_is_told_that_the_login_ended(browser, db):
    answer = browser.post("/scraps/1/remove", headers={"HX-Request": "true"})
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")


def test_mine_alone(browser, person, other):
    store_easy()
    keep(person, item_seq="200000001", notes="<b>아침</b>")
    keep(person, medicine_name="이름뿐인약")
    keep(other, medicine_name="남의약")
    browser.force_login(person)
    page = browser.get("/scraps").content.decode()
    assert page.index("이름뿐인약") < page.index('href="/medicines/200000001"')
    assert "&lt;b&gt;아침" in page
    assert "남의약" not in page


def test_nothing_yet(browser, person):
    browser.force_login(person)
    assert "아직 담은 약이 없어요" in browser.get("/scraps").content.decode()


def test_removed_once_and_only_by_its_owner(browser, person, other):
    mine, theirs = keep(person, medicine_name="내약"), keep(other, medicine_name="남의약")
    browser.force_login(person)
    for scrap in (mine, mine, theirs):
        assert browser.post(f"/scraps/{scrap.pk}/remove").status_code == 302
    assert list(Scrap.objects.values_list("medicine_name", flat=True)) == ["남의약"]


def test_pages(browser, person, django_assert_num_queries):
    for number in range(45):
        keep(person, medicine_name=f"약{number}")
    browser.force_login(person)
    browser.get("/scraps")
    with django_assert_num_queries(2):  # the person, the page: none of these is in the catalogue
        first = browser.get("/scraps")
    assert first.content.decode().count("</form>") == 21
    assert 'rel="next"' in first.content.decode()
    assert browser.get("/scraps?cursor=made-up").status_code == 200
