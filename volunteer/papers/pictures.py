"""Charts of pages as pictures, for documents that know no SVG. Pure."""

import typst

from .documents import typefaces

_DRAWN = b'#set page(width: auto, height: auto, margin: 0pt)\n#image(bytes(sys.inputs.chart), format: "svg")'
_LOOK = """<style>
.q0 { fill: #e1e6e2 } .q1, .q2, .q3, .q4 { fill: #0b6e5f } .q1 { opacity: .28 } .q2 { opacity: .5 } .q3 { opacity: .75 }
text { fill: #333; font: 16px "Noto Sans CJK SC" }
</style>"""
"""On paper: what style.css says of charts, in light."""
WIDTH = 640
"""Pixels, of a page that is neither narrow nor wide."""


def as_png(chart: str) -> bytes:
    """A chart as a page has it, `<svg … width="100%">`, as a PNG twice as fine. The same chart gives the same bytes."""
    head, mark, rest = chart.partition(">")
    head = head.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"').replace("100%", str(WIDTH))
    inputs = {"chart": head + mark + _LOOK + rest}
    return typst.compile(_DRAWN, format="png", ppi=192, sys_inputs=inputs, font_paths=typefaces())
