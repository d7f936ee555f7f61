"""`load_pharmacies`: files in each shape, good rows stored, bad ones listed with their line."""

import gzip
import io
import json

import pytest
from django.core.management import CommandError, call_command

from pharmacies.models import Pharmacy, PharmacyMatch
from pharmacies.tests.factories import WEEKDAYS, hours, item
from sandbox.home import PROJECT
from sandbox.standins.standins import SAMPLE

pytestmark = pytest.mark.django_db
REAL = PROJECT.parent / "shared" / "data" / "pharmacies.csv.gz"
HEAD = "id,hpid,name,address,tel,lat,lon,dutyTime1s,dutyTime1c"
XML = """<?xml version="1.0" encoding="UTF-8"?><response><header><resultCode>00</resultCode></header><body><items>
<item><hpid>C1</hpid><dutyName>보기약국</dutyName><wgs84Lat>37.5</wgs84Lat><wgs84Lon>127.0</wgs84Lon>
<dutyTime1s>0900</dutyTime1s><dutyTime1c>1900</dutyTime1c></item></items><totalCount>1</totalCount></body></response>"""


def load(*arguments):
    out, err = io.StringIO(), io.StringIO()
    code = 0
    try:
        call_command("load_pharmacies", *map(str, arguments), stdout=out, stderr=err)
    except CommandError as error:
        code, _ = error.returncode, err.write(str(error))
    return code, out.getvalue(), err.getvalue()


@pytest.fixture
def file(tmp_path):
    def write(name, text):
        path = tmp_path / name
        path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
        return path

    return write


def envelope(items):
    return json.dumps({"response": {"header": {"resultCode": "00"}, "body": {"items": items, "totalCount": 1}}})


SHAPES = {
    "lines": ("p.jsonl", json.dumps(item("C1", **WEEKDAYS))),
    "zipped lines": ("p.jsonl.gz", json.dumps(item("C1", **WEEKDAYS))),
    "an answer": ("p.json", envelope({"item": [item("C1", **WEEKDAYS)]})),
    "an answer with one item as an object": ("p.json", envelope({"item": item("C1", **WEEKDAYS)})),
    "a list of rows": ("p.json", json.dumps([item("C1", **WEEKDAYS)])),
    "xml": ("p.xml", XML),
    "csv": ("p.csv", f"{HEAD}\nx,C1,보기약국,서울,02,37.5,127.0,900,1900\n"),
}


@pytest.mark.parametrize(("name", "text"), SHAPES.values(), ids=SHAPES.keys())
def test_each_shape(file, name, text):
    code, out, err = load(file(name, text))
    assert (code, "1 pharmacies." in out) == (0, True), err
    row = Pharmacy.objects.get()
    assert (row.source, row.source_id, row.opens[0], row.closes[0]) == ("nemc", "C1", 540, 1140)


def test_the_sample_twice():
    assert load(SAMPLE / "pharmacies.jsonl")[0] == 0
    assert Pharmacy.objects.count() == 324
    _, out, _ = load(SAMPLE / "pharmacies.jsonl")
    assert "324 read, 0 changed, 0 refused" in out
    assert "nothing loaded" in load("--if-empty", SAMPLE / "pharmacies.jsonl")[1]


def test_bad_rows_are_listed_with_their_line(file):
    rows = [
        json.dumps(item("C1")), "{broken", json.dumps(item("C1")), json.dumps(item("C2", lat=127.0, lng=37.5)), "[]",
        json.dumps(item("C3", **hours(mon=("9시", 1900)))), json.dumps(item("C4", lat="", lng="")),
    ]  # fmt: skip
    code, out, err = load(file("p.jsonl", "\n".join(rows)))
    assert code == 1
    assert set(Pharmacy.objects.values_list("source_id", flat=True)) == {"C1", "C3"}
    for line in (
        "line 2: no JSON", "line 3: C1 came before", "line 4 C2: coordinates are swapped", "line 5:",
        "line 6 C3: mon: no time", "line 7 C4: wgs84Lat",
    ):  # fmt: skip
        assert f"p.jsonl {line}" in err
    assert "7 read, 2 changed, 4 refused" in out


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("none.csv", None), ("p.csv", "a,b\n1,2\n"), ("p.json", envelope("")), ("p.jsonl", ""),
        ("p.xml", "<OpenAPI_ServiceResponse><cmmMsgHeader/></OpenAPI_ServiceResponse>"), ("p.xml", "<a"),
        ("p.xml", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"),
    ],
)  # fmt: skip
def test_a_file_without_pharmacies(file, tmp_path, name, text):
    path = tmp_path / name if text is None else file(name, text)
    assert load(path)[0] == 2
    assert not Pharmacy.objects.exists()


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.skipif(not REAL.exists(), reason="the full list of pharmacies is not here")
def test_the_real_list_twice():
    code, out, err = load(REAL)
    assert (code, "26681 read, 26564 changed, 0 refused" in out) == (0, True), err[-500:]
    assert err.count("no coordinate") == 117
    assert Pharmacy.objects.exclude(opens=None).count() > 12_000
    assert "26681 read, 0 changed" in load(REAL)[1]
    merged = PharmacyMatch.objects.filter(state="auto").count()
    assert 0 < merged < 1_500
