"""Every file and folder that the Markdown pages name exists, and so does every page and heading that they link to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# CHANGELOG.md names files of its time, which may have moved since.
PAGES = [ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")] + sorted(ROOT.glob("docs/*.md"))
FOLDERS = ("app", "benchmarks", "docs", "engine", "pages", "storage", "tests")
PATH = re.compile(rf"(?:{'|'.join(FOLDERS)})(?:/[\w.-]+)*/?")
FILE = re.compile(r"[\w.-]+\.(?:py|js|css|sql)")
MAP_LINE = re.compile(r"(?P<indent> {4,10})(?P<name>[\w.]+(?:/|\.py))\s")


def without_blocks(text: str) -> str:
    """The text outside fenced blocks: commands in these name files of the reader."""
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def quoted(text: str) -> list[str]:
    """Names in backticks, outside fenced blocks and without wildcards."""
    return [name for name in re.findall(r"`([^`\n]+)`", without_blocks(text)) if "*" not in name]


def missing_paths(text: str) -> list[str]:
    """Paths in backticks, from the root of the repository, that do not exist."""
    return [name for name in quoted(text) if "/" in name and PATH.fullmatch(name) and not (ROOT / name).exists()]


def missing_files(text: str, names: set[str]) -> list[str]:
    """File names in backticks, without a folder, that no file of the repository has; `names` are those of all."""
    return [name for name in quoted(text) if FILE.fullmatch(name) and name not in names]


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", without_blocks(page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(page: Path, text: str) -> list[str]:
    """Links to files or headings that do not exist."""
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", without_blocks(text)):
        if "://" in link:
            continue
        file, _, anchor = link.partition("#")
        target = page.parent / file if file else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    return broken


def missing_on_map(text: str) -> list[str]:
    """Files and folders of an indented map that do not exist; two more spaces are one folder deeper."""
    missing = []
    parents: list[str] = []
    for line in text.splitlines():
        if not (found := MAP_LINE.match(line)):
            continue
        depth = (len(found["indent"]) - 4) // 2
        parents = [*parents[:depth], found["name"]]
        path = "".join(parents)
        if not (ROOT / path).exists():
            missing.append(path)
    return missing


@pytest.fixture(scope="module")
def names() -> set[str]:
    return {file.name for folder in FOLDERS for file in (ROOT / folder).rglob("*.*")}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_paths_and_links_on_a_page_exist(page: Path, names: set[str]) -> None:
    text = page.read_text(encoding="utf-8")
    assert missing_paths(text) == []
    assert missing_files(text, names) == []
    assert broken_links(page, text) == []


def test_the_map_of_the_repository_names_what_is_there() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    drawn = text.partition("## The map")[2].partition("\n## ")[0]
    assert sum(bool(MAP_LINE.match(line)) for line in drawn.splitlines()) > 30
    assert missing_on_map(drawn) == []


def test_benchmarks_that_pages_name_exist() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    named = set(re.findall(r"python -m benchmarks\.(\w+)", text))
    assert named
    assert [name for name in named if not (ROOT / "benchmarks" / f"{name}.py").exists()] == []


def test_paths_in_comments_and_docstrings_exist() -> None:
    files = [file for folder in FOLDERS if folder != "tests" for file in (ROOT / folder).rglob("*.py")]
    wrong = {str(file.relative_to(ROOT)): missing_paths(file.read_text(encoding="utf-8")) for file in files}
    assert {file: paths for file, paths in wrong.items() if paths} == {}


def test_a_page_with_wrong_paths_is_found_out(tmp_path: Path) -> None:
    text = "See `app/none.py`, `engine/video/`, `gone.js`, [this](there.md) and [that](#nowhere).\n\n# Here\n"
    (tmp_path / "page.md").write_text(text, encoding="utf-8")
    assert missing_paths(text) == ["app/none.py"]
    assert missing_files(text, {"main.py"}) == ["gone.js"]
    assert broken_links(tmp_path / "page.md", text) == ["there.md", "#nowhere"]
    assert missing_on_map("    app/     the app\n      none/   nothing\n") == ["app/none/"]
