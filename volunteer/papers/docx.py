"""Pages as documents for Word and WPS: headings, paragraphs, tables, links and charts of a page's markup. Pure.

So a sentence or a number has one home, its page. What is not for paper (`no-print`, forms, names of folds) is left out.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from io import BytesIO
from typing import Any
from urllib.parse import urljoin

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph
from lxml import etree, html

from ..words import printable
from .pictures import as_png

STYLES = {"h1": "Title", "h2": "Heading 1", "h3": "Heading 2", "li": "List Bullet", "figcaption": "Caption"}
_BODY, _HEAD = ("Times New Roman", "SimSun"), ("Arial", "SimHei")
"""For letters of the West, for Han characters: what offices have."""
_LEADS_TO = RELATIONSHIP_TYPE.HYPERLINK
_APART = " · "
_NOT_FOR_PAPER = "//*[contains(@class, 'no-print') or @aria-hidden or self::form or self::progress or self::summary]"
_BLOCKS = "//h1|//h2|//h3|//p|//li|//figcaption|//table|//svg|//div[contains(@class, 'tick')]"


def as_docx(page: str, title: str, base: str, made_at: datetime) -> bytes:
    """A page on A4. base: the address its links stand under; made_at: when, as the file says of itself."""
    document, tree = _blank_sheet(), html.document_fromstring(printable(page))
    for node in tree.xpath(_NOT_FOR_PAPER):
        node.drop_tree()
    for node in tree.xpath(_BLOCKS):
        _write(document, node, base)
    about = document.core_properties
    about.title, about.author, about.comments = title, "", ""
    about.created = about.modified = made_at.replace(tzinfo=None)
    file = BytesIO()
    document.save(file)
    return file.getvalue()


def _blank_sheet() -> Any:
    document = Document()
    sheet = document.sections[0]
    sheet.page_width, sheet.page_height = Mm(210), Mm(297)
    sheet.left_margin = sheet.right_margin = Mm(25)
    for style in document.styles:
        if hasattr(style, "font"):
            latin, han = _HEAD if str(style.name).startswith(("Title", "Heading")) else _BODY
            fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
            fonts.attrib.clear()  # those of a theme would win
            for name, font in (("ascii", latin), ("hAnsi", latin), ("eastAsia", han)):
                fonts.set(qn(f"w:{name}"), font)
            style.font.color.rgb = RGBColor(0, 0, 0)
    document.styles["Normal"].font.size = Pt(11)
    document.styles["Normal"].paragraph_format.space_after = Pt(4)
    return document


def _write(document: Any, node: Any, base: str) -> None:
    if node.tag == "svg":
        chart = etree.tostring(node, encoding="unicode", with_tail=False)
        document.add_picture(BytesIO(as_png(chart)), _width(document))
        drawn = document.inline_shapes[-1]._inline.docPr
        drawn.set("descr", node.get("aria-label", ""))
    elif node.tag == "table":
        _tabulate(document, node, base)
    else:
        _say(document.add_paragraph(style=STYLES.get(node.tag)), node, base)


def _width(document: Any) -> int:
    """Between the margins."""
    sheet = document.sections[0]
    return int(sheet.page_width - sheet.left_margin - sheet.right_margin)


def _tabulate(document: Any, node: Any, base: str) -> None:
    """A table whose head stands on every page again; names have twice the room of numbers, which stand at the right."""
    rows = [row.xpath("th|td") for row in node.iter("tr")]
    columns = max(map(len, rows))
    table = document.add_table(len(rows), columns, "Table Grid")
    widths = [_width(document) * (1 if n else 2) // (columns + 1) for n in range(columns)]
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    for line, cells in zip(table.rows, rows, strict=True):
        for n, (place, cell) in enumerate(zip(line.cells, cells, strict=False)):
            said = place.paragraphs[0]
            place.width = widths[n]
            said.paragraph_format.space_after = 0
            said.alignment = WD_ALIGN_PARAGRAPH.RIGHT if n and "sums" in node.get("class", "") else None
            _say(said, cell, base)
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    document.add_paragraph()


def _say(paragraph: Paragraph, node: Any, base: str) -> None:
    for words, address in _pieces(node):
        run = paragraph.add_run(words)
        run.bold = node.get("scope") == "col" or None
        if address:
            link = OxmlElement("w:hyperlink")
            known = paragraph.part.rels  # asking whether they know an address takes longer with each
            to = known.add_relationship(_LEADS_TO, urljoin(base, address), f"to{len(known)}", is_external=True)
            link.set(qn("r:id"), to.rId)
            run._r.addprevious(link)
            link.append(run._r)


def _pieces(node: Any) -> Iterator[tuple[str, str]]:
    """What is said within a part of a page, one after the other, and where each leads."""
    last = "："
    for words, address in _texts(node, "", " "):
        plain = re.sub("(?<=[。：]) ", "", re.sub(r"\s+", " ", words))
        if last in " 。：:":
            plain = plain.lstrip(" ·" if last in "：:" else " ")
        if plain:
            yield " " * (last == ":") + plain, address
            last = plain[-1]


def _texts(node: Any, address: str, between: str) -> Iterator[tuple[str, str]]:
    between = _APART if "meta" in node.get("class", "") else between
    yield node.text or "", address
    for n, child in enumerate(node):
        if n and child.tag in ("span", "small", "b"):
            yield _APART if child.tag == "b" else between, ""
        elif child.tag == "br":
            yield _APART, ""
        yield from _texts(child, child.get("href", address), between)
        yield child.tail or "", address
