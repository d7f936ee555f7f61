"""The doctor's sheet as a PDF: an A4 page or a few, with the list first. Pure.

The letters used are embedded, from NanumGothic (OFL): a reader without a Korean font shows them all the same.
"""

import io
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.metadata import distribution
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from schedules.selectors.sheet import Sheet, at_once, how, local, period, status

_FONT = "NanumGothic"
# The package is here for this file alone; nothing of it is imported.
_FILE = ("koreanize-matplotlib", "koreanize_matplotlib/fonts/NanumGothic.ttf")
_LIST = ("약", "용량", "먹는 때", "메모")
_LIST_WIDTHS = (50 * mm, 22 * mm, 68 * mm, 40 * mm)
_KEPT = ("약", "예정", "제때", "늦게", "건너뜀", "놓침", "복용률")
_KEPT_WIDTHS = (70 * mm, 18 * mm, 18 * mm, 18 * mm, 18 * mm, 18 * mm, 20 * mm)
_ROWS = ("날짜", "예정", "약", "용량", "상태", "먹은 시각")
_ROW_WIDTHS = (24 * mm, 16 * mm, 72 * mm, 22 * mm, 18 * mm, 28 * mm)
_NOTICE = "환자가 직접 적은 기록입니다. 진단이나 처방을 대신하지 않습니다."


@cache
def _font() -> str:
    package, path = _FILE
    pdfmetrics.registerFont(TTFont(_FONT, str(distribution(package).locate_file(path))))
    return _FONT


def _style(size: float, **more: Any) -> ParagraphStyle:
    return ParagraphStyle(f"s{size}", fontName=_font(), fontSize=size, leading=size * 1.45, wordWrap="CJK", **more)


def as_pdf(given: Sheet) -> bytes:
    out = io.BytesIO()
    document = SimpleDocTemplate(
        out, pagesize=A4, leftMargin=15 * mm, rightMargin=15 * mm, topMargin=15 * mm, bottomMargin=18 * mm,
        title="복약 기록", author="Pilling",
    )  # fmt: skip
    document.build(list(_story(given)), onFirstPage=_foot, onLaterPages=_foot)
    return out.getvalue()


def _story(given: Sheet) -> Iterable[Any]:
    yield Paragraph("복약 기록", _style(18))
    yield Paragraph(f"{given.made_at:%Y-%m-%d %H:%M} 기준 ({escape(given.person.zone.key)})", _style(9))
    yield Spacer(1, 5 * mm)
    yield from _section("지금 먹는 약", _LIST, _LIST_WIDTHS, [_plan(plan) for plan in given.plans])
    yield from _section(
        f"얼마나 지켰나 ({period(given)})", _KEPT, _KEPT_WIDTHS, [_kept(one) for one in given.kept["medicines"]]
    )
    yield from _section("날짜별 기록", _ROWS, _ROW_WIDTHS, [_row(row, given) for row in reversed(given.rows)])


def _section(title: str, head: Sequence[str], widths: Sequence[float], rows: list[list[str]]) -> Iterable[Any]:
    yield Paragraph(title, _style(13, spaceAfter=2 * mm))
    if not rows:
        yield Paragraph("적힌 것이 없습니다.", _style(9))
    else:
        style = _style(8.5)
        cells = [[Paragraph(escape(cell), style) for cell in line] for line in [list(head), *rows]]
        yield Table(cells, colWidths=list(widths), repeatRows=1, style=_GRID)
    yield Spacer(1, 6 * mm)


_GRID = TableStyle(
    [
        ("GRID", (0, 0), (-1, -1), 0.4, colors.HexColor("#b8c0cc")),
        ("BACKGROUND", (0, 0), (-1, 0), colors.HexColor("#eef2f7")),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
    ]
)


def _plan(plan: dict[str, Any]) -> list[str]:
    return [plan["medicine_name"], at_once(plan) or "단계마다", how(plan), plan["notes"][:200]]


def _kept(one: dict[str, Any]) -> list[str]:
    rate = "-" if one["rate"] is None else f"{one['rate']:.0%}"
    return [one["medicine_name"], *(str(one[kind]) for kind in ("due", "on_time", "late", "skipped", "missed")), rate]


def _row(row: dict[str, Any], given: Sheet) -> list[str]:
    due, taken = local(row["scheduled_time"], given), local(row["completed_at"], given)
    dose = f"{row['dose']['amount']}{row['dose']['unit']}"
    return [
        f"{due:%Y-%m-%d}", f"{due:%H:%M}", row["medicine"]["name"], dose, status(row),
        f"{taken:%m-%d %H:%M}" if taken else "",
    ]  # fmt: skip


def _foot(canvas: Any, document: Any) -> None:
    canvas.setFont(_font(), 8)
    canvas.drawString(15 * mm, 10 * mm, _NOTICE)
    canvas.drawRightString(A4[0] - 15 * mm, 10 * mm, str(document.page))
