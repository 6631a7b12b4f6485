"""The order of the house, where the contracts in pyproject.toml (`lint-imports`) cannot tell: names, time, size."""

import ast
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from volunteer import FEATURES, SHARED
from volunteer.home.landmarks import BELONG, LANDMARKS, UP

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "volunteer"
MODULES = sorted(path.relative_to(ROOT) for path in PACKAGE.rglob("*.py"))
TEMPLATES = sorted(path.relative_to(ROOT) for path in (ROOT / "templates").rglob("*.html"))

CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
RANK = {room: n for n, layer in enumerate(CONTRACTS[0]["layers"][::-1]) for room in layer.split(" : ")}
"""How far down a room is in the order in which they may know each other; all may know those of rank 0."""
ROLES = {"models", "rules", "service", "views", "forms", "jobs", "states"}
"""What a module is called for its part in a room; every other one is called after what it holds."""
NO_MORE_THAN = {"file": 300, "function": 30, "view": 15, "room": 14, "template": 120, "line": 140}
"""Lines; of a room files, of a template's line characters."""
TO_BE_MADE_SMALLER: dict[str, int] = {}
GUIDE = {
    "shared": 2_500,
    "accounts": 450,
    "notices": 650,
    "teams": 900,
    "activities": 950,
    "signups": 1_600,
    "ledger": 1_000,
    "schedule": 850,
    "checkin": 600,
    "sheets": 400,
    "stars": 200,
    "ratings": 650,
    "plans": 750,
    "certificates": 200,
    "calendar": 850,
    "home": 400,
    "api": 350,
}
"""About how many lines of each room the budget allows; what all rooms may know has one share together."""


def name_of(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {name_of(path): path for path in MODULES}
VIEWS = [name for name in NAMES if re.fullmatch("(.*_)?views", name.rpartition(".")[2])]
"""The pages: `views`, and those that say of what (`code_views`)."""


def room_of(name: str) -> str:
    """The feature a module belongs to; `shared` for what all may know, `beside` for what may know all."""
    room = name.partition(".")[2].partition(".")[0]
    return room if room in FEATURES else "shared" if room in RANK and room not in ("demo", "cli") else "beside"


@cache
def tree_of(name: str) -> ast.Module:
    return ast.parse((ROOT / NAMES[name]).read_text(encoding="utf-8"))


def test_the_rooms_open_in_the_order_in_which_they_may_know_each_other():
    assert [room for room, rank in RANK.items() if rank] == [*SHARED, *FEATURES, "demo", "cli"]


def test_one_name_is_one_class():
    classes = Counter(node.name for name in NAMES for node in ast.walk(tree_of(name)) if isinstance(node, ast.ClassDef))
    assert [name for name, times in classes.items() if times > 1 and not name.startswith("_")] == []


def test_one_name_is_one_module():
    modules = Counter(name.rpartition(".")[2] for name in NAMES)
    assert [name for name, times in modules.items() if times > 1 and name not in ROLES] == []


def attributes(name: str) -> Iterator[ast.Attribute]:
    return (node for node in ast.walk(tree_of(name)) if isinstance(node, ast.Attribute))


def test_only_the_edge_commits():
    for name in NAMES.keys() - {"volunteer.storage.connections", "volunteer.storage.database"}:
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
    for name in VIEWS:
        for node in attributes(name):
            queried = isinstance(node.value, ast.Name) and (node.value.id, node.attr) == ("db", "session")
            assert not queried, f"{name}:{node.lineno} queries by itself"


ASKING = {"members", "leaders", "day_leaders", "administrators"}


def test_every_page_and_button_asks_who_is_there_or_is_on_the_list_of_those_that_need_not():
    """Views without a decorator of access.py are few, and named here."""
    open_to_all = {
        "volunteer.accounts.views.log_in",
        "volunteer.teams.views.join",
        "volunteer.teams.views.come_in",
        "volunteer.calendar.views.feed",
        "volunteer.checkin.code_views.ring",
        "volunteer.checkin.code_views.scan",
        "volunteer.home.views.show_public_date",
        "volunteer.home.views.show_team",
    }
    found = set()
    for name in VIEWS:
        for function in functions_of(name):
            decorators = {ast.unparse(decorator).partition("(")[0] for decorator in function.decorator_list}
            if any(decorator.startswith("bp.") for decorator in decorators):
                found |= set() if decorators & ASKING else {f"{name}.{function.name}"}
    assert found == open_to_all


# What leads where: the name of a page, written in a room above the page's own, is an arrow against the order


def functions_of(name: str) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(tree_of(name)) if isinstance(node, ast.FunctionDef))


