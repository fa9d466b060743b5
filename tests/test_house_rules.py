"""The rules of the house (CONTRIBUTING.md), held over whatever files there are."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import typer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).resolve().parents[1]
HEAVY = ("torch", "torchvision", "cv2", "mediapipe", "open_clip", "av", "scenedetect", "sklearn")


@cache
def files() -> tuple[Path, ...]:
    """All files that git keeps or would keep, relative to the root."""
    command = ["git", "ls-files", "-co", "--exclude-standard", "-z"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    names = sorted({name for name in done.stdout.split("\0") if name})
    return tuple(Path(name) for name in names if (ROOT / name).is_file())


def python(*tops: str) -> list[Path]:
    """The Python files under the given folders."""
    return [path for path in files() if path.suffix == ".py" and path.as_posix().startswith(tops)]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), str(path))


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Every module that a file imports, at its top, in a function or for types only, with the line."""
    package = list(path.with_suffix("").parts[:-1])
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *filter(None, [node.module])])
            yield module, node.lineno
            yield from ((f"{module}.{alias.name}", node.lineno) for alias in node.names)


def offences(paths: Iterable[Path], forbidden: tuple[str, ...], allowed: tuple[str, ...] = ()) -> list[str]:
    """`file:line imports module` for each import of `forbidden` (or of anything below) that is not of `allowed`."""

    def under(module: str, names: tuple[str, ...]) -> bool:
        return any(module == name or module.startswith(f"{name}.") for name in names)

    return [
        f"{path}:{line} imports {module}"
        for path in paths
        for module, line in imports(path)
        if under(module, forbidden) and not under(module, allowed)
    ]


# --- who may import whom ---------------------------------------------------------------------------------------------


def test_the_walk_finds_the_house() -> None:
    """The other tests would pass on an empty list."""
    for top in ("app/", "app/workflows/", "app/cli/", "engine/", "storage/", "pages/", "tests/"):
        assert python(top), top
    assert "engine.errors" in [module for module, _ in imports(Path("storage/errors.py"))]


def test_the_engine_knows_no_app_no_store_and_no_database() -> None:
    assert offences(python("engine/"), ("streamlit", "duckdb", "storage", "app", "pages", "tests")) == []


def test_storage_knows_no_app() -> None:
    assert offences(python("storage/"), ("streamlit", "app", "pages", "tests")) == []


def test_workflows_know_no_browser_and_no_command_line() -> None:
    assert offences(python("app/workflows/"), ("streamlit", "typer", "rich", "pages", "tests")) == []
    assert offences(python("app/workflows/"), ("app",), allowed=("app.workflows",)) == []


def test_the_command_line_knows_no_browser() -> None:
    assert offences(python("app/cli/"), ("streamlit", "app.components", "app.main", "app.router")) == []


def test_nothing_imports_pages_and_the_house_imports_no_tests() -> None:
    assert offences(python("app/", "engine/", "storage/", "pages/", "tests/", "benchmarks/"), ("pages",)) == []
    assert offences(python("app/", "engine/", "storage/", "pages/"), ("tests", "benchmarks", "pytest")) == []


# --- rooms -----------------------------------------------------------------------------------------------------------

SHARED_PIECES = {"chart_theme", "feedback", "next_step", "settings_form", "stale_note"}
"""What many pages draw with; everything else in app/components lies in the folder of its page or subject."""


def room(path: Path) -> str:
    """The part of the house that a file belongs to: its folder, or itself where it lies beside folders."""
    parts = path.with_suffix("").parts
    deep = 2 if parts[0] in ("engine", "storage") else 3
    return "/".join(parts[:deep])


def circles(arrows: dict[str, set[str]]) -> list[str]:
    """The nodes of a graph that can be reached from themselves."""

    def reached(start: str) -> set[str]:
        found: set[str] = set()
        ahead = [start]
        while ahead:
            for further in arrows.get(ahead.pop(), set()) - found:
                found.add(further)
                ahead.append(further)
        return found

    return sorted(node for node in arrows if node in reached(node))


