"""The permit's EE/UD/NB documents (XML with HTML inside) as label sections. Pure; called by medicines.wire."""

import html
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from medicines.labels import clean_text

MAX_DOCUMENT_CHARS = 4_000_000
_NAMED_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)[A-Za-z][A-Za-z0-9]*;")
_BARE_AMPERSAND = re.compile(r"&(?![A-Za-z][A-Za-z0-9]*;|#\d+;|#x[0-9A-Fa-f]+;)")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_HEADING = re.compile(r"\d{1,2}\.\s*\S.{0,80}")

# Article titles as the ministry's labels have them, most telling first; what fits none is a precaution.
_SECTION_OF_TITLE = (
    ("interaction", re.compile(r"상호\s*작용|함께|병용|동안\s*다음의\s*약")),
    ("storage", re.compile(r"보관|저장|취급")),
    ("side_effect", re.compile(r"이상\s*반응|부작용|즉각\s*중지")),
    ("warning", re.compile(r"경고")),
)


class BadDocumentError(ValueError):
    """A permit document that is no well-formed, harmless XML."""


@dataclass(frozen=True, slots=True)
class Article:
    """A titled piece of a document; `lines` are cleaned."""

    title: str
    lines: tuple[str, ...]

    def text(self) -> str:
        return "\n".join(line for line in (self.title, *self.lines) if line)


def document_sections(efficacy: str, usage: str, precautions: str) -> dict[str, str]:
    """Label sections of the three documents (EE, UD, NB), blank ones left out; BadDocumentError names the document."""
    sections = {"efficacy": _joined(_articles("EE", efficacy)), "usage": _joined(_articles("UD", usage))}
    sections |= _precautions(_articles("NB", precautions))
    return {name: text for name, text in sections.items() if text}


def _precautions(articles: Iterable[Article]) -> dict[str, str]:
    found: defaultdict[str, list[Article]] = defaultdict(list)
    for article in articles:
        found[_section(article.title)].append(article)
    return {name: _joined(members) for name, members in found.items()}


def _section(title: str) -> str:
    return next((name for name, words in _SECTION_OF_TITLE if words.search(title)), "precaution")


def _joined(articles: Iterable[Article]) -> str:
    return "\n".join(text for article in articles if (text := article.text()))


def _articles(kind: str, document: str) -> list[Article]:
    if not document.strip():
        return []
    root = _parsed(kind, document)
    nodes = list(root.iter("ARTICLE")) or [root]
    return [article for node in nodes for article in _split(_article(node))]


def _parsed(kind: str, document: str) -> Element:
    if len(document) > MAX_DOCUMENT_CHARS:
        raise BadDocumentError(f"{kind}: {len(document)} characters")
    # Labels use HTML's entities, which XML does not know; a declaration of entities of their own is refused below.
    named = _NAMED_ENTITY.sub(_decoded, _NOT_XML.sub("", document))
    try:
        root: Element = fromstring(_BARE_AMPERSAND.sub("&amp;", named), forbid_dtd=True)
    except (ParseError, DefusedXmlException) as error:
        raise BadDocumentError(f"{kind}: {type(error).__name__} {error}"[:200]) from error
    return root


def _decoded(entity: re.Match[str]) -> str:
    character = html.unescape(entity[0])
    return entity[0].replace("&", "&amp;") if character == entity[0] else character


def _article(node: Element) -> Article:
    paragraphs = (line for part in node.iter("PARAGRAPH") for line in _paragraph(part))
    return Article(clean_text(node.get("title")).replace("\n", " "), tuple(line for line in paragraphs if line))


def _paragraph(node: Element) -> list[str]:
    text = node.text or ""
    if node.get("tagName") == "table" or "<td" in text.lower():
        return table_lines(text)
    return clean_text(re.sub(r"<img[^>]*>", " [그림] ", text)).split("\n")


def _split(article: Article) -> Iterator[Article]:
    """An old label has one untitled article whose headings are lines like "2. 이상반응": an article each."""
    if article.title:
        yield article
        return
    title, lines = "", list[str]()
    for line in article.lines:
        if _HEADING.fullmatch(line) and not line.endswith("."):
            yield Article(title, tuple(lines))
            title, lines = line, []
        else:
            lines.append(line)
    yield Article(title, tuple(lines))


def table_lines(markup: str) -> list[str]:
    """One line a row, cells joined by " | "; a cell that spans rows is repeated, so that no row loses its dose."""
    reader = _TableReader()
    reader.feed(markup)
    reader.close()
    return [" | ".join(row) for row in reader.rows() if any(row)]


class _TableReader(HTMLParser):
    """Collects cells as (text, rowspan, colspan), row by row."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._rows: list[list[tuple[str, int, int]]] = []
        self._cell: list[str] | None = None
        self._span = (1, 1)

    def parse_html_declaration(self, i: int) -> int:
        """A declaration that none knows is text, as whatever follows it, not the end of the reading."""
        try:
            return super().parse_html_declaration(i)
        except AssertionError:
            return -1

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self._end_cell()
            self._rows.append([])
        elif tag in ("td", "th"):
            self._end_cell()
            given = dict(attrs)
            self._cell, self._span = [], (_span(given, "rowspan"), _span(given, "colspan"))
        elif tag in ("br", "p", "img") and self._cell is not None:
            self._cell.append(" [그림] " if tag == "img" else " ")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr", "table", "tbody"):
            self._end_cell()

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)
        elif data.strip():
            self._rows.append([(clean_text(data), 1, 1)])

    def _end_cell(self) -> None:
        if self._cell is not None:
            self._rows = self._rows or [[]]
            self._rows[-1].append((clean_text("".join(self._cell)).replace("\n", " "), *self._span))
        self._cell = None

    def rows(self) -> Iterator[list[str]]:
        """Cells of each row; one that spans columns stands once."""
        self._end_cell()
        hanging: dict[int, tuple[str | None, int]] = {}
        for cells in self._rows:
            row: list[str | None] = []
            for text, rows, columns in cells:
                _take_hanging(hanging, row)
                for covered in (text, *[None] * (columns - 1)):
                    if rows > 1:
                        hanging[len(row)] = (covered, rows - 1)
                    row.append(covered)
            _take_hanging(hanging, row)
            yield [cell for cell in row if cell is not None]


def _take_hanging(hanging: dict[int, tuple[str | None, int]], row: list[str | None]) -> None:
    """Continue the cells of earlier rows that reach down to this place."""
    while (held := hanging.pop(len(row), None)) is not None:
        text, left = held
        if left > 1:
            hanging[len(row)] = (text, left - 1)
        row.append(text)


def _span(attributes: Mapping[str, str | None], name: str) -> int:
    text = (attributes.get(name) or "1").strip()
    return min(max(int(text), 1), 50) if text.isascii() and text.isdigit() and len(text) < 4 else 1
