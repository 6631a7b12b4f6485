"""The order of the house, where the contracts in pyproject.toml (`lint-imports`) cannot tell: names, time, size."""

import ast
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from volunteer import FEATURES
from volunteer.home.landmarks import LANDMARKS

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "volunteer"
MODULES = sorted(path.relative_to(ROOT) for path in PACKAGE.rglob("*.py"))
TEMPLATES = sorted(path.relative_to(ROOT) for path in (ROOT / "templates").rglob("*.html"))

CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
RANK = {room: n for n, layer in enumerate(CONTRACTS[0]["layers"][::-1]) for room in layer.split(" : ")}
"""How far down a room is in the order in which they may know each other; all may know those of rank 0."""
ROLES = {"models", "rules", "service", "views", "forms", "jobs", "states"}
"""What a module is called for its part in a room; every other one is called after what it holds."""
NO_MORE_THAN = {"file": 400, "function": 40, "view": 25, "template": 120}


def name_of(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {name_of(path): path for path in MODULES}


@cache
def tree_of(name: str) -> ast.Module:
    return ast.parse((ROOT / NAMES[name]).read_text(encoding="utf-8"))


def test_the_rooms_open_in_the_order_in_which_they_may_know_each_other():
    assert [room for room, rank in RANK.items() if rank] == ["storage", "web", "papers", *FEATURES, "demo", "cli"]


def test_one_name_is_one_class():
    classes = Counter(node.name for name in NAMES for node in ast.walk(tree_of(name)) if isinstance(node, ast.ClassDef))
    assert [name for name, times in classes.items() if times > 1 and not name.startswith("_")] == []


def test_one_name_is_one_module():
    modules = Counter(name.rpartition(".")[2] for name in NAMES)
    assert [name for name, times in modules.items() if times > 1 and name not in ROLES] == []


def attributes(name: str) -> Iterator[ast.Attribute]:
    return (node for node in ast.walk(tree_of(name)) if isinstance(node, ast.Attribute))


def test_only_the_edge_commits():
    for name in NAMES.keys() - {"volunteer.storage.database"}:
        for node in attributes(name):
            assert node.attr not in ("commit", "begin", "begin_nested"), f"{name}:{node.lineno} ends or begins a write"


def test_only_the_clock_asks_what_time_it_is():
    for name in NAMES.keys() - {"volunteer.clock"}:
        for node in attributes(name):
            where = f"{name}:{node.lineno}"
            assert node.attr not in ("utcnow", "fromtimestamp", "utcfromtimestamp"), where
            asked = isinstance(node.value, ast.Name) and node.value.id in ("datetime", "date")
            assert not (asked and node.attr in ("now", "today")), where
            assert not (isinstance(node.value, ast.Name) and (node.value.id, node.attr) == ("time", "time")), where


def test_views_ask_services_and_never_the_session_of_the_database():
    for name in (name for name in NAMES if name.endswith(".views")):
        for node in attributes(name):
            queried = isinstance(node.value, ast.Name) and (node.value.id, node.attr) == ("db", "session")
            assert not queried, f"{name}:{node.lineno} queries by itself"


def test_every_page_and_button_asks_who_is_there_or_is_on_the_list_of_those_that_need_not():
    """Views without a decorator of access.py are few, and named here."""
    open_to_all = {
        "volunteer.accounts.views.log_in",
        "volunteer.teams.views.join",
        "volunteer.teams.views.come_in",
        "volunteer.calendar.views.feed",
    }
    found = set()
    for name in (name for name in NAMES if name.endswith(".views")):
        for function in functions_of(name):
            decorators = {ast.unparse(decorator).partition("(")[0] for decorator in function.decorator_list}
            if any(decorator.startswith("bp.") for decorator in decorators):
                found |= {f"{name}.{function.name}"} - (
                    {f"{name}.{function.name}"} if decorators & {"members", "leaders", "administrators"} else set()
                )
    assert found == open_to_all


# What leads where: the name of a page, written in a room above the page's own, is an arrow against the order


def functions_of(name: str) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(tree_of(name)) if isinstance(node, ast.FunctionDef))