def test_imports_run_in_no_circle() -> None:
    """Neither between files nor between rooms, those for type checks included."""
    files = python("app/", "engine/", "storage/", "pages/")
    names = {".".join(path.with_suffix("").parts).removesuffix(".__init__"): path for path in files}
    between_files: dict[str, set[str]] = defaultdict(set)
    between_rooms: dict[str, set[str]] = defaultdict(set)
    for name, path in names.items():
        found = {module for module, _ in imports(path)} & names.keys() - {name}
        for module in found:
            if any(other.startswith(f"{module}.") for other in {*found, name}):
                continue  # a package is named on the way to what lies in it
            between_files[name].add(module)
            if room(names[module]) != room(path):
                between_rooms[room(path)].add(room(names[module]))
    assert len(between_files) > 200
    assert circles(between_files) == []
    assert circles(between_rooms) == []


def test_only_shared_pieces_lie_flat_among_the_components() -> None:
    flat = {path.stem for path in python("app/components/") if len(path.parts) == 3}
    assert flat == {"__init__", *SHARED_PIECES}


# --- work in proportion ----------------------------------------------------------------------------------------------

MAKERS = ("set", "frozenset", "list", "tuple", "sorted", "dict", "Counter", "tolist")


def repeated(node: ast.AST) -> list[ast.AST]:
    """What a loop or a comprehension does again for each of its elements."""
    if isinstance(node, ast.For | ast.While):
        return list(node.body)
    if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
        results = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        return [*results, *(condition for part in node.generators for condition in part.ifs)]
    return []


def made_anew(node: ast.AST) -> bool:
    """Whether an expression makes a collection out of another one each time that it is looked at."""
    if isinstance(node, ast.Call):
        function = node.func
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        return name in MAKERS
    if isinstance(node, ast.Set | ast.List | ast.Tuple):
        return any(isinstance(element, ast.Starred) for element in node.elts)
    return isinstance(node, ast.SetComp | ast.ListComp | ast.DictComp)


def test_no_collection_is_made_anew_for_every_element_that_is_looked_up_in_it() -> None:
    """`[x for x in many if x not in set(others)]` takes as many steps as both have elements multiplied."""
    found = {
        f"{path}:{inner.lineno}"
        for path in python("app/", "engine/", "storage/", "pages/")
        for node in ast.walk(tree(path))
        for part in repeated(node)
        for inner in ast.walk(part)
        if isinstance(inner, ast.Compare)
        and any(isinstance(how, ast.In | ast.NotIn) for how in inner.ops)
        and any(made_anew(where) for where in inner.comparators)
    }
    assert sorted(found) == []


# --- one of each ------------------------------------------------------------------------------------------------------


def test_the_answers_and_the_formula_guard_stand_in_one_place_each() -> None:
    """Whoever spells them out again would not hear of a change: a security rule, and what a label may say."""
    answers = [("left", "right", "tie", *more) for more in ((), ("skip",), ("skip", "undone"))]
    found: dict[str, set[str]] = {"answers": set(), "the guard": set()}
    for path in python("app/", "engine/", "storage/", "pages/", "benchmarks/"):
        for node in ast.walk(tree(path)):
            spelt = isinstance(node, ast.Dict) and all(isinstance(value, ast.Constant) for value in node.values)
            parts = node.keys if spelt else getattr(node, "elts", [])
            words = tuple(part.value for part in parts if isinstance(part, ast.Constant))
            if words in answers:
                found["answers"].add(path.as_posix())
            if words[:4] == ("=", "+", "-", "@"):
                found["the guard"].add(path.as_posix())
    assert found == {"answers": {"engine/preference/answers.py"}, "the guard": {"engine/export/names.py"}}


def test_only_one_place_puts_home_folders_into_paths() -> None:
    """`expanduser()` and `Path.home()` raise `RuntimeError` for an unknown user: `typed_path` says that in words."""
    found = {
        path.as_posix()
        for path in python("app/", "engine/", "storage/", "pages/", "benchmarks/")
        for node in ast.walk(tree(path))
        if (isinstance(node, ast.Attribute) and node.attr == "expanduser")
        or (isinstance(node, ast.Attribute) and node.attr == "home" and getattr(node.value, "id", "") == "Path")
        or (isinstance(node, ast.ImportFrom) and any(alias.name == "expanduser" for alias in node.names))
    }
    assert found == {"engine/files/typed_path.py"}


