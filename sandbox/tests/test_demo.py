"""What a new user of `make run` sees, and who is never given it."""

import pytest

from accounts.models import User
from accounts.tests.signing import bearer
from core import breaker
from medicines.models import Scrap
from medicines.tests.factories import store_permit
from sandbox import demo
from sandbox.standins import Standins, kakao
from schedules.models import Plan, Schedule

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def _running():
    with Standins(detail_seconds=0) as running:
        yield running


@pytest.fixture
def stand_in(_running, settings):
    breaker.forget()
    settings.KAKAO_API_BASE_URL = _running.url("kakao")
    settings.KAKAO_REST_API_KEY, settings.KAKAO_APP_ID = "sandbox-key", kakao.SECRETS["KAKAO_APP_ID"]
    for item_seq in ("200410090", "199602982", "202106092", "198700405"):
        store_permit(item_seq, f"가나정{item_seq[-3:]}")


def test_a_new_user_sees_plans_a_record_and_scraps(stand_in, client):
    assert demo.make_demo()
    signed = bearer(User.objects.get())
    assert len(client.get("/api/v1/plans", **signed).json()["results"]) == 3
    kept = client.get("/api/v1/adherence", **signed).json()["total"]
    assert {kind: kept[kind] for kind in ("late", "skipped", "missed")} == {"late": 1, "skipped": 1, "missed": 1}
    assert kept["due"] == demo.DAYS
    assert len(client.get("/api/v1/scraps", **signed).json()["results"]) == 3
    assert client.get("/api/v1/doctor-sheet", **signed).status_code == 200


def test_a_second_start_adds_nothing(stand_in):
    assert demo.make_demo()
    before = Plan.objects.count(), Schedule.objects.count(), Scrap.objects.count()
    assert not demo.make_demo()
    assert (Plan.objects.count(), Schedule.objects.count(), Scrap.objects.count()) == before


def test_with_a_real_kakao_nobody_is_made(stand_in, settings):
    settings.KAKAO_APP_ID = "777"
    assert not demo.make_demo()
    assert not User.objects.exists()


def test_a_catalogue_without_these_medicines_leaves_them_out(stand_in, settings):
    from medicines.models import Medicine

    Medicine.objects.all().delete()
    assert demo.make_demo()
    assert not Plan.objects.exists()
