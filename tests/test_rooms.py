"""Who may import whom, what lies where, and what loads when (CONTRIBUTING.md), over whatever files there are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from tests.source_tree import ROOT, imports, offences, python

HEAVY = ("torch", "torchvision", "cv2", "mediapipe", "open_clip", "av", "scenedetect", "sklearn")


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

SHARED_PIECES = {
    "chart",
    "chart_theme",
    "feedback",
    "first_clips",
    "next_step",
    "number_field",
    "page_head",
    "press",
    "stale_note",
}
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
