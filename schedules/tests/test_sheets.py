"""The calendar feed and the doctor's sheet: PDF, CSV and FHIR."""

import csv
import io
import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from fhir.resources.bundle import Bundle
from icalendar import Calendar
from pypdf import PdfReader

from schedules.models import CalendarLink, Schedule, ScheduleClock
from schedules.selectors.people import person
from schedules.selectors.plans import plans
from schedules.selectors.sheet import at_once, how
from schedules.tests.conftest import intake

pytestmark = pytest.mark.django_db


class TestCalendar:
    def test_instants_are_right_in_any_zone(self, phone, client):
        phone.plan(times=["08:00"])
        url = phone.post("/calendar").json()["url"]
        assert phone.post("/calendar", {"show_medicine_name": False}).json()["url"] != url
        url = phone.post("/calendar", {"show_medicine_name": True}).json()["url"]
        answer = client.get(url)
        assert answer["Content-Type"] == "text/calendar; charset=utf-8"
        events = Calendar.from_ical(answer.content).walk("VEVENT")
        rows = phone.feed()["results"]
        elsewhere = {
            str(e["uid"]).split("@")[0]: e["dtstart"].dt.astimezone(ZoneInfo("America/New_York")) for e in events
        }
        for row in rows[:-1]:
            assert elsewhere[row["id"]] == datetime.fromisoformat(row["scheduled_time"])
        assert str(events[0]["summary"]) == "가나정 1정"
        assert not any(error for event in events for error in event.errors)

    def test_the_name_is_hidden_unless_asked_for(self, phone, client):
        phone.plan(medicine_name="비밀정")
        body = client.get(phone.post("/calendar").json()["url"]).content.decode()
        assert "약 먹기" in body
        assert "비밀정" not in body

    def test_revoked_is_gone_and_only_a_digest_is_kept(self, phone, client):
        url = phone.post("/calendar").json()["url"]
        token = url.split("/")[-1].removesuffix(".ics")
        assert token not in str(CalendarLink.objects.values())
        assert client.get(url).status_code == 200
        assert phone.delete("/calendar").status_code == 204
        assert client.get(url).status_code == 404
        assert phone.delete("/calendar").status_code == 404
        assert client.get("/api/v1/calendar/guess.ics").status_code == 404


class TestSheet:
    def make(self, phone):
        phone.plan(medicine_name="가나정", times=["breakfast+30", "dinner+30"], notes="물과 함께")
        phone.plan(
            medicine_name="=다라정",
            times=None,
            phases=[
                {"times": ["08:00"], "days": 5, "dose": {"amount": 2}},
                {"times": ["08:00"], "weekdays": ["mon", "fri"]},
            ],
        )
        phone.plan(medicine_name="마바정", times=None, as_needed={"min_gap": 240, "max_per_day": 4})
        phone.plan(medicine_name="사아정", times=None, every={"value": 8, "unit": "hour"}, doses=9)
        phone.plan(medicine_name="자차정", times=["21:00"], cycle={"on_days": 21, "off_days": 7})
        intake(phone.user, hours=30, taken_after=10)
        intake(phone.user, hours=29, name="=다라정")

    def test_pdf(self, phone):
        self.make(phone)
        answer = phone.get("/doctor-sheet")
        assert answer["Content-Type"] == "application/pdf"
        text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
        for word in ("복약 기록", "가나정", "마바정", "아침 식후 30분", "필요할 때", "놓침"):
            assert word in text, text

    def test_every_font_of_the_pdf_is_in_the_pdf(self, phone):
        """A reader without Korean fonts shows the text all the same; and only the letters used are carried."""
        self.make(phone)
        raw = phone.get("/doctor-sheet").content
        fonts = [font.get_object() for page in PdfReader(io.BytesIO(raw)).pages
                 for font in page["/Resources"]["/Font"].get_object().values()]  # fmt: skip
        # The library names Helvetica on every page; nothing is written in it.
        korean = [font for font in fonts if font["/BaseFont"] != "/Helvetica"]
        assert korean
        assert all("/FontFile2" in font["/FontDescriptor"].get_object() for font in korean)
        assert len(raw) < 200_000

    def test_csv(self, phone):
        self.make(phone)
        answer = phone.get("/doctor-sheet?format=csv")
        rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert [(row["약"], row["상태"]) for row in rows] == [("가나정", "먹음"), ("'=다라정", "놓침")]

    def test_fhir_validates(self, phone):
        self.make(phone)
        answer = phone.get("/doctor-sheet?format=fhir")
        assert answer["Content-Type"] == "application/fhir+json"
        bundle = Bundle.model_validate_json(answer.content)
        statements = [entry.resource for entry in bundle.entry[1:]]
        assert [one.medication.concept.text for one in statements] == [
            "가나정",
            "=다라정",
            "마바정",
            "사아정",
            "자차정",
        ]
        assert [len(one.dosage) for one in statements] == [1, 2, 1, 1, 1]
        assert statements[2].dosage[0].asNeeded
        assert [one.text for one in statements[1].dosage] == ["5일 동안 매일 08:00 2정", "월·금요일 08:00"]
        cycle = statements[4].dosage[0].timing
        assert (cycle.repeat, cycle.code.text) == (None, "21일 먹고 7일 쉬고 21:00")
        raw = json.loads(answer.content)["entry"]
        assert raw[1]["resource"]["dosage"][0]["timing"]["repeat"]["when"] == ["PCM", "PCV"]

    def test_an_empty_sheet_is_a_sheet(self, phone):
        for form in ("pdf", "csv", "fhir"):
            assert phone.get(f"/doctor-sheet?format={form}").status_code == 200

    @pytest.mark.parametrize(("form", "accept", "status"), [
        ("pdf", "application/pdf", 200), ("csv", "text/csv", 200), ("fhir", "application/fhir+json", 200),
        ("csv", "application/pdf", 200), ("pdf", "*/*", 200), ("pdf", "application/json", 200),
        ("pdf", "image/png", 406),
    ])  # fmt: skip
    def test_what_a_client_says_it_takes(self, phone, form, accept, status):
        """`format` alone says which it gets."""
        answer = phone.get(f"/doctor-sheet?format={form}", HTTP_ACCEPT=accept)
        assert answer.status_code == status
        assert form in answer["Content-Type"] or status == 406

    def test_phases_say_their_doses_themselves(self, phone):
        """The dose of the whole plan would contradict them."""
        self.make(phone)
        tapered, plain = (next(one for one in plans(person=person(phone.user.pk)) if one["medicine_name"] == name)
                          for name in ("=다라정", "가나정"))  # fmt: skip
        assert (at_once(tapered), how(tapered)) == ("", "5일 동안 매일 08:00 2정 → 월·금요일 08:00 1정")
        assert (at_once(plain), how(plain)) == ("1정", "매일 아침 식후 30분, 저녁 식후 30분")
        text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(phone.get("/doctor-sheet").content)).pages)
        assert "단계마다" in text

    def test_other_forms_are_400(self, phone):
        assert phone.get("/doctor-sheet?format=docx").status_code == 400


def test_the_calendar_is_filled_when_read_long_after(phone, client):
    phone.plan(times=["08:00"])
    url = phone.post("/calendar").json()["url"]
    Schedule.objects.all().delete()
    ScheduleClock.objects.update(filled_until=datetime(2020, 1, 1, tzinfo=UTC))
    assert len(Calendar.from_ical(client.get(url).content).walk("VEVENT")) >= 29
