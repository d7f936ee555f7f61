"""load_catalogue: files in the wire shape, good rows in, bad ones listed with their lines."""

import csv
import gzip
import io
import json
import os

import pytest
from django.core.management import CommandError, call_command

from medicines.models import Medicine, MedicineBrand, MedicineCache
from medicines.tests.factories import detail_row, easy_row, ingredient_row, permit_row
from sandbox.standins.standins import SAMPLE

pytestmark = pytest.mark.django_db


def load(*files, **options):
    """(exit status, standard output, standard error)"""
    out, err, status = io.StringIO(), io.StringIO(), 0
    try:
        call_command("load_catalogue", *map(str, files), stdout=out, stderr=err, **options)
    except CommandError as error:
        status = error.returncode
        err.write(str(error))
    return status, out.getvalue(), err.getvalue()


def lines(path, *rows):
    path.write_bytes(b"".join((row if isinstance(row, bytes) else json.dumps(row).encode()) + b"\n" for row in rows))
    return path


def names():
    return set(Medicine.objects.values_list("name", flat=True))


def test_the_sample_loads_whole_and_a_second_time_changes_nothing():
    status, out, err = load(SAMPLE)
    assert (status, err) == (0, "")
    assert Medicine.objects.count() >= 150
    assert MedicineCache.objects.filter(source="easy").count() >= 150
    assert MedicineCache.objects.filter(source="permit").exists()
    assert MedicineBrand.objects.exists()
    assert Medicine.objects.get(item_seq="197700120").ingredients == ["이부프로펜"]
    status, out, err = load(SAMPLE)
    assert status == 0
    assert out.count(" 0 changed") == 4


def test_if_empty_leaves_a_catalogue_alone(tmp_path):
    file = lines(tmp_path / "easydrug.jsonl", easy_row())
    assert "1 changed" in load(file, if_empty=True)[1]
    assert "nothing loaded" in load(file, if_empty=True)[1]


@pytest.mark.parametrize("zipped", [False, True])
def test_kinds_are_told_by_keys_whatever_the_file_is_called(tmp_path, zipped):
    rows = [easy_row(), permit_row(), detail_row(), ingredient_row("200000001", 1, "가나민")]
    files = []
    for number, row in enumerate(rows):
        file = lines(tmp_path / f"{number}.jsonl", row)
        if zipped:
            file = file.with_suffix(".jsonl.gz")
            file.write_bytes(gzip.compress((tmp_path / f"{number}.jsonl").read_bytes()))
        files.append(file)
    status, _, _ = load(*reversed(files))
    assert status == 0
    medicine = Medicine.objects.get()
    assert medicine.source_facts.keys() == {"easy", "permit", "detail", "ingredients"}
    assert medicine.labels.count() == 2


def test_csv_of_the_wire_shape_and_of_the_collected_lists(tmp_path):
    wire = tmp_path / "a.csv"
    with wire.open("w", newline="") as file:
        writer = csv.DictWriter(file, easy_row().keys())
        writer.writeheader()
        writer.writerow(easy_row(efcyQesitm='첫 줄\n둘째 "줄"'))
    collected = tmp_path / "b.csv"
    collected.write_text(
        "\ufeffitem_seq,item_name,item_eng_name,entp_name,permit_date,etc_otc,cancel_name,main_ingr,permit_kind,class_name\n"
        '200000002,"1.나다정\n\n2.나다정",Nada,예시,2020-08-03,"전문,희귀",취하,가나민/다라민,신고,소염제\n'
        ",번호없는정,,예시,,,,,,\n"
    )
    listed = tmp_path / "c.csv"
    listed.write_text('itemSeq,itemName,main_ingr\n200000001,가나정,"가나민,다라민"\n')
    status, out, err = load(wire, collected, listed)
    assert (status, err) == (0, "")
    assert names() == {"가나정", "1.나다정 2.나다정"}
    assert MedicineCache.objects.get().efficacy == '첫 줄\n둘째 "줄"'
    second = Medicine.objects.get(item_seq="200000002")
    assert (second.etc_otc, second.status) == ("전문의약품(희귀)", "withdrawn")
    assert Medicine.objects.get(item_seq="200000001").ingredients == second.ingredients == ["가나민", "다라민"]
    assert "2 read, 1 changed, 1 skipped (no item_seq), 0 refused" in out


