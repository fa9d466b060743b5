"""The rules of the house (CONTRIBUTING.md), held over whatever files there are."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from tests.source_tree import ROOT, files, offences, python, tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


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


# --- where a video lies ----------------------------------------------------------------------------------------------

NO_VIDEOS = (Path("engine/features/encoders/clip_files.py"),)
"""What takes the paths of other files: a model's weights."""
OWN_FILES = {
    "app/workflows/sharing/sync.py": {"row.path"},  # a file that was pulled into the workspace
    "engine/steps/unpack_bundle.py": {"item.payload.path"},  # a bundle's zip file
    "storage/s3/steps.py": {"item.payload.path"},  # where a pulled file goes
    "pages/import_videos.py": {"read.path"},  # an annotation file
}
"""Paths that never are a video's: file → expressions."""
TAKES_A_PATH = {"Path", "PurePath", "open", "stat", "exists", "isfile", "getsize", "basename", "dirname", "join"}


def test_a_video_is_found_by_its_place_and_not_by_its_path() -> None:
    """A video may be a member of a tar: `video.place` exists, has a name and a size, and can be opened; `Path` of its
    address is no file. `place_of` reads the addresses in payloads and rows."""
    found = {
        f"{path}:{node.lineno} {ast.unparse(node)}"
        for path in python("app/", "engine/", "storage/", "pages/")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and (getattr(node.func, "attr", "") or getattr(node.func, "id", "")) in TAKES_A_PATH
        for given in node.args[:1]
        if isinstance(given, ast.Attribute) and given.attr == "path" and ast.unparse(given) != "self.path"
        if ast.unparse(given) not in OWN_FILES.get(path.as_posix(), set())
    }
    assert sorted(found) == []


def test_only_one_module_opens_videos_and_only_places_reach_it() -> None:
    """Where videos are read, no path is made of what names one. `doctor` opens a few bytes of its own."""
    opening = {
        path.as_posix()
        for path in python("app/", "engine/", "storage/", "pages/")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "av.open" and "'w'" not in ast.unparse(node)
    }
    assert opening == {"engine/video/container.py", "engine/self_check.py"}
    found = {
        f"{path}:{node.lineno} {ast.unparse(node)}"
        for path in python("engine/video/", "engine/export/", "engine/features/", "engine/steps/", "engine/validation/")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("Path", "PurePath", "PurePosixPath")
        if ast.unparse(node.args[0]) in ("path", "source", "video", "video_path", "clip.path") and path not in NO_VIDEOS
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
    assert found == {"answers": {"engine/preference/answers.py"}, "the guard": {"engine/files/formulas.py"}}


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
