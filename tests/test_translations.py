"""Everything people read is translated, and nothing they read goes past the catalogues."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_keywords, parse_mapping_cfg
from babel.messages.pofile import read_po
from jinja2 import Environment

ROOT = Path(__file__).parents[1]
TRANSLATIONS = ROOT / "volunteer/translations"
LANGUAGES = sorted(path.parent.parent.name for path in TRANSLATIONS.glob("*/LC_MESSAGES/messages.po"))
HAN = re.compile(r"[\u3400-\u9fff]")
WORDS = re.compile(r"[A-Za-z\u3400-\u9fff][A-Za-z\u3400-\u9fff ]*")
PLACES = re.compile(r"%\((\w+)\)[sd]")

SAME_IN_EVERY_LANGUAGE = {"iPhone", "Outlook", "%(what)s（%(of)s）"}
READ_ALOUD = {"alt", "aria-label", "aria-description", "placeholder", "title"}
WITHIN_A_TAG = {"block width", "macro data"}  # they give attributes, not words

# Chinese that is data, not wording: what ships to a team, what files are headed with, what festivals are called.
HOMES_OF_CHINESE_DATA = {
    "activities/kinds.py",
    "papers/notation.py",
    "cli.py",
    "clock.py",
    "demo.py",
    "health.py",
    "ics.py",
    "papers/tables/lines.py",
    "papers/tables/written_days.py",
    "plans/rules.py",
    "plans/targets.py",
    "teams/roster.py",
}
CHINESE_IN_CODE = {"中文", "EEE M月d日", "y年M月d日 EEE"}  # a language's own name, and patterns of dates


@pytest.fixture(scope="module")
def sentences() -> Catalog:
    """What `make messages` would collect now."""
    keywords = re.search(r"pybabel .* extract .*-k '([^']+)'", (ROOT / "Makefile").read_text(encoding="utf-8"))
    assert keywords, "the Makefile no longer says by which words sentences are known"
    known = DEFAULT_KEYWORDS | parse_keywords(keywords[1].split())
    with (TRANSLATIONS / "babel.cfg").open(encoding="utf-8") as mapping:
        methods, options = parse_mapping_cfg(mapping)
    catalogue = Catalog()
    for folder in ("volunteer", "templates"):
        for file, _, sentence, _, context in extract_from_dir(ROOT / folder, methods, options, known):
            catalogue.add(sentence, locations=[(file, 0)], context=context)
    assert len(catalogue) > 200, "hardly any sentence was found"
    return catalogue


def test_what_any_kind_of_refusal_says_is_collected() -> None:
    classes = re.compile(r"^class (\w+)\(Refused\)", re.MULTILINE)
    kinds = {kind for file in (ROOT / "volunteer").rglob("*.py") for kind in classes.findall(file.read_text("utf-8"))}
    keywords = re.search(r"-k '([^']+)'", (ROOT / "Makefile").read_text("utf-8"))
    assert keywords and kinds <= set(keywords[1].split())


@pytest.fixture(params=LANGUAGES)
def catalogue(request: pytest.FixtureRequest) -> Catalog:
    with (TRANSLATIONS / request.param / "LC_MESSAGES/messages.po").open("rb") as file:
        return read_po(file, locale=request.param)


def entries(catalogue: Catalog) -> Iterator[Message]:
    return (message for message in catalogue if message.id)


def forms(text: str | tuple[str, ...] | None) -> tuple[str, ...]:
    return text if isinstance(text, tuple) else (text or "",)


def test_chinese_is_there() -> None:
    assert "zh_Hans_CN" in LANGUAGES


def test_every_sentence_is_translated(sentences: Catalog, catalogue: Catalog) -> None:
    missing = [
        f"{message.locations[0][0]}: {message.id}"
        for message in entries(sentences)
        if not (found := catalogue.get(message.id, message.context)) or not all(map(str.strip, forms(found.string)))
    ]
    assert missing == [], "run `make messages`, then translate these"


def test_translations_are_sure_and_none_is_left_over(sentences: Catalog, catalogue: Catalog) -> None:
    assert not catalogue.fuzzy
    assert [message.id for message in entries(catalogue) if message.fuzzy] == []
    assert list(catalogue.obsolete) == []
    assert [m.id for m in entries(catalogue) if m.id not in sentences] == [], "run `make messages`"


def test_translations_keep_the_places_for_values(catalogue: Catalog) -> None:
    """A plural's first form may write "once" for the number; a language with one form may not."""
    wrong = [
        message.id
        for message in entries(catalogue)
        for n, form in enumerate(forms(message.string))
        if set(PLACES.findall(form)) != set(PLACES.findall(forms(message.id)[-1]))
        and not (n == 0 < len(forms(message.string)) - 1)
    ]
    assert wrong == []


