"""A page as a document: what stands on it, where it leads, and what paper does not need."""

from datetime import UTC, datetime
from io import BytesIO

from docx import Document

from volunteer.papers.docx import as_docx
from volunteer.papers.pictures import as_png

MORNING = datetime(2026, 11, 23, tzinfo=UTC)
CHART = (
    '<svg class="chart" width="100%" height="50"><rect class="q2" width="40%" height="50"/><text y="20">7</text></svg>'
)


def test_a_chart_is_a_picture_twice_as_fine_and_the_same_every_time() -> None:
    drawn = as_png(CHART)
    assert (int.from_bytes(drawn[16:20]), int.from_bytes(drawn[20:24])) == (1280, 100)
    assert drawn == as_png(CHART) != as_png(CHART.replace("7", "8"))


def test_words_stay_in_order_with_their_links_and_what_is_not_for_paper_is_left_out() -> None:
    page = """<h1>Year &amp; more</h1>
        <p class="meta"><span>Hours:</span> <span><a href="/list?of=x&amp;n=1">2.5</a></span>
        <span>people</span></p><p class="no-print">Print</p><form><p>Search</p></form><p>终。 始\x00</p>"""
    document = Document(BytesIO(as_docx(page, "Year", "https://ours.example/", MORNING)))
    assert [one.text.strip() for one in document.paragraphs] == ["Year & more", "Hours: 2.5 · people", "终。始"]
    (link,) = document.paragraphs[1].hyperlinks
    assert (link.address, link.text.strip()) == ("https://ours.example/list?of=x&n=1", "2.5")
