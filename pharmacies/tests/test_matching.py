"""Which rows of different sources are one pharmacy, and what a curator says to it."""

from datetime import date

import pytest
from django.urls import reverse

from accounts.models import User
from ops.models import AuditEvent
from pharmacies.models import Pharmacy, PharmacyMatch, PublicHoliday
from pharmacies.names import POSSIBLE, SURE, confidence, normalise
from pharmacies.selectors.holidays import calendar
from pharmacies.services.curation import confirm, pair, reject
from pharmacies.services.matching import match, match_all
from pharmacies.tests.factories import CITY_HALL, metres_north, store

LAT, LNG = CITY_HALL
State = PharmacyMatch.State
_DAY = date(2026, 12, 7)


@pytest.mark.parametrize(
    ("name", "normal"),
    [
        ("보기 약국", "보기"), ("보기약국(본점)", "보기"), ("ＡＢ약국", "ab"), ("약국", "약국"),
        ("(주)보기-약국", "보기"), ("(보기)", "보기"), ("보기온누리약국", "보기온누리"),
    ],
)  # fmt: skip
def test_names_made_comparable(name, normal):
    assert normalise(name) == normal


PAIRS = {
    "the same": ("보기약국", "보기 약국", 20, "", "", SURE, 1),
    "the same, a block on": ("보기약국", "보기약국", 100, "", "", SURE, 1),
    "the same, too far": ("보기약국", "보기약국", 160, "", "", 0, 0),
    "neighbours": ("보기약국", "하늘약국", 10, "", "", 0, POSSIBLE),
    "neighbours that look alike": ("온누리약국", "참온누리약국", 10, "", "", POSSIBLE, SURE),
    "one letter and the telephone": ("새봄한결약국", "새봄한걸약국", 10, "02-000-1111", "020001111", POSSIBLE, 1),
    "two sound-alikes": ("가온약국", "가은약국", 10, "", "", 0, SURE),
}


@pytest.mark.parametrize(("first", "second", "metres", "phone", "other", "least", "most"), PAIRS.values(), ids=PAIRS)
def test_confidence(first, second, metres, phone, other, least, most):
    digits = ["".join(filter(str.isdigit, number)) for number in (phone, other)]
    sure = confidence((normalise(first), digits[0]), (normalise(second), digits[1]), metres)
    assert least <= sure <= most
    assert most in (0, 1) or sure < most


@pytest.mark.django_db
class TestMatch:
    def merged(self, row):
        row.refresh_from_db()
        return row.merged_into_id

    def test_the_sure_ones_are_merged_and_the_rest_are_not(self):
        national = store("보기약국")
        same = store("보기 약국", metres_north(LAT, 20), source="kakao")
        other = store("하늘약국", metres_north(LAT, 5), source="kakao")
        match(row_ids=[same.pk, other.pk])
        assert (self.merged(same), self.merged(other)) == (national.pk, None)
        found = PharmacyMatch.objects.get()
        assert (found.row_id, found.state) == (same.pk, State.AUTO)
        assert found.confidence >= SURE
        assert found.distance_m == pytest.approx(20, rel=0.01)

    def test_doubtful_ones_wait(self):
        store("온누리약국")
        row = store("참온누리약국", metres_north(LAT, 10), source="kakao")
        match(row_ids=[row.pk])
        assert self.merged(row) is None
        assert PharmacyMatch.objects.get().state == State.UNCERTAIN

    def test_of_two_the_surer_wins_and_a_target_has_one(self):
        near, far = store("보기약국"), store("보기약국", metres_north(LAT, 90))
        rows = [store("보기약국", metres_north(LAT, metres), source="kakao") for metres in (2, 88)]
        third = store("보기약국", metres_north(LAT, 45), source="kakao")
        match(row_ids=[row.pk for row in (*rows, third)])
        assert {self.merged(row) for row in (*rows, third)} == {near.pk, far.pk, None}

    def test_three_sources_end_in_one_row(self):
        kakao = store("보기약국", source="kakao")
        hira = store("보기약국", metres_north(LAT, 10), source="hira")
        match_all()
        assert self.merged(kakao) == hira.pk
        national = store("보기약국", metres_north(LAT, 12))
        match_all()
        assert (self.merged(hira), self.merged(kakao)) == (national.pk, national.pk)

    def test_again_changes_nothing(self):
        store("보기약국")
        store("보기약국", source="kakao")
        match_all()
        before = list(Pharmacy.objects.values("id", "merged_into_id", "updated_at"))
        match_all()
        assert list(Pharmacy.objects.values("id", "merged_into_id", "updated_at")) == before
        assert PharmacyMatch.objects.count() == 1

    def test_a_curators_word_stands(self):
        target, row = store("온누리약국"), store("참온누리약국", source="kakao")
        match_all()
        assert confirm(match_id=PharmacyMatch.objects.get().pk, actor="1")
        assert self.merged(row) == target.pk
        match_all()
        assert self.merged(row) == target.pk
        assert PharmacyMatch.objects.get().state == State.CONFIRMED
        assert reject(match_id=PharmacyMatch.objects.get().pk, actor="1")
        match_all()
        assert self.merged(row) is None
        assert PharmacyMatch.objects.get().state == State.REJECTED
        actions = AuditEvent.objects.order_by("id").values_list("action", flat=True)
        assert list(actions) == ["pharmacy_match.confirmed", "pharmacy_match.rejected"]

    def test_a_confirmed_row_follows_its_target(self):
        hira, row = store("보기약국", source="hira"), store("딴이름약국", metres_north(LAT, 900), source="kakao")
        pair(row=row, target=hira, actor="1")
        assert self.merged(row) == hira.pk
        national = store("보기약국", metres_north(LAT, 5))
        match_all()
        assert self.merged(row) == national.pk

    def test_a_rejected_row_may_match_another(self):
        first, second = store("보기약국"), store("보기약국", metres_north(LAT, 60))
        row = store("보기약국", metres_north(LAT, 5), source="kakao")
        match_all()
        assert self.merged(row) == first.pk
        reject(match_id=PharmacyMatch.objects.get(target=first).pk, actor="1")
        assert self.merged(row) == second.pk

    def test_a_pair_that_is_gone(self):
        assert not confirm(match_id=1, actor="1")
        assert not reject(match_id=1, actor="1")