def test_a_catalogue_names_nobody_and_no_machine() -> None:
    for language in LANGUAGES:
        text = (TRANSLATIONS / language / "LC_MESSAGES/messages.po").read_text(encoding="utf-8")
        assert not re.search(r"^#: |@|FIRST AUTHOR|FULL NAME", text, re.MULTILINE)


def test_chinese_reads_as_chinese() -> None:
    """In Han characters, with full-width punctuation, and with 你 as among colleagues."""
    with (TRANSLATIONS / "zh_Hans_CN/LC_MESSAGES/messages.po").open("rb") as file:
        catalogue = read_po(file, locale="zh_Hans_CN")
    texts = [form for message in entries(catalogue) for form in forms(message.string)]
    assert [text for text in texts if not HAN.search(text) and text not in SAME_IN_EVERY_LANGUAGE] == []
    assert [text for text in texts if re.search(r"[\u3400-\u9fff] ?[,;:!?()]|[“”‘’]|您|\.$", text)] == []


class Reader(HTMLParser):
    """Collects the words of a page, seen or read aloud."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in READ_ALOUD:
                self.handle_data(value or "")

    def handle_data(self, data: str) -> None:
        self.words += WORDS.findall(data)


def own_words(template: str) -> list[str]:
    """The words of a template that no expression gives, and Chinese within an expression."""
    text, chinese, around, statement = [], [], [], []
    for _, kind, value in Environment(autoescape=True).lex(template):
        if kind == "data" and not WITHIN_A_TAG & set(around):
            text.append(value)
        elif kind == "string" and HAN.search(value):
            chinese.append(value)
        elif kind == "block_begin":
            statement = []
        elif kind in ("name", "operator"):
            statement.append(value)
        elif kind == "block_end" and statement[0] in ("block", "macro"):
            around.append(" ".join(statement[:2]))
        elif kind == "block_end" and statement[0] in ("endblock", "endmacro"):
            around.pop()
    reader = Reader()
    reader.feed("".join(text))
    reader.close()
    return [word.strip() for word in reader.words] + chinese


def own_printed_words(template: str) -> list[str]:
    """The words of a template of typst that stand in its text, where no expression gives them, and any Chinese."""
    code = re.sub(r"//.*", "", template)
    plain = re.sub(r'"[^"]*"', '""', code)
    text = re.sub(r"#[\w.]+(\((?:[^()]|\([^()]*\))*\))*", "", plain)
    return [word.strip() for inner in re.findall(r"\[([^\[\]]*)\]", text) for word in WORDS.findall(inner)] + [
        word for word in WORDS.findall(code) if HAN.search(word)
    ]


def own_chinese(code: str) -> list[str]:
    """Chinese in the strings of a module; documentation may quote it."""
    tree = ast.parse(code)
    remarks = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in remarks
        if HAN.search(node.value) and node.value not in CHINESE_IN_CODE
    ]


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("<p>{{ _('Hello') }} · ★ 3/5 –</p><!-- note -->{# note #}", []),
        ("<button{% if x %} class='quiet'{% endif %} name=mark>{{ _('Save') }}</button>", []),
        ("{% block width %}wide{% endblock %}", []),
        ("{% block title %}Members{% endblock %}", ["Members"]),
        ("<p>{% if x %}Hello there{% endif %}</p>", ["Hello there"]),
        ("<a aria-label='Next'>→ 下周</a>", ["Next", "下周"]),
        ("{{ '领队' if x }}", ["'领队'"]),
    ],
)
def test_the_reader_sees_what_people_see(template: str, words: list[str]) -> None:
    assert own_words(template) == words


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("#grid([#given.title \\ #text(9pt, fill: luma(3), given.when)], [], [–]) // a note", []),
        ("#text(9pt)[Hello there #given.name]", ["Hello there"]),
        ('#text("领队")', ["领队"]),
    ],
)
def test_the_reader_sees_what_is_printed(template: str, words: list[str]) -> None:
    assert own_printed_words(template) == words


def test_the_reader_of_code_tells_wording_from_remarks() -> None:
    assert own_chinese('"""周五"""\ndef f():\n    """周五"""\n    return f"周六{f}"') == ["周六"]


def test_templates_say_nothing_past_the_catalogues() -> None:
    templates = ROOT / "templates"
    said = {
        path.relative_to(templates).as_posix(): words
        for path in sorted(templates.rglob("*.*"))
        if (words := (own_printed_words if path.suffix == ".typ" else own_words)(path.read_text(encoding="utf-8")))
    }
    assert said == {}, "wrap these words in _(...)"


def test_code_holds_no_chinese_wording() -> None:
    package = ROOT / "volunteer"
    said = {
        name: strings
        for path in sorted(package.rglob("*.py"))
        if (name := path.relative_to(package).as_posix()) not in HOMES_OF_CHINESE_DATA
        if (strings := own_chinese(path.read_text(encoding="utf-8")))
    }
    assert said == {}, "write the sentence in English, and its Chinese in the catalogue"
