"""Makes volunteer/papers/fonts again, from the fonts of Debian; see decisions/0018.

apt-get install fonts-noto-cjk fonts-noto-core
python3 -m venv /tmp/fonts && /tmp/fonts/bin/pip install fonttools && /tmp/fonts/bin/python docs/fonts.py
"""

from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTCollection, TTFont

DEBIAN = Path("/usr/share/fonts")
PACKAGE = Path(__file__).parents[1] / "volunteer/papers/fonts"
SIMPLIFIED_CHINESE = 2
"""Its place in the collection."""
HANGUL = [*range(0x1100, 0x1200), *range(0x3130, 0x3190), *range(0xA960, 0xA980), *range(0xAC00, 0xD800)]
UPRIGHT_ONLY = ["VORG", "vhea", "vmtx", "BASE"]
"""Tables that only serve vertical text."""


def make(font: TTFont, letters: set[int], features: list[str], name: str) -> set[int]:
    """A font of these letters only."""
    options = Options(layout_features=features, hinting=False, glyph_names=False, notdef_outline=True)
    options.drop_tables += UPRIGHT_ONLY
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=letters)
    subsetter.subset(font)
    font.save(PACKAGE / name)
    return letters


if __name__ == "__main__":
    collection = TTCollection(DEBIAN / "opentype/noto/NotoSansCJK-Regular.ttc", recalcTimestamp=False)
    han = collection.fonts[SIMPLIFIED_CHINESE]
    tibetan = TTFont(DEBIAN / "truetype/noto/NotoSerifTibetan-Regular.ttf", recalcTimestamp=False)
    letters = make(han, han.getBestCmap().keys() - set(HANGUL), ["kern"], "NotoSansSC.otf")
    letters |= make(tibetan, set(tibetan.getBestCmap()), ["*"], "NotoSerifTibetan.ttf")
    shown = [letter for letter in map(chr, sorted(letters)) if letter.isprintable() or letter in "\u00a0\u3000"]
    lines = ["".join(shown[n : n + 64]) + "\n" for n in range(0, len(shown), 64)]
    (PACKAGE / "letters.txt").write_text("".join(lines), encoding="utf-8")
