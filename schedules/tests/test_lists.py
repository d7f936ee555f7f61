"""Lists in pages, and the deleting of what is only listed, on the condition that it is as seen."""

from itertools import chain

import pytest

from core.pagination import sign_cursor
from schedules.models import CalendarLink, Device, Plan

pytestmark = pytest.mark.django_db


class TestLists:
    """Short ones, of which the longest has a hundred rows: pages like those of any list."""

    def make(self, phone, path, number):
        if path == "/plans":
            return phone.plan(medicine_name=f"약{number}")["id"]
        bodies = {
            "/devices": {"token": f"ExponentPushToken[{number}]"},
            "/carers": {"label": f"{number}", "plan_ids": [str(Plan.objects.first().pk)]},
            "/tags": {"name": f"태그{number}"},
        }
        return phone.post(path, bodies[path]).json()["id"]

    def pages(self, phone, url):
        while url:
            body = phone.get(url.removeprefix("http://testserver/api/v1")).json()
            yield [row["id"] for row in body["results"]]
            url = body["next"]

    @pytest.mark.parametrize("path", ["/plans", "/devices", "/carers", "/tags"])
    def test_page_by_page_all_come_once_in_order(self, phone, path):
        phone.plan()
        for number in range(4):
            self.make(phone, path, number)
        whole = [row["id"] for row in phone.get(path).json()["results"]]
        parts = list(self.pages(phone, path + "?limit=3"))
        assert len(whole) >= 4
        assert [len(part) for part in parts[:-1]] == [3] * (len(parts) - 1)
        assert list(chain(*parts)) == whole
        second = phone.get(path + "?limit=3").json()["next"].removeprefix("http://testserver/api/v1")
        back = phone.get(second).json()["previous"].removeprefix("http://testserver/api/v1")
        assert [row["id"] for row in phone.get(back).json()["results"]] == whole[:3]

    @pytest.mark.parametrize("path", ["/plans", "/devices", "/carers", "/tags"])
    def test_what_is_asked_is_checked(self, phone, path):
        assert phone.get(path + "?limit=50").json()["next"] is None
        bad = (
            "limit=0",
            "limit=51",
            "limit=x",
            "cursor=x",
            "cursor=",
            "page=2",
            f"cursor={sign_cursor('scrap-older', 1)}",
        )
        assert {phone.get(f"{path}?{query}").status_code for query in bad} == {400}


class TestDeletingWhatWasSeen:
    def test_a_device(self, phone):
        body = {"token": "ExponentPushToken[abc]", "name": "내 폰"}
        made = phone.post("/devices", body)
        renamed = phone.post("/devices", body | {"name": "새 이름"})
        url = f"/devices/{made.json()['id']}"
        assert phone.delete(url, HTTP_IF_MATCH=made["ETag"]).status_code == 412
        assert Device.objects.exists()
        assert phone.delete(url, HTTP_IF_MATCH=renamed["ETag"]).status_code == 204

    def test_a_tag(self, phone):
        made = phone.post("/tags", {"name": "엄마"})
        url = f"/tags/{made.json()['id']}"
        assert phone.delete(url, HTTP_IF_MATCH='"other"').status_code == 412
        assert phone.delete(url, HTTP_IF_MATCH=made["ETag"]).status_code == 204
        again = phone.post("/tags", {"name": "엄마"}).json()["id"]
        assert phone.delete(f"/tags/{again}", HTTP_IF_MATCH="*").status_code == 204

    def test_the_calendars_address(self, phone):
        before, now = phone.post("/calendar"), phone.post("/calendar")
        assert phone.delete("/calendar", HTTP_IF_MATCH=before["ETag"]).status_code == 412
        assert CalendarLink.objects.exists()
        assert phone.delete("/calendar", HTTP_IF_MATCH=now["ETag"]).status_code == 204
        assert phone.delete("/calendar", HTTP_IF_MATCH="*").status_code == 404
