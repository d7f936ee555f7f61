"""Today, the calendar, plans and Me in a real Chromium: with and without JavaScript, offline, at two widths, axe."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone

from config.tests.chromium import chromium_page
from dashboard.tests.plans_of import dose, plan, somebody, today
from dashboard.tests.test_browser import WIDTHS, fits, in_both_schemes, no_violation, shot, watch
from medicines.services.scraps import create_scrap
from medicines.tests import catalogue
from medicines.tests.catalogue import record
from schedules.models import Plan, PlanVersion, Schedule
from schedules.selectors.people import person as found
from schedules.services import intakes

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
STRANGE = "<img src=x onerror=alert(1)><script>alert(1)</script>"


@pytest.fixture
def site(live_server, settings):
    settings.THROTTLE_ENABLED = False
    return f"http://localhost:{urlsplit(live_server.url).port}"


@pytest.fixture
def user(db):
    """Somebody with a full day: taken, missed, due and ahead, as needed, low stock, and a name that means harm."""
    user = somebody(large_text=False)
    taken = dose(user, name="혈압약", minutes=-90)
    intakes.complete(user_id=user.pk, id_=taken.pk, at=None)
    dose(user, name="당뇨약", minutes=-89)
    dose(user, name="관절약", minutes=-5)
    dose(user, name=STRANGE, minutes=-5)
    plan(user, medicine_name="저녁약", times=["dinner+30", "bedtime"], stock={"amount": "2"}, notes="물과 함께")
    needed = plan(user, medicine_name="두통약", times=None, as_needed={"min_gap": 240, "max_per_day": 3})
    given = {"plan_id": needed.pk, "completed_at": timezone.now() - timedelta(hours=1)}
    intakes.write_down(person=found(user.pk), given=given)
    return user


def cookie_of(user, site):
    client = Client()
    client.force_login(user)
    name = django_settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value, "url": site}


@pytest.fixture
def cookie(user, site):
    return cookie_of(user, site)


@pytest.fixture
def pages(user):
    made = Plan.objects.order_by("-created_at").first()
    tapered = plan(
        user, medicine_name="스테로이드", times=None,
        phases=[{"times": ["08:00"], "days": n, "dose": {"amount": each}} for n, each in ((3, "3"), (9, "1"))],
    )  # fmt: skip
    tomorrow = today(user) + timedelta(days=1)
    catalogue.add(record("100000009", STRANGE))
    create_scrap(user_id=user.pk, given={"item_seq": "100000009", "category": "상비약", "notes": STRANGE})
    return {
        "today": "/today",
        "tomorrow": f"/days/{tomorrow.isoformat()}",
        "calendar": "/calendar",
        "plans": "/plans",
        "plan-new": "/plans/new",
        "plan-as-needed": f"/plans/{made.pk}",
        "plan-taper": f"/plans/{tapered.pk}",
        "sheet": "/sheet",
        "scraps": "/scraps",
        "me": "/me",
        "delete": "/me/delete",
        "goodbye": "/goodbye",
    }


@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_is_accessible_and_fits(site, cookie, pages, width):
    with chromium_page(width=width) as page:
        page.context.add_cookies([cookie])
        page.on("dialog", lambda dialog: pytest.fail("a script ran"))
        wrong = watch(page)
        for name, path in pages.items():
            for scheme in in_both_schemes(page, site + path, width):
                if scheme == "light" or name in ("today", "plan-new"):
                    shot(page, f"{name}-{width}-{scheme}")
                no_violation(page)
                assert fits(page), name
        assert wrong == []


@pytest.mark.parametrize("large", [False, True])
def test_a_number_stands_in_one_line(site, cookie, user, large):
    """12 doses in two lines read as 1 and 2."""
    type(user).objects.filter(pk=user.pk).update(large_text=large)
    for n in range(12):
        dose(user, name="아토르바스타틴칼슘삼수화물정10밀리그램", minutes=-1500 - n)
    with chromium_page(width=360) as page:
        page.context.add_cookies([cookie])
        page.goto(site + "/sheet")
        cells = page.locator(".tallies tbody td")
        assert "12" in cells.all_inner_texts()
        lines = """(cells) => cells.map((cell) => {
            const range = document.createRange();
            range.selectNodeContents(cell);
            return range.getClientRects().length;
        })"""
        assert set(cells.evaluate_all(lines)) == {1}
        beyond = page.evaluate("((table) => table.scrollWidth - table.clientWidth)(document.querySelector('.scroll'))")
        assert large or beyond <= 0  # what was missed stands last
        assert fits(page)
        shot(page, f"tallies-{large}")


def test_large_text_fits_a_small_phone(site, cookie, pages, user):
    type(user).objects.filter(pk=user.pk).update(large_text=True)
    with chromium_page(width=360) as page:
        page.context.add_cookies([cookie])
        for name, path in pages.items():
            page.goto(site + path)
            assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "22px"
            shot(page, f"large-{name}")
            assert fits(page), name


@pytest.mark.parametrize("javascript", [True, False])
def test_tick_undo_and_another_time(site, cookie, javascript):
    with chromium_page(javascript=javascript) as page:
        page.context.add_cookies([cookie])
        wrong = watch(page)
        page.goto(f"{site}/today")
        page.get_by_role("button", name="관절약 먹었어요").click()
        page.get_by_role("button", name="관절약 되돌리기").click()
        page.get_by_role("button", name="관절약 먹었어요").wait_for()
        page.get_by_role("button", name="관절약 건너뛰기").click()
        page.get_by_text("건너뛰었어요").wait_for()
        page.get_by_role("button", name="관절약 되돌리기").click()
        missed = page.locator(".dose", has_text="당뇨약")
        missed.locator("summary").click()
        missed.get_by_label("먹은 때").fill("2099-01-01T08:00")
        missed.get_by_role("button", name="이 시각에 먹었어요").click()
        page.get_by_text("앞으로 올 시각이에요").wait_for()
        assert page.locator(".dose", has_text="당뇨약").get_by_label("먹은 때").input_value() == "2099-01-01T08:00"
        if javascript:
            no_violation(page)
        page.get_by_role("button", name="당뇨약 제시간에 먹었어요").click()
        page.get_by_role("button", name="당뇨약 되돌리기").wait_for()
        assert [text for text in wrong if "status of 40" not in text] == []


def test_taps_in_a_row_and_the_focus_stay(site, cookie):
    with chromium_page() as page:
        page.context.add_cookies([cookie])
        page.goto(f"{site}/today")
        for name in ("관절약 먹었어요", "당뇨약 제시간에 먹었어요"):
            page.get_by_role("button", name=name).evaluate("button => button.click()")
        page.get_by_role("button", name="관절약 되돌리기").wait_for()
        page.get_by_role("button", name="당뇨약 되돌리기").wait_for()
        page.get_by_role("button", name="관절약 되돌리기").press("Enter")
        page.get_by_role("button", name="관절약 먹었어요").wait_for()
        assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "관절약 먹었어요"


def test_a_second_tab_is_told_kindly(site, cookie):
    with chromium_page() as page:
        page.context.add_cookies([cookie])
        page.goto(f"{site}/today")
        other = page.context.new_page()
        other.goto(f"{site}/today")
        other.get_by_role("button", name="관절약 건너뛰기").click()
        other.get_by_role("button", name="관절약 되돌리기").wait_for()
        page.get_by_role("button", name="관절약 먹었어요").click()
        page.get_by_text("다른 곳에서 먼저 건너뛴다고 표시했어요").wait_for()
        page.get_by_role("button", name="관절약 되돌리기").wait_for()


def ready(page):
    page.evaluate("navigator.serviceWorker.ready.then(() => new Promise(go => setTimeout(go, 500)))")


def test_todays_list_is_there_offline_as_it_was_ticked(site, cookie):
    with chromium_page() as page:
        page.context.add_cookies([cookie])
        page.goto(f"{site}/today")
        ready(page)
        page.goto(f"{site}/today")
        page.get_by_role("button", name="관절약 먹었어요").click()
        page.get_by_role("button", name="관절약 되돌리기").wait_for()
        page.wait_for_timeout(1_000)
        page.context.set_offline(True)
        page.goto(f"{site}/today")
        assert page.get_by_text("인터넷 연결이 없어서").is_visible()
        assert page.get_by_role("button", name="관절약 되돌리기").is_visible()
        shot(page, "today-offline")
        page.get_by_role("button", name="당뇨약 제시간에 먹었어요").click()
        page.get_by_text("연결이 잘 되지 않아요").wait_for()


@pytest.mark.parametrize("javascript", [True, False])
def test_a_plan_is_made_with_a_look_ahead(site, cookie, javascript):
    with chromium_page(javascript=javascript) as page:
        page.context.add_cookies([cookie])
        page.on("dialog", lambda dialog: pytest.fail("a script ran"))
        page.goto(f"{site}/plans/new")
        page.get_by_label("약 이름").fill(f"새약 {STRANGE}")
        page.get_by_label("정한 요일에").check()
        assert not page.get_by_label("며칠마다 먹나요?").is_visible()
        page.get_by_label("월", exact=True).check()
        page.locator("#times").get_by_label("아침", exact=True).check()
        if not javascript:
            page.get_by_role("button", name="미리 보기").click()
        page.locator(".preview").get_by_text("월요일 오전 8:30").first.wait_for()
        assert page.get_by_label("약 이름").input_value() == f"새약 {STRANGE}"
        shot(page, f"plan-filled-{'js' if javascript else 'plain'}")
        page.get_by_role("button", name="저장", exact=True).last.click()
        page.wait_for_url(f"{site}/plans")
        page.get_by_role("link", name="새약").wait_for()
        # The form comes back as it was sent, or empty: either way there is one plan.
        page.go_back()
        page.get_by_role("button", name="저장", exact=True).last.click()
        page.locator("main [role=alert], main [role=status]").first.wait_for()
    assert PlanVersion.objects.filter(medicine_name__startswith="새약").count() == 1


def test_a_wrong_plan_keeps_what_was_typed(site, cookie):
    with chromium_page() as page:
        page.context.add_cookies([cookie])
        page.goto(f"{site}/plans/new")
        page.get_by_label("양을 단계로 바꾸며").check()
        page.get_by_role("button", name="저장", exact=True).last.click()
        page.get_by_text("아직 저장하지 못했어요").wait_for()
        shot(page, "plan-refused")
        no_violation(page)
        assert page.get_by_label("양을 단계로 바꾸며").is_checked()
        assert page.locator("#medicine_name-error").is_visible()


def test_a_login_that_ended_mid_form_loses_nothing(site, cookie, user):
    with chromium_page() as page:
        page.context.add_cookies([cookie])
        page.goto(f"{site}/plans/new")
        page.get_by_label("약 이름").fill("긴 글을 적은 약")
        page.locator("#times").get_by_label("저녁", exact=True).check()
        page.context.clear_cookies(name=django_settings.SESSION_COOKIE_NAME)
        page.get_by_role("button", name="저장", exact=True).last.click()
        page.get_by_text("로그인이 끝나 있었어요").wait_for()
        shot(page, "plan-session-ended")
        no_violation(page)
        page.context.add_cookies([cookie])
        page.get_by_role("button", name="다시 보내기").click()
        page.wait_for_url(f"{site}/plans")
        page.get_by_role("link", name="긴 글을 적은 약").wait_for()
    assert PlanVersion.objects.get(medicine_name="긴 글을 적은 약").rule["times"] == ["dinner+30"]


def test_a_carer_is_invited_and_the_code_shown(site, cookie):
    with chromium_page() as page:
        page.context.add_cookies([cookie])
        page.goto(f"{site}/me#carers")
        page.locator("summary", has_text="보호자 초대하기").click()
        page.get_by_label("보호자에게 보일 내 이름").fill("어머니")
        page.get_by_label("저녁약").check()
        page.get_by_role("button", name="초대 코드 만들기").click()
        page.locator(".code").wait_for()
        no_violation(page)
        shot(page, "me-invited")


def test_leaving(site, cookie, user):
    with chromium_page(javascript=False) as page:
        page.context.add_cookies([cookie])
        page.goto(f"{site}/me")
        page.get_by_role("link", name="탈퇴하고 모두 지우기").click()
        page.get_by_label("모두 지워지고").check()
        page.get_by_role("button", name="탈퇴하기").click()
        page.get_by_text("모두 지웠어요").wait_for()
        shot(page, "goodbye-receipt")
        page.go_back()
        page.reload()
    assert not Schedule.objects.filter(user_id=user.pk).exists()