PAGES = {
    f"{room}.{function.name}": room
    for room in FEATURES
    if f"volunteer.{room}.views" in NAMES
    for function in functions_of(f"volunteer.{room}.views")
    if any(ast.unparse(decorator).startswith("bp.") for decorator in function.decorator_list)
}
"""The room of every page, by the names `url_for` knows."""
TEXTS = {path.as_posix().removeprefix("templates/"): (ROOT / path).read_text(encoding="utf-8") for path in TEMPLATES}
TO_BE_MENDED = {
    ("parts/notices.html", "home.me"),
    ("parts/notices.html", "home.show_occurrence"),
    ("parts/notices.html", "ledger.records"),
    ("parts/records.html", "home.show_occurrence"),
    ("schedule/cancel.html", "home.show_occurrence"),
    ("signups/withdraw.html", "home.show_occurrence"),
}
"""Where they ask for no landmark yet."""


@cache
def room_of_template(template: str) -> str:
    """A part belongs to the first of the rooms that use it; the frame around all pages, with its tabs, to the last."""
    if template == "base.html":
        return "home"
    folder = template.partition("/")[0]
    if folder != "parts":
        return {"errors": "web"}.get(folder, folder)
    users = [room_of_template(user) for user, text in TEXTS.items() if template in text]
    return min(users, key=RANK.__getitem__)


def written() -> Iterator[tuple[str, str, str]]:
    """Every text in quotation marks that may be a name: the room it is written in, where, and the text."""
    for name in NAMES.keys() - {"volunteer"}:
        for node in ast.walk(tree_of(name)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield name.split(".")[1], name, node.value
    for template, text in TEXTS.items():
        for name in re.findall(r"""['"]([\w./]+)['"]""", text):
            yield room_of_template(template), template, name


def test_no_room_names_a_page_of_a_room_below_it():
    rooms = PAGES | {template: room_of_template(template) for template in TEXTS if template != "base.html"}
    arrows = {(where, text) for room, where, text in written() if text in rooms and RANK[rooms[text]] > RANK[room]}
    assert arrows == TO_BE_MENDED


def test_every_landmark_is_a_page_and_is_asked_for():
    assert set(LANDMARKS.values()) <= PAGES.keys()
    texts = "".join([*TEXTS.values(), *((ROOT / path).read_text(encoding="utf-8") for path in MODULES)])
    assert set(re.findall(r"""landmark\(['"](\w+)['"]\)""", texts)) == LANDMARKS.keys()


# How long things get


def length(function: ast.FunctionDef) -> int:
    """Lines of the body, without the docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_nothing_grows_too_long_to_be_read_at_once():
    too_long = []
    for name, path in NAMES.items():
        lines = len((ROOT / path).read_text(encoding="utf-8").splitlines())
        if lines > NO_MORE_THAN["file"]:
            too_long.append(f"{path}: {lines} lines")
        for function in functions_of(name):
            kind = "view" if name.endswith(".views") and function.decorator_list else "function"
            if length(function) > NO_MORE_THAN[kind]:
                too_long.append(f"{path}:{function.lineno} {function.name}: {length(function)} lines")
    for path in TEMPLATES:
        lines = len((ROOT / path).read_text(encoding="utf-8").splitlines())
        if lines > NO_MORE_THAN["template"]:
            too_long.append(f"{path}: {lines} lines")
    assert not too_long


def test_the_house_stays_small():
    lines = [line for path in MODULES for line in (ROOT / path).read_text(encoding="utf-8").splitlines()]
    tables = sum("__tablename__" in line for line in lines)
    assert sum(bool(line.strip()) for line in lines) <= 9_000
    assert tables <= 40


def test_what_a_room_keeps_among_its_jobs_is_one_of_the_jobs_that_are_done():
    jobs = {"tick", "check", "export_me", "erase_me", "merge", "retain"}
    for name in (name for name in NAMES if name.endswith(".jobs")):
        for function in functions_of(name):
            kinds = {job for job in jobs if function.name == job or function.name.startswith(f"{job}_")}
            assert kinds or function.name.startswith("_"), f"{name}.{function.name} is called by nobody"


def test_nothing_is_named_for_nothing():
    words = {part for name in NAMES for part in name.split(".")}
    assert not words & {"utils", "util", "helpers", "helper", "managers", "manager", "common", "misc"}
