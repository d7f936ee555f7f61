"""`manage.py summarize_popular`."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from summaries.models import Summary
from summaries.tests.factories import make_bare, make_medicine

pytestmark = pytest.mark.django_db(transaction=True)


def run(*args):
    out = StringIO()
    call_command("summarize_popular", *args, stdout=out)
    return out.getvalue().strip()


@pytest.fixture
def catalogue(db):
    for number in range(4):
        medicine = make_medicine(f"20990040{number}")
        medicine.popularity = number
        medicine.save()
    make_bare(popularity=100)


def test_the_most_searched_come_first_and_only_once(standins, catalogue):
    assert run("--limit", "2") == "2 done, 0 skipped, 0 failed"
    assert set(Summary.objects.values_list("item_seq", flat=True)) == {"209900403", "209900402"}
    assert run() == "2 done, 2 skipped, 0 failed"
    assert standins.calls("openai")["chat.completions"] == 4


def test_it_stops_when_the_vendor_is_away(standins, catalogue, monkeypatch):
    monkeypatch.setattr("summaries.management.commands.summarize_popular.TOO_MANY", 2)
    standins.set_fault("openai", "invalid_key")
    with pytest.raises(CommandError, match="too often"):
        run()
    assert standins.calls("openai")["chat.completions"] == 2


@pytest.mark.parametrize("args", [("--limit", "0"), ("--limit", "-1")])
def test_bad_limits_are_refused(standins, args):
    with pytest.raises(CommandError):
        run(*args)


def test_without_a_key_it_says_so(standins, settings):
    settings.OPENAI_API_KEY = ""
    with pytest.raises(CommandError, match="OPENAI_API_KEY"):
        run()
