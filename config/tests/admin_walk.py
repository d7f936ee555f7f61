"""What the tests of the admin share: a row of everything it lists, and its whole URL table."""

import re
from datetime import date

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import get_resolver

from config.tests.walking import Route, _walk
from medicines.models import SearchMiss, Synonym
from medicines.tests import catalogue
from ops.models import AuditEvent, DeadLetter
from pharmacies.models import Pharmacy, PharmacyMatch, PublicHoliday
from summaries.models import CustomSummary, HardWord, Summary


def add_rows(count, start=0):
    """So many rows of what the lists show, each with the rows that its list joins."""
    numbers = range(start, start + count)
    catalogue.add(*(catalogue.record(f"2000{n:05}", f"걷는정{n}밀리그램") for n in numbers))
    for n in numbers:
        _add_row(n)


def _add_row(n):
    user = get_user_model().objects.create_user(f"reader{n}")
    medicine = catalogue.Medicine.objects.get(item_seq=f"2000{n:05}")
    text = {"medicine": medicine, "item_seq": medicine.item_seq, "prompt_version": "old", "source_hash": "x"}
    Summary.objects.create(**text)
    CustomSummary.objects.create(**text, medicine_name=medicine.name, search_keyword="졸음")
    HardWord.objects.create(word=f"시험어{n}", easy="쉬운 말", changed_by=user)
    Synonym.objects.create(kind="brand", word=f"걷는말{n}", means="걷는", changed_by=user)
    SearchMiss.objects.create(query=f"없는말{n}", addresses=5, week=date(2026, 11, 23), opened=[[medicine.item_seq, 5]])
    AuditEvent.objects.create(actor="test", action=f"test.{n}")
    DeadLetter.objects.create(task_id=f"t{n}", name="medicines.tasks.warm_cache", error="x", attempts=1)
    rows = [_pharmacy(f"{source}{n}", source) for source in ("nmc", "hira")]
    PharmacyMatch.objects.create(row=rows[1], target=rows[0], confidence=0.5, distance_m=3)
    PublicHoliday.objects.create(day=date(2000 + n, 1, 1), name="시험", source="curated")


def _pharmacy(source_id, source):
    place = {"lat": 37.5, "lng": 127.0, "as_of": date(2026, 11, 1)}
    return Pharmacy.objects.create(source=source, source_id=source_id, name="걷는약국", name_norm="걷는약국", **place)


def browser_of(role):
    """Somebody of the staff with this role; "" for a superuser."""
    users = get_user_model().objects
    user = users.create_user(f"as-{role}", is_staff=True) if role else users.create_superuser("boss")
    if role:
        user.groups.add(Group.objects.get(name=role))
    browser = Client(raise_request_exception=False)
    browser.force_login(user)
    return browser


def models():
    return sorted(admin.site._registry, key=lambda model: model._meta.label_lower)


def home(model):
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/"


def admin_routes():
    patterns = next(r for r in get_resolver().url_patterns if str(r.pattern) == "admin/").url_patterns
    # The last one takes whatever no other does.
    return [route for route in _walk(patterns, "admin/") if "(?P" not in route.template]


def harmless(route: Route, pk: object) -> str:
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda m: "openai" if m[1] == "vendor" else str(pk), route.template)


def model_of(address):
    """app.model of an address that belongs to one; None for the site's own pages."""
    parts = address.split("/")
    return f"{parts[2]}.{parts[3]}" if len(parts) > 4 and parts[3] else None