BLUEPRINT = re.compile(r"Blueprint\('(\w+)'")
PAGES = {
    f"{(BLUEPRINT.findall(ast.unparse(tree_of(name))) or [room_of(name)])[0]}.{function.name}": room_of(name)
    for name in VIEWS
    for function in functions_of(name)
    if any(ast.unparse(decorator).startswith("bp.") for decorator in function.decorator_list)
}
"""The room of every page, by the names `url_for` knows."""
TEXTS = {path.as_posix().removeprefix("templates/"): (ROOT / path).read_text(encoding="utf-8") for path in TEMPLATES}


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
    assert arrows == set()


def test_every_landmark_is_a_page_and_is_asked_for():
    assert {*LANDMARKS.values(), *UP, *UP.values(), *BELONG, *BELONG.values()} <= PAGES.keys()
    texts = "".join([*TEXTS.values(), *((ROOT / path).read_text(encoding="utf-8") for path in MODULES)])
    assert set(re.findall(r"""landmark\(['"](\w+)['"]\)""", texts)) == LANDMARKS.keys()


# How long things get


def length(function: ast.FunctionDef) -> int:
    """Lines of the body, without the docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def lines_of(path: Path) -> list[str]:
    return (ROOT / path).read_text(encoding="utf-8").splitlines()


def sizes() -> Iterator[tuple[str, str, int]]:
    """Everything that has a size: of what kind it is, where, and how many lines, files that hold any, or characters."""
    for name, path in NAMES.items():
        yield "file", name, len(lines_of(path))
        for function in functions_of(name):
            is_view = name in VIEWS and function.decorator_list
            yield "view" if is_view else "function", f"{name}.{function.name}", length(function)
    held = (path.parts[1] for path in MODULES if len(path.parts) > 2 and lines_of(path))
    for room, files in Counter(held).items():
        yield "room", room, files
    for path in TEMPLATES:
        yield "template", path.as_posix(), len(lines_of(path))
        yield from (("line", f"{path}:{n}", len(line)) for n, line in enumerate(lines_of(path), 1))


def test_nothing_grows_too_long_to_be_read_at_once():
    too_long = {where: size for kind, where, size in sizes() if size > NO_MORE_THAN[kind]}
    assert too_long == TO_BE_MADE_SMALLER


def test_the_house_stays_small():
    share = Counter[str]()
    for name, path in NAMES.items():
        share[room_of(name)] += sum(bool(line.strip()) for line in lines_of(path))
    told = "\n".join(f"{room:12} {lines:6} of {GUIDE.get(room, '–'):>6}" for room, lines in share.most_common())
    assert share.total() <= 22_000, f"{share.total()} lines:\n{told}"
    assert sum("__tablename__" in line for path in MODULES for line in lines_of(path)) <= 44


def test_what_a_room_keeps_among_its_jobs_is_one_of_the_jobs_that_are_done():
    jobs = {"tick", "check", "rebuild", "export_me", "erase_me", "merge", "retain"}
    for name in (name for name in NAMES if name.endswith(".jobs")):
        for function in functions_of(name):
            kinds = {job for job in jobs if function.name == job or function.name.startswith(f"{job}_")}
            assert kinds or function.name.startswith("_"), f"{name}.{function.name} is called by nobody"


def in_the_house(name: str) -> bool:
    """Is there such a module, or such a thing in such a module?"""
    module, _, thing = name.rpartition(".")
    homes = [tree_of(one) for one in NAMES if one.endswith(f".{module}")]
    things = {node.name for tree in homes for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    return thing in things or any(one.endswith(f".{name}") for one in NAMES)


def test_what_a_sentence_names_is_in_the_house():
    for path in (*MODULES, *(ROOT / "docs").rglob("*.md"), ROOT / "README.md"):
        for name in re.findall(r"`([a-z_]+(?:\.[a-z_]+)+)`", (ROOT / path).read_text(encoding="utf-8")):
            assert name.endswith((".py", ".sh", ".toml")) or in_the_house(name), f"{path}: {name}"


def test_nothing_is_named_for_nothing():
    words = {part for name in NAMES for part in name.split(".")}
    assert not words & {"utils", "util", "helpers", "helper", "managers", "manager", "common", "misc"}
