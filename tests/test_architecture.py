"""The order of the house: who may know whom, what stays pure, where time and commits live, how long things get."""

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from volunteer import FEATURES

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "volunteer"
MODULES = sorted(path.relative_to(ROOT) for path in PACKAGE.rglob("*.py"))
TEMPLATES = sorted(path.relative_to(ROOT) for path in (ROOT / "templates").rglob("*.html"))

SHARED = ("storage", "web", "papers")
"""In the order in which they may know each other."""
KNOW_ALL = {"volunteer", "volunteer.cli", "volunteer.demo"}
PURE = ("rules", "recurrence", "ics", "states", "roster", "cards", "counting", "errors", "clock", "actor")
FRAMEWORKS = {"flask", "sqlalchemy", "werkzeug", "wtforms"}
NO_MORE_THAN = {"file": 400, "function": 40, "view": 25, "template": 120}


def name_of(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {name_of(path): path for path in MODULES}


@cache
def tree_of(name: str) -> ast.Module:
    return ast.parse((ROOT / NAMES[name]).read_text(encoding="utf-8"))


@cache
def imports_of(name: str, *, only_at_start: bool = False) -> frozenset[str]:
    """Every module that a module imports: ours by their full name, others as they are written.

    only_at_start: those that are imported when the module is, not the ones inside functions.
    """
    here = name if NAMES[name].name == "__init__.py" else name.rpartition(".")[0]
    found: set[str] = set()
    nodes: Iterator[ast.AST] = iter(_at_start(tree_of(name))) if only_at_start else ast.walk(tree_of(name))
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            package = here.rsplit(".", node.level - 1)[0] if node.level else ""
            source = ".".join(filter(None, (package, node.module or "")))
            # `from .teams import service` names a module, `from .clock import now` something in one.
            inside = {f"{source}.{alias.name}" for alias in node.names}
            found |= {module for module in inside if module in NAMES}
            if inside - NAMES.keys():
                found.add(source)
    return frozenset(found - {name})


def _at_start(node: ast.AST) -> list[ast.AST]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return []
    return [node, *(below for child in ast.iter_child_nodes(node) for below in _at_start(child))]


def feature_of(name: str) -> str | None:
    parts = name.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in FEATURES else None


def ours(names: frozenset[str]) -> set[str]:
    return {name for name in names if name in NAMES}


def test_the_rooms_on_disk_are_the_rooms_on_the_map():
    assert {path.parent.name for path in PACKAGE.glob("*/__init__.py")} == {*SHARED, *FEATURES}


@pytest.mark.parametrize("name", NAMES)
def test_a_room_knows_only_the_rooms_above_it(name):
    here = feature_of(name)
    if here is None:
        return
    for other in ours(imports_of(name)):
        there = feature_of(other)
        assert other not in KNOW_ALL, f"{name} imports {other}, which may know all"
        if there is not None:
            assert FEATURES.index(there) <= FEATURES.index(here), f"{name} imports {other} from a room below it"


def test_what_is_shared_knows_no_room():
    shared = [name for name in NAMES if feature_of(name) is None and name not in KNOW_ALL]
    assert len(shared) > 10
    for name in shared:
        for other in ours(imports_of(name)):
            assert feature_of(other) is None, f"{name} imports {other} from a room"
            assert other not in KNOW_ALL, f"{name} imports {other}, which may know all"


@cache
def reached_from(name: str) -> frozenset[str]:
    """Everything a module imports, directly or through modules of ours."""
    reached, waiting = set(), [name]
    while waiting:
        found = imports_of(waiting.pop())
        waiting += ours(found) - reached
        reached |= found
    return frozenset(reached)


def test_what_only_decides_reaches_neither_the_web_nor_the_database():
    pure = [name for name in NAMES if name.rpartition(".")[2] in PURE]
    assert {name.rpartition(".")[2] for name in pure} == set(PURE)
    for name in pure:
        frameworks = {
            module for module in reached_from(name) if module.partition(".")[0].partition("_")[0] in FRAMEWORKS
        }
        assert not frameworks, f"{name} reaches {frameworks}"


def test_no_two_modules_need_each_other():
    graph = {name: ours(imports_of(name, only_at_start=True)) for name in NAMES}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        pytest.fail(" → ".join(circle.args[1]))


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


BOUND_TO_A_REQUEST = {"request", "session", "flash", "current_user", "g", "redirect", "render_template", "abort"}


def test_services_know_nothing_of_the_request():
    services = [
        name for name in NAMES if feature_of(name) and name.endswith((".service", ".jobs", ".models", ".links"))
    ]
    assert len(services) >= len(FEATURES) - 1
    for name in services:
        used = {node.id for node in ast.walk(tree_of(name)) if isinstance(node, ast.Name)}
        taken = {
            alias.name
            for node in ast.walk(tree_of(name))
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(("flask", "wtforms"))
            for alias in node.names
        }
        assert not (taken | used) & BOUND_TO_A_REQUEST, f"{name} uses {(taken | used) & BOUND_TO_A_REQUEST}"
        assert "volunteer.web.access" not in imports_of(name), name


def test_views_ask_services_and_never_the_tables():
    views = [name for name in NAMES if name.endswith(".views")]
    for name in views:
        assert not {module for module in imports_of(name) if module.startswith("sqlalchemy")}, name
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


# How long things get


def functions_of(name: str) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(tree_of(name)) if isinstance(node, ast.FunctionDef))


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


def test_nothing_is_named_for_nothing():
    words = {part for name in NAMES for part in name.split(".")}
    assert not words & {"utils", "util", "helpers", "helper", "managers", "manager", "common", "misc"}