@pytest.mark.parametrize("shape", ["envelope", "list", "one"])
def test_a_json_file_may_be_an_answer_of_the_service(tmp_path, shape):
    whole = {"envelope": {"header": {}, "body": {"items": [easy_row()]}}, "list": [easy_row()], "one": easy_row()}
    file = tmp_path / "page.json"
    file.write_text(json.dumps(whole[shape]))
    assert load(file)[0] == 0
    assert names() == {"가나정"}


def test_bad_lines_are_listed_by_number_and_the_good_ones_load(tmp_path):
    file = lines(
        tmp_path / "easydrug.jsonl",
        easy_row("200000001", "가나정"),
        b'{"itemSeq": "200000002", "itemName":',
        json.dumps(easy_row("200000003", "완성형"), ensure_ascii=False).encode("cp949"),
        easy_row("200000001", "또가나정"),
        b"[1, 2]",
        b"",
        easy_row("abc", "이상한번호"),
        easy_row("200000004", ""),
        easy_row("200000005", "날짜정", updateDe="어제"),
        easy_row(None, "번호없는정"),
        b"[" * 100_000,
        easy_row("200000006", "널\x00문자\ud800정"),
        easy_row("200000007", "끝정"),
    )
    status, out, err = load(file)
    assert status == 1
    assert names() == {"가나정", "널문자정", "끝정"}
    told = {line.split(": ", 1)[0].split(" ", 1)[1]: line for line in err.splitlines() if " line " in line}
    assert list(told) == [f"line {number}" for number in (2, 3, 4, 5, 7, 8, 9, 11)]
    assert "not UTF-8" in told["line 3"]
    assert "on line 1 already" in told["line 4"]
    assert "12 read, 3 changed, 1 skipped (no item_seq), 8 refused" in out


def test_a_bad_csv_does_not_swallow_the_good_rows_after_it(tmp_path):
    head = b"itemSeq,itemName,main_ingr\n"
    rows = [f"20000000{n},가나정{n},가나민\n".encode() for n in range(1, 8)]
    rows[1] = '200000002,"가나정2,가나민\n'.encode()
    rows[3] = "200000004,완성형,가나민\n".encode("cp949")
    rows[5] = "200000006,가나정6\n".encode()
    file = tmp_path / "names.csv"
    file.write_bytes(head + b"".join(rows))
    status, _, err = load(file)
    assert status == 1
    assert names() == {"가나정1", "가나정3", "가나정5", "가나정7"}
    assert [line.split(":")[0] for line in err.splitlines()[:3]] == [f"names.csv line {n}" for n in (3, 5, 7)]


@pytest.mark.parametrize(
    "broken",
    [
        ('200000002,"가나정2,가나민', '200000006,"가나정6,가나민'),
        ('200000002,"가"나정2,가나민', '200000006,"가나"정6,가나민'),
    ],
)
def test_two_bad_quotes_do_not_swallow_the_good_rows_between_them(tmp_path, broken):
    rows = {number: f"20000000{number},가나정{number},가나민" for number in range(1, 9)} | {2: broken[0], 6: broken[1]}
    file = tmp_path / "names.csv"
    file.write_text("itemSeq,itemName,main_ingr\n" + "".join(f"{row}\n" for row in rows.values()))
    status, out, err = load(file)
    assert status == 1
    assert {f"가나정{number}" for number in (1, 3, 4, 5, 7, 8)} <= names()
    assert "names.csv line 3: " in err
    assert "8 read" in out