@pytest.mark.django_db
class TestAdmin:
    @pytest.fixture
    def operator(self, client, settings):
        storage = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
        settings.STORAGES = settings.STORAGES | {"staticfiles": storage}
        client.force_login(User.objects.create_superuser(username="admin", password="sandbox-password"))
        return client

    def test_the_queue_and_a_decision(self, operator):
        target, row = store("온누리약국"), store("참온누리약국", source="kakao")
        match_all()
        queue = reverse("admin:pharmacies_pharmacymatch_changelist")
        assert "참온누리약국" in operator.get(queue).content.decode()
        chosen = {"action": "same_place", "_selected_action": [PharmacyMatch.objects.get().pk]}
        operator.post(queue, chosen)
        row.refresh_from_db()
        assert row.merged_into_id == target.pk
        operator.post(queue, chosen | {"action": "other_place"})
        row.refresh_from_db()
        assert row.merged_into_id is None

    def test_a_pair_by_hand(self, operator):
        target, row = store("온누리약국"), store("딴이름약국", source="kakao")
        add = reverse("admin:pharmacies_pharmacymatch_add")
        refused = operator.post(add, {"row": target.pk, "target": row.pk})
        assert "출처가 더 앞서야" in refused.content.decode()
        assert operator.post(add, {"row": row.pk, "target": target.pk}).status_code == 302
        row.refresh_from_db()
        assert row.merged_into_id == target.pk

    def test_a_holiday_by_hand_is_heard_at_once(self, operator):
        assert calendar().name(_DAY) == ""
        add = reverse("admin:pharmacies_publicholiday_add")
        given = {"day": "2026-12-07", "name": "임시공휴일", "is_holiday": "on"}
        assert operator.post(add, given).status_code == 302
        assert calendar().name(_DAY) == "임시공휴일"
        assert "이미 적혀" in operator.post(add, given).content.decode()
        row = PublicHoliday.objects.get()
        operator.post(reverse("admin:pharmacies_publicholiday_delete", args=[row.pk]), {"post": "yes"})
        assert calendar().name(_DAY) == ""

    @pytest.mark.parametrize("name", ["pharmacy", "pharmacymatch", "pharmacycell", "pharmacyrun", "publicholiday"])
    def test_every_list_opens(self, operator, name):
        store()
        assert operator.get(reverse(f"admin:pharmacies_{name}_changelist")).status_code == 200
