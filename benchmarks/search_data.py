"""A million made-up products for the search benchmark: names, companies and texts from random syllables, none real.

Proportions follow the real list: eight products to a brand, two thirds of the names with a dosage, three quarters with
one ingredient, 15 of 100 with an efficacy text.
"""

import csv
import json
import random
from collections.abc import Iterator, Sequence
from io import StringIO
from itertools import accumulate, islice

from psycopg2.extensions import connection as Connection

from medicines.search.columns import SEARCH_COLUMNS, search_columns
from medicines.search.keys import join_syllable, to_keys
from medicines.search.normalise import FORMS
from medicines.search.symptoms import all_symptoms

_INITIALS, _VOWELS = "ㄱㄴㄷㄹㅁㅂㅅㅇㅈㅊㅋㅌㅍㅎ", "ㅏㅏㅓㅗㅗㅜㅡㅣㅣㅐㅔㅕㅛ"
_FINALS = ("", "", "", "ㄴ", "ㄹ", "ㅁ", "ㅇ", "ㄱ", "ㅅ", "ㅂ")
_PER_BRAND = 8
_COMPANIES, _SUBSTANCES, _WORDS = 450, 2_700, 4_000
_DOSAGES = (0.5, 1, 2, 2.5, 5, 10, 20, 25, 40, 50, 80, 100, 150, 200, 250, 300, 400, 500, 600, 650)
_BATCH = 20_000
_COLUMNS = (
    "item_seq", "name", "entp_name", "etc_otc", "status", "export_only", "ingredients", "source_facts", "opened_on",
    *SEARCH_COLUMNS,
)  # fmt: skip
# Columns without a default of the database's own.
_CONSTANTS = {
    "name_en": "", "class_name": "", "image_url": "", "ingredients_en": "{}", "coverage": "name_only", "popularity": 0,
    "source_hashes": "{}", "label_outcome": "untried", "created_at": "2026-01-01", "updated_at": "2026-01-01",
}  # fmt: skip

Row = list[object]


class Maker:
    """Made-up rows, the same ones for the same seed."""

    def __init__(self, count: int, seed: int = 5) -> None:
        self.random = random.Random(seed)
        self.count = count
        self.companies = [f"{self.word(2, 3)}제약" for _ in range(_COMPANIES)]
        self.substances = [self.word(4, 7) for _ in range(_SUBSTANCES)]
        self.words = [self.word(2, 4) for _ in range(_WORDS)]
        # A few ingredients are in a great many products, as in the real list.
        self.weights = list(accumulate(1 / (place + 5) for place in range(_SUBSTANCES)))

    def word(self, shortest: int, longest: int) -> str:
        draw = self.random
        parts = ((draw.choice(_INITIALS), draw.choice(_VOWELS), draw.choice(_FINALS)) for _ in range(longest))
        return "".join(join_syllable(*part) for part in islice(parts, draw.randint(shortest, longest)))

    def products(self) -> Iterator[Row]:
        for number in range(self.count):
            if number % _PER_BRAND == 0:
                brand = self.word(2, 5)
                company = self.random.choice(self.companies)
            yield self._product(number, brand, company)

    def _product(self, number: int, brand: str, company: str) -> Row:
        draw = self.random
        substance = draw.choices(self.substances, cum_weights=self.weights)[0]
        listed = [substance] if draw.random() < 0.75 else []
        dosage = f"{draw.choice(_DOSAGES):g}밀리그램" if draw.random() < 0.67 else ""
        name = f"{brand}{draw.choice(('', '', '에스', '플러스', '콜드'))}{draw.choice(FORMS)}{dosage}({substance})"
        columns = search_columns(name=name, ingredients=listed)
        facts = {"permit": {"name": name, "entp_name": company, "etc_otc": "전문의약품", "cancel_name": "정상"}}
        status = draw.choices(("active", "unknown", "withdrawn"), (42, 50, 8))[0]
        opened = f"20{draw.randint(20, 25)}-{draw.randint(1, 12):02}-01" if draw.random() < 0.15 else ""
        return [
            str(300_000_000 + number), name, company, "전문의약품", status, draw.random() < 0.05, listed,
            json.dumps(facts, ensure_ascii=False), opened, *(getattr(columns, column) for column in SEARCH_COLUMNS),
        ]  # fmt: skip

    def efficacy(self, ids: Sequence[int]) -> Iterator[Row]:
        """For 15 of 100 products, the row of medicine_efficacy."""
        symptoms = all_symptoms()
        for medicine_id in ids:
            if self.random.random() < 0.15:
                named = self.random.sample(symptoms, self.random.randint(2, 8))
                wordings = [symptom.wordings[0] for symptom in named]
                flat = "이약은" + "".join(wordings) + "".join(self.random.choices(self.words, k=12)) + "에사용합니다"
                places = [flat.index(wording) for wording in wordings]
                yield [medicine_id, "", flat, to_keys(flat), [symptom.name for symptom in named], places]


def fill(connection: Connection, maker: Maker) -> None:
    """Replace the catalogue with made-up products. Indexes are dropped and built again, which is quicker."""
    with connection, connection.cursor() as cursor:
        cursor.execute("TRUNCATE medicine, medicine_brand, medicine_term CASCADE")
        cursor.execute(
            """SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN ('medicine', 'medicine_efficacy')
               AND indexname LIKE 'idx_%'"""
        )
        indexes = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        _copy(connection, "medicine", (*_COLUMNS, *_present(connection)), _completed(connection, maker.products()))
        cursor.execute("SELECT id FROM medicine ORDER BY id")
        ids = [medicine_id for (medicine_id,) in cursor.fetchall()]
        columns = ("medicine_id", "text_hash", "flat", "keys", "symptoms", "places")
        _copy(connection, "medicine_efficacy", columns, maker.efficacy(ids))
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for _, definition in indexes:
            cursor.execute(definition)


def _present(connection: Connection) -> list[str]:
    """Those of the constant columns that the table has."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT column_name FROM information_schema.columns WHERE table_name = 'medicine'")
        existing = {name for (name,) in cursor.fetchall()}
    return [name for name in _CONSTANTS if name in existing]


def _completed(connection: Connection, rows: Iterator[Row]) -> Iterator[Row]:
    constants = [_CONSTANTS[name] for name in _present(connection)]
    return ([*row, *constants] for row in rows)


def _copy(connection: Connection, table: str, columns: Sequence[str], rows: Iterator[Row]) -> None:
    while batch := list(islice(rows, _BATCH)):
        buffer = StringIO()
        writer = csv.writer(buffer)
        writer.writerows([_array(value) if isinstance(value, list) else value for value in row] for row in batch)
        buffer.seek(0)
        # Quoted nothing is an empty text, bare nothing is null; only a date may be null here.
        forced = ", ".join(column for column in columns if column != "opened_on")
        with connection.cursor() as cursor:
            cursor.copy_expert(
                f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT csv, FORCE_NOT_NULL ({forced}))", buffer
            )


def _array(values: Sequence[object]) -> str:
    return "{" + ",".join(json.dumps(value, ensure_ascii=False) for value in values) + "}"