def test_a_quote_within_a_name_is_no_end_of_it(tmp_path):
    rows = [
        f"20000000{number},가나{sign}정{number},가나민\n" for number, sign in enumerate(["", '"', "", "", '"'], start=1)
    ]
    file = tmp_path / "names.csv"
    file.write_text("itemSeq,itemName,main_ingr\n" + "".join(rows))
    assert load(file)[0] == 0
    assert names() == {"가나정1", '가나"정2', "가나정3", "가나정4", '가나"정5'}


def test_a_gzip_file_that_is_cut_off_gives_what_it_has(tmp_path):
    rows = b"".join(
        json.dumps(easy_row(f"2000{n:05}", f"가나정{n}", efcyQesitm=os.urandom(40).hex())).encode() + b"\n"
        for n in range(400)
    )
    file = tmp_path / "easydrug.jsonl.gz"
    whole = gzip.compress(rows)
    file.write_bytes(whole[: len(whole) // 2])
    status, _, err = load(file)
    assert status == 1
    assert 0 < Medicine.objects.count() < 400
    assert "damaged" in err


@pytest.mark.parametrize("content", [b"", b"\n\n", b'{"a": 1}\n', b"PK\x03\x04", b"\x1f\x8b\x08broken"])
def test_a_file_of_no_known_kind_is_refused_as_a_whole(tmp_path, content):
    file = tmp_path / "unknown.jsonl"
    file.write_bytes(content)
    status, _, err = load(file)
    assert status == (1 if "broken, the first is line 1: " in err else 2)
    assert "no rows of a known kind" in err


def test_a_missing_file_and_an_empty_folder(tmp_path):
    """Status 1 is for refused rows alone."""
    assert load(tmp_path / "none.jsonl")[0] == 2
    status, _, err = load(tmp_path)
    assert status == 2
    assert "No catalogue files" in err


def test_a_file_that_is_broken_from_its_first_line_on_says_how(tmp_path):
    file = tmp_path / "easydrug.jsonl"
    row = json.dumps(easy_row("200000001", "완성형"), ensure_ascii=False).encode("cp949")
    file.write_bytes((row + b"\n") * 1_200)
    status, _, err = load(file)
    assert status == 1
    assert "1200 broken, the first is line 1: not UTF-8" in err
    with file.open("ab") as more:
        more.write(json.dumps(easy_row("200000002", "끝정")).encode() + b"\n")
    status, _, err = load(file)
    assert (status, names()) == (1, {"끝정"})
    told = [line for line in err.splitlines() if line.startswith("easydrug.jsonl line ")]
    assert len(told) == 1_200
    assert told[-1].startswith("easydrug.jsonl line 1200: ")


@pytest.mark.parametrize(
    "value",
    [
        {"itemName": "가" * 1_000},
        {"itemName": "".join(map(chr, range(0xAC00, 0xAC00 + 3_000)))},
        {"entpName": "".join(map(chr, range(0xAC00, 0xAC00 + 3_000)))},
    ],
)
def test_a_value_that_no_column_holds_costs_its_row_alone(tmp_path, value):
    file = lines(
        tmp_path / "easydrug.jsonl", easy_row(), easy_row("200000002", "나다정") | value, easy_row("200000003", "끝정")
    )
    status, _, err = load(file)
    assert (status, names()) == (1, {"가나정", "끝정"})
    assert "easydrug.jsonl line 2: " in err
    assert "characters" in err


def test_long_values_of_the_other_kinds_cost_their_row_alone(tmp_path):
    long = "".join(map(chr, range(0xAC00, 0xAC00 + 3_000)))
    permits = lines(tmp_path / "permit.jsonl", permit_row(), permit_row("200000002", "나다정", SPCLTY_PBLC=long))
    ingredients = lines(
        tmp_path / "ingredients.jsonl", ingredient_row("200000001", 1, long), ingredient_row("200000001", 2, "가나민")
    )
    status, _, err = load(permits, ingredients)
    assert (status, names()) == (1, {"가나정"})
    assert [line.split(":")[0] for line in err.splitlines()[:2]] == ["permit.jsonl line 2", "ingredients.jsonl line 1"]
    assert Medicine.objects.get().ingredients == ["가나민"]