def test_every_csv_file_goes_through_the_formula_guard() -> None:
    """Names and narrations come from others; Streamlit's own download of a table writes them as they are."""

    def is_guarded(call: ast.Call) -> bool:
        inner = getattr(call.func, "value", None)
        return isinstance(inner, ast.Call) and getattr(inner.func, "id", "") == "neutralise_formulas"

    found = [
        f"{path}:{node.lineno}"
        for path in python("app/", "engine/", "storage/", "pages/")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("to_csv", "write_csv")
        if not is_guarded(node)
    ]
    assert found == []
    options = tomllib.loads((ROOT / "app" / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert options["client"]["disableDataExport"] is True


# --- what crosses a boundary has a type ------------------------------------------------------------------------------

UNTYPED = {"dict[str, Any]", "Mapping[str, Any]"}
RAW = {
    "storage/database.py: Database.rows": "the store's own reader of rows, which `records` makes dataclasses of",
    "storage/database.py: Database.row": "the same, of the first row",
    "storage/database.py: filled": "what makes a dataclass of a row, be it the database's or a shard's",
    "app/workflows/labelling.py: record_answers": "what a browser sent, which is about to be checked",
    "engine/runtime/shards.py: ItemOutput.add_rows": "rows of any step's tables on their way into Parquet",
    "engine/runtime/shards.py: ShardFolder.rows": "the same on their way back",
    "engine/runtime/rows.py: Row.columns": "a row as Arrow takes it",
    "engine/runtime/rows.py: rows_of": "the same on its way back",
    "engine/files/stored_json.py: StoredJson.to_json": "a JSON object",
    "engine/reward/judging/training_report.py: TrainingReport.to_json": "a JSON object",
    "storage/rewards.py: RewardModel.report_json": "a JSON object, as a bundle's manifest holds it",
    "engine/validation/inputs.py: ValidationInputs.track_rows": "rows of hand tracks as Arrow has them",
    "engine/validation/hand_series.py: hand_series": "such a row, which becomes a `HandSeries` here",
    "engine/validation/cloning.py: clips_with_actions": "the same rows, by clip",
}
"""Public functions that speak of a dict of anything for a reason: what they read or write has no shape of its own."""


def public_functions(path: Path) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """The functions and methods of a module that others may call, by name."""

    def within(body: Iterable[ast.stmt], prefix: str) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
        for node in body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                yield from within(node.body, f"{prefix}{node.name}.")
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
                yield f"{prefix}{node.name}", node

    return within(tree(path).body, "")


def untyped_in(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """How often the signature of a function says no more than "a dict"."""
    given = function.args
    every = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
    annotations = [argument.annotation for argument in every if argument and argument.annotation]
    return sum(
        ast.unparse(node) in UNTYPED
        for annotation in [*annotations, *([function.returns] if function.returns else [])]
        for node in ast.walk(annotation)
    )


def test_what_crosses_a_boundary_is_no_dict_of_anything() -> None:
    """A dataclass or a model says what is in it, and a wrong name is found before anything runs."""
    found = {
        f"{path}: {name}": count
        for path in python("storage/", "engine/", "app/workflows/")
        for name, function in public_functions(path)
        if (count := untyped_in(function))
    }
    assert sorted(RAW.keys() - found.keys()) == [], "these need no exception any more"
    assert [name for name in found if name.startswith("storage/library/")] == []
    assert [name for name in found if name not in RAW] == []


def positional_fields(made: ast.ClassDef) -> int:
    """How many values a dataclass takes without their names; 0 for a class that is none."""
    for decorator in made.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "dataclass":
            if any(word.arg == "kw_only" for word in decorator.keywords):
                return 0
            fields = [ast.unparse(node.annotation) for node in made.body if isinstance(node, ast.AnnAssign)]
            return fields.index("KW_ONLY") if "KW_ONLY" in fields else len(fields)
    return 0


def test_what_the_store_hands_out_is_made_by_name_where_it_has_more_than_four_fields() -> None:
    many = {
        node.name
        for path in python("storage/")
        for node in tree(path).body
        if isinstance(node, ast.ClassDef) and positional_fields(node) > 4
    }
    assert many == set()


# --- all SQL is storage's --------------------------------------------------------------------------------------------

SQL = re.compile(
    r"\s*(SELECT\b.+\bFROM\b|FROM\s+\w+\s+SELECT\b|INSERT\s+(OR\s+\w+\s+)?INTO\b|UPDATE\s+\w+\s+SET\b|DELETE\s+FROM\b"
    r"|WITH\b.+\bAS\s*\(\s*SELECT\b|(CREATE|DROP|ALTER)\s+(OR\s+REPLACE\s+)?(TEMP\s+)?(TABLE|VIEW|INDEX|SEQUENCE)\b)",
    re.IGNORECASE | re.DOTALL,
)


def statements(path: Path) -> Iterator[str]:
    """String literals that look like SQL; documentation and help texts may show examples."""
    exempt: set[int] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            exempt.add(id(node.value))
        elif isinstance(node, ast.keyword) and node.arg in ("help", "epilog", "placeholder", "description"):
            exempt.update(id(inner) for inner in ast.walk(node.value))
    for node in ast.walk(tree(path)):
        literal = isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in exempt
        if literal and SQL.match(node.value):
            yield f"{path}:{node.lineno} {node.value[:60]!r}"


def test_the_sql_pattern_knows_sql_when_it_sees_it() -> None:
    assert all(map(SQL.match, ["SELECT * FROM x", " insert into x values (1)", "UPDATE x SET y = 1", "drop table x"]))
    assert not any(map(SQL.match, ["Select a video", "Update the file", "With care as ever", "Create a workspace"]))


def test_only_storage_speaks_sql() -> None:
    assert offences(python("app/", "engine/", "pages/"), ("duckdb",)) == []
    assert [found for path in python("app/", "engine/", "pages/") for found in statements(path)] == []


# --- names -----------------------------------------------------------------------------------------------------------


def test_nothing_in_app_shadows_a_module() -> None:
    """Streamlit puts `app/` itself on the path, so `app/x.py` answers to `import x`."""
    inside = {path.parts[1].removesuffix(".py") for path in python("app/")} - {"__init__"}
    taken = set(sys.stdlib_module_names) | set(packages_distributions()) | {"engine", "storage", "pages", "tests"}
    # Of this project itself, `app` is the only one that lies there, and it is not inside itself.
    assert sorted(inside & taken) == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(path) for path in python("engine/", "storage/", "app/", "pages/") if not ast.get_docstring(tree(path))
    ]
    empty = {str(path) for path in python("app/") if not (ROOT / path).read_text(encoding="utf-8").strip()}
    assert [name for name in silent if name not in empty] == []


def bound(body: Iterable[ast.stmt]) -> set[str]:
    """The names that a module's own statements bind."""
    names: set[str] = set()
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names.update((alias.asname or alias.name).partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names.update(inner.id for target in targets for inner in ast.walk(target) if isinstance(inner, ast.Name))
        elif isinstance(node, ast.If | ast.Try | ast.With):
            names |= bound(node.body) | bound(getattr(node, "orelse", []))
            names |= bound(inner for handler in getattr(node, "handlers", []) for inner in handler.body)
    return names


def test_every_name_that_a_module_offers_exists() -> None:
    missing = []
    for path in python("engine/", "storage/", "app/"):
        names = bound(tree(path).body)
        offered = next(
            (
                ast.literal_eval(node.value)
                for node in tree(path).body
                if isinstance(node, ast.Assign)
                and isinstance(node.targets[0], ast.Name)
                and node.targets[0].id == "__all__"
            ),
            [],
        )
        if "__getattr__" not in names:
            missing += [f"{path}: {name}" for name in offered if name not in names]
    assert missing == []


# --- what loads when -------------------------------------------------------------------------------------------------


def loaded_by(code: str, tmp_path: Path) -> dict[str, list[str]]:
    """Run `code` in a fresh process; it prints JSON: what was loaded → heavy libraries in memory by then."""
    prelude = f"import json, sys\nheavy = lambda: sorted(set({HEAVY!r}) & set(sys.modules))\n"
    done = subprocess.run(
        [sys.executable, "-c", prelude + code],
        cwd=tmp_path,
        env={**os.environ, "HANDPICKED_WORKSPACE": str(tmp_path / "workspace"), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, list[str]] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_no_heavy_library_loads_with_commands_and_workflows(tmp_path: Path) -> None:
    modules = [".".join(path.with_suffix("").parts) for path in python("app/workflows/", "app/cli/", "storage/")]
    modules = [name.removesuffix(".__init__") for name in modules]
    code = (
        f"import importlib\nfound = {{}}\nfor name in {modules!r}:\n"
        "    importlib.import_module(name)\n    found[name] = heavy()\nprint(json.dumps(found))"
    )
    found = loaded_by(code, tmp_path)
    assert set(found) == set(modules)
    assert {name: heavy for name, heavy in found.items() if heavy} == {}


@pytest.mark.slow
def test_no_heavy_library_loads_with_the_app_and_its_pages(tmp_path: Path) -> None:
    """The real router and every real page, run as Streamlit runs them."""
    pages = [path.name for path in python("pages/") if not path.name.startswith("_")]
    code = f"""
import app.main
found = {{"app.main": heavy()}}
from streamlit.testing.v1 import AppTest
test = AppTest.from_file({str(ROOT / "app" / "router.py")!r}, default_timeout=120).run()
assert not test.exception, test.exception
found["app/router.py"] = heavy()
for name in {pages!r}:
    test.switch_page("../pages/" + name).run()
    assert not test.exception, (name, test.exception)
    found[name] = heavy()
from app.services import close_services
close_services()
print(json.dumps(found))
"""
    found = loaded_by(code, tmp_path)
    assert set(found) == {"app.main", "app/router.py", *pages}
    assert {name: heavy for name, heavy in found.items() if heavy} == {}


# --- what is written down --------------------------------------------------------------------------------------------


def readme() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_page_is_in_the_navigation_and_in_the_readme() -> None:
    from app.navigation import PAGES

    assert {entry.file for entry in PAGES} == {path.name for path in python("pages/") if not path.name.startswith("_")}
    assert [entry.title for entry in PAGES if not re.search(rf"\b{re.escape(entry.title)}\b", readme())] == []


def commands() -> list[list[str]]:
    """Every command of the command line, as the words that call it."""
    from app.cli.root import cli

    found: list[list[str]] = []

    def walk(command: object, words: list[str]) -> None:
        inner = getattr(command, "commands", None)
        if not inner:
            found.append(words)
        for name, below in (inner or {}).items():
            walk(below, [*words, name])

    walk(typer.main.get_command(cli), [])
    return found


def test_every_command_is_in_the_readme() -> None:
    """On a line of its own in a list of commands, in a code block or in a sentence: its words in their order."""
    assert len(commands()) > 3
    lines = readme().splitlines()
    starts = r"(?:^\s*|`|handpicked\s+(?:--?\w\S*\s+)*)"
    missing = []
    for first, *rest in commands():
        pattern = starts + rf"{re.escape(first)}\b" + "".join(rf".*\b{re.escape(word)}\b" for word in rest)
        if not any(re.search(pattern, line) for line in lines):
            missing.append(" ".join([first, *rest]))
    assert missing == []


# --- what no file may hold -------------------------------------------------------------------------------------------

# Put together here, so that this file holds none of them itself.
HOSTS = [
    ".".join(parts)
    for parts in (
        *(("py" + "pi", "org"), ("python" + "hosted", "org"), ("npm" + "js", "org"), ("npm" + "js", "com")),
        *(("ana" + "conda", "org"), ("download", "py" + "torch", "org"), ("crates", "i" + "o")),
    )
]
PLACES = re.compile(
    r"(?<![\w.$}~>-])/(?:" + "|".join(["wo" + "rk", "ho" + "me", "ro" + "ot", "Us" + "ers"]) + r")/[\w.]"
)


def texts() -> Iterator[tuple[Path, str]]:
    """Every file that is text."""
    for path in files():
        data = (ROOT / path).read_bytes()
        if b"\0" not in data[:8192]:
            yield path, data.decode("utf-8", errors="replace")


def test_no_file_names_a_registry_s_host() -> None:
    assert [f"{path} names {host}" for path, text in texts() for host in HOSTS if host in text] == []


def test_no_file_names_a_place_on_a_machine() -> None:
    found = [
        f"{path}:{number} {line.strip()[:100]}"
        for path, text in texts()
        for number, line in enumerate(text.splitlines(), start=1)
        if PLACES.search(line) or str(ROOT) in line
    ]
    assert found == []
