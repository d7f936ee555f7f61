"""`/plans`: every form of a plan by the editor and back, what is wrong beside its field, and nothing typed is lost."""

import html as markup

import pytest
from django.test import Client

from dashboard.plan_input import to_plan, to_typed
from dashboard.tests.plans_of import field, form, plan, send, somebody, today
from medicines.tests.factories import store_easy
from schedules.models import Plan, PlanVersion, Schedule, Tag
from schedules.services.intakes import complete

pytestmark = pytest.mark.django_db
STRANGE = "<script>alert(1)</script>"


def rule():
    return PlanVersion.objects.get(valid_until=None).rule


MEAL = {"meal": ["breakfast"], "breakfast": "+30"}
FORMS = {
    "times": ({**MEAL, "clock": ["23:59"]}, {"times": ["breakfast+30", "23:59"]}),
    "weekdays": ({"weekday": ["fri", "mon"]}, {"weekdays": ["mon", "fri"]}),
    "days": ({"every_days": "2"}, {"every": {"value": 2, "unit": "day"}}),
    "weeks": ({"every_weeks": "2", "weekday": ["tue"]}, {"every": {"value": 2, "unit": "week"}, "weekdays": ["tue"]}),
    "hours": ({"every_hours": "8", "first_clock": "07:00"}, {"every": {"value": 8, "unit": "hour"}}),
    "cycle": ({"on_days": "21", "off_days": "7"}, {"cycle": {"on_days": 21, "off_days": 7}}),
    "as_needed": (
        {"gap_hours": "4", "gap_minutes": "30", "max_per_day": "3"},
        {"as_needed": {"min_gap": 270, "max_per_day": 3}},
    ),
    "once": ({}, {"times": ["23:59"]}),
    "taper": (
        {"p0_days": "3", "p0_amount": "3", "p0_clock": ["23:59"]}
        | {"p1_amount": "1.5", "p1_meal": ["dinner"], "p1_dinner": ""},
        {"phases": [
            {"times": ["23:59"], "days": 3, "dose": {"amount": "3", "unit": "정"}},
            {"times": ["dinner"], "dose": {"amount": "1.5", "unit": "정"}},
        ]},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_every_form_is_saved_and_comes_back_as_it_was(me, user, name):
    fields, wanted = FORMS[name]
    send(me, user, form=name, **fields)
    assert {key: rule()[key] for key in wanted} == wanted
    page = me.get(f"/plans/{Plan.objects.get().pk}").content.decode()
    assert f'name="form" value="{name}" checked' in page
    assert 'value="keep"' not in page


@pytest.mark.parametrize("name", ["times", "taper"])
def test_how_much_at_once_is_said_where_it_is_always_the_same(me, user, name):
    """A taper's phases say it themselves: one dose beside them would be a second, wrong one."""
    send(me, user, form=name, **FORMS[name][0])
    for path in ("/plans", f"/plans/{Plan.objects.get().pk}"):
        assert ("· 한 번에 1정" in me.get(path).content.decode()) == (name == "times")
    sheet = me.get("/sheet").content.decode()
    assert ("</strong> 1정<p>" in sheet) == (name == "times")


@pytest.mark.parametrize("name", FORMS)
def test_a_form_sent_back_unchanged_is_no_new_version(me, user, name):
    send(me, user, form=name, **FORMS[name][0])
    made = Plan.objects.get()
    page = me.get(f"/plans/{made.pk}").content.decode()
    send(me, user, f"/plans/{made.pk}", revision=field(page, "revision"), form=name, **FORMS[name][0])
    assert PlanVersion.objects.count() == 1


def test_what_the_editor_has_no_fields_for_stays(me, user):
    made = plan(
        user, times=["breakfast-30", "breakfast+30"], ingredients=[{"name": "가", "mg": "500", "max_mg": "4000"}]
    )
    page = me.get(f"/plans/{made.pk}").content.decode()
    assert 'name="form" value="keep" checked' in page
    send(me, user, f"/plans/{made.pk}", form="keep", revision="1", medicine_name="새이름", clock=[])
    assert rule()["times"] == ["breakfast-30", "breakfast+30"]
    now = PlanVersion.objects.get(valid_until=None)
    assert (now.medicine_name, now.ingredients[0]["name"]) == ("새이름", "가")


def test_the_end(me, user):
    send(me, user, end="doses", doses="14")
    assert rule()["doses"] == 14
    send(me, user, end="date", ends_on=today(user).isoformat(), medicine_name="다라정", form_key="z" * 12)
    ends = [version.rule.get("ends_on") for version in PlanVersion.objects.order_by("valid_from")]
    assert ends == [None, today(user).isoformat()]


def test_a_catalogue_medicine_or_free_text(me, user):
    store_easy()
    page = me.get("/plans/new?item_seq=200000001").content.decode()
    assert field(page, "item_seq") == "200000001"
    assert 'value="가나정"' in page
    send(me, user, item_seq="200000001")
    assert PlanVersion.objects.get().item_seq == "200000001"
    for unknown in ("404404404", "abc", "9" * 500, "%00"):
        assert field(me.get(f"/plans/new?item_seq={unknown}").content.decode(), "item_seq") == ""


def test_tags_notes_and_stock(me, user):
    send(me, user, tag=["내과"], new_tag="혈압", notes="물과 함께\n식사 뒤", stock="28", warn_days="5")
    made = Plan.objects.get()
    assert sorted(made.tags.values_list("name", flat=True)) == ["내과", "혈압"]
    assert (made.stock, made.stock_warn_days) == (28, 5)
    page = me.get("/plans").content.decode()
    assert "28정 남았어요." in page
    assert "일 뒤에 떨어져요" in page
    send(me, user, medicine_name="둘째", new_tag="혈압", form_key="z" * 12)
    assert Tag.objects.filter(name="혈압").count() == 1


def test_what_is_taken_meanwhile_is_not_given_back(me, user):
    send(me, user, stock="28", warn_days="5")
    made = Plan.objects.get()
    page = me.get(f"/plans/{made.pk}").content.decode()
    shown = {name: field(page, name) for name in ("stock_was", "warn_was", "revision")}
    assert shown["stock_was"] == "28"
    row = Schedule.objects.filter(plan=made).order_by("scheduled_time").first()
    complete(user_id=user.pk, id_=row.pk, at=None)
    send(me, user, f"/plans/{made.pk}", stock="28", warn_days="5", notes="새 메모", **shown)
    assert Plan.objects.get().stock == 27
    shown["revision"] = field(me.get(f"/plans/{made.pk}").content.decode(), "revision")
    send(me, user, f"/plans/{made.pk}", stock="28", warn_days="3", notes="새 메모", **shown)
    assert (Plan.objects.get().stock, Plan.objects.get().stock_warn_days) == (27, 3)


def test_a_refill_counts_once(me, user):
    send(me, user, stock="5")
    made = Plan.objects.get()
    for _ in range(2):
        me.post(f"/plans/{made.pk}/refill", {"amount": "30", "form_key": "r" * 12})
    assert Plan.objects.get().stock == 35
    for wrong in ("", "많이", "-3", "1e9", "0"):
        answer = me.post(f"/plans/{made.pk}/refill", {"amount": wrong})
        assert answer.status_code == 400
        assert 'id="refill-error"' in answer.content.decode()


WRONG = [
    ({"medicine_name": ""}, "medicine_name"),
    ({"medicine_name": "가" * 201}, "medicine_name"),
    ({"amount": "두 알"}, "amount"),
    ({"amount": "0"}, "amount"),
    ({"amount": "-1"}, "amount"),
    ({"clock": []}, "times"),
    ({"clock": ["08:00", "25:00"]}, "times"),
    ({"meal": ["breakfast"], "breakfast": "+999"}, "times"),
    ({"form": "days", "every_days": "가끔"}, "every"),
    ({"form": "days", "every_days": "0"}, "every"),
    ({"form": "hours", "every_hours": ""}, "every"),
    ({"form": "cycle", "on_days": "", "off_days": "7"}, "cycle"),
    ({"form": "as_needed", "gap_hours": "많이"}, "as_needed"),
    ({"form": "taper"}, "p0_times"),
    ({"form": "taper", "p0_amount": "2", "p0_clock": ["08:00"], "p1_amount": "1", "p1_clock": ["08:00"]}, "p0_days"),
    ({"form": "taper", "p0_days": "3", "p0_amount": "x", "p0_clock": ["08:00"]}, "p0_amount"),
    ({"starts_on": ""}, "starts_on"),
    ({"starts_on": "내일"}, "starts_on"),
    ({"starts_on": "1890-01-01"}, "starts_on"),
    ({"end": "date", "ends_on": "2020-01-01"}, "ends_on"),
    ({"end": "date", "ends_on": ""}, "ends_on"),
    ({"end": "doses", "doses": "0"}, "doses"),
    ({"end": "doses", "doses": "많이"}, "doses"),
    ({"stock": "한 통"}, "stock"),
    ({"stock": "10", "warn_days": "999"}, "stock"),
    ({"notes": "가" * 2_001}, "notes"),
    ({"new_tag": "가" * 21}, "tags"),
    ({"tag": ["모르는태그"]}, "tags"),
    ({"time_zone": "Mars/Base"}, "time_zone"),
    ({"form": "times", "starts_on": "2020-01-01", "end": "date", "ends_on": "2020-01-02"}, "starts_on"),
]


@pytest.mark.parametrize(("fields", "place"), WRONG)
def test_what_is_wrong_stands_beside_its_field_and_all_is_kept(me, user, fields, place):
    page = send(me, user, status=400, **{"notes": f"적어 둔 메모 {STRANGE}", **fields})
    assert f'id="{place}-error"' in page, page[page.index("<main") :][:4_000]
    if "notes" not in fields:
        assert f"적어 둔 메모 {markup.escape(STRANGE)}" in page
    assert "<script>alert" not in page
    assert not Plan.objects.exists()
    said = page.split(f'id="{place}-error">')[1].split("</p>")[0]
    assert not any(word in said for word in ("item_seq", "times", "every", "phases", "days)", "doses", "필드"))


def test_two_taps_make_one_plan_and_a_changed_form_another(me, user):
    for _ in range(3):
        send(me, user)
    assert Plan.objects.count() == 1
    send(me, user, medicine_name="다른정")
    assert Plan.objects.count() == 2


def test_an_edit_is_a_new_version(me, user):
    made = plan(user)
    send(me, user, f"/plans/{made.pk}", revision="1", amount="2")
    assert [str(version.dose_amount) for version in PlanVersion.objects.order_by("number")] == ["1.000", "2.000"]


def test_two_tabs_that_edit_are_told_and_nothing_is_lost(me, user):
    made = plan(user)
    send(me, user, f"/plans/{made.pk}", revision="1", amount="2", form_key="a" * 12)
    page = send(me, user, f"/plans/{made.pk}", status=409, revision="1", amount="3", notes="둘째 창", form_key="b" * 12)
    assert "그사이 다른 곳에서 계획이 바뀌었어요" in page
    assert "둘째 창" in page
    send(me, user, f"/plans/{made.pk}", revision=field(page, "revision"), amount="3", form_key="c" * 12)
    assert PlanVersion.objects.get(valid_until=None).dose_amount == 3


def test_a_plan_ends_once(me, user):
    made = plan(user)
    for _ in range(2):
        assert me.post(f"/plans/{made.pk}/end")["Location"] == "/plans"
    assert Plan.objects.get().deleted_at
    assert "이미 끝난 약이에요" in me.get("/plans").content.decode()


def test_others_plans_are_not_found(me, user):
    theirs = plan(somebody(2))
    for path in (f"/plans/{theirs.pk}", "/plans/00000000-0000-0000-0000-000000000000"):
        assert me.get(path).status_code == 404
        assert me.post(path, form(user)).status_code == 404
    me.post(f"/plans/{theirs.pk}/end")
    theirs.refresh_from_db()
    assert theirs.deleted_at is None


def test_a_session_that_ended_mid_form_loses_nothing(browser, user):
    fields = form(
        user, notes=f"긴 메모 {STRANGE}", clock=["08:00", "", "20:00"], **{f"p{n}_days": "" for n in range(20)}
    )
    client = Client(enforce_csrf_checks=False, headers={"accept": "text/html", "origin": "http://testserver"})
    answer = client.post("/plans/new", fields)
    page = answer.content.decode()
    assert answer.status_code == 401
    assert f"긴 메모 {markup.escape(STRANGE)}" in page
    assert 'name="clock" value="08:00"' in page
    assert 'name="clock" value="20:00"' in page
    assert "<script>alert" not in page


def test_a_name_is_never_run(me, user):
    plan(user, medicine_name=STRANGE, notes=STRANGE)
    for path in ("/plans", "/today", f"/plans/{Plan.objects.get().pk}", "/sheet", "/me", "/calendar"):
        page = me.get(path).content.decode()
        assert "<script>alert" not in page, path


def test_fields_and_plan_are_each_others_inverse():
    base = {"medicine_name": "가", "starts_on": "2026-11-26", "times": ["08:00", "breakfast"]}
    typed = to_typed(base)
    assert typed["form"] == "times"
    assert sorted(to_plan(typed, base)["times"]) == ["08:00", "breakfast"]
