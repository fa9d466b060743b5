"""Sources by name: built-in ones, those of installed packages, and their options."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, ClassVar

import pytest
from pydantic import Field

from engine.errors import SourceError
from engine.sources.base import DataSource, ListedFile, SourceListing, SourceOptions
from engine.sources.registry import SOURCES, make_source

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

HERE = "tests.engine.sources.test_registry"


class ListOptions(SourceOptions):
    """Options of the list."""

    file: str = "videos.txt"
    most: int = Field(default=100, ge=1)


class TextList(DataSource[ListOptions]):
    """Videos whose paths stand in a text file."""

    name = "text-list"
    title = "Text list"
    description = "A folder with a file of paths."

    def listing(self, paths: Sequence[Path]) -> SourceListing:
        """The files that the lists of these folders name."""
        lines = [line for path in paths for line in (path / self.options.file).read_text().splitlines()]
        return SourceListing(files=tuple(ListedFile(path=line) for line in lines[: self.options.most]))


class Unfinished(DataSource[SourceOptions]):
    """Lacks `listing`."""

    name = "unfinished"
    title = "Unfinished"
    description = "Not done."


class Misnamed(TextList):
    """Is called otherwise than its entry point."""

    name: ClassVar[str] = "otherwise"


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that adds sources, good ones and others."""
    info = tmp_path / "site" / "more_sources-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: more-sources\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        f"[handpicked.sources]\ntext-list = {HERE}:TextList\nunfinished = {HERE}:Unfinished\n"
        f"misnamed = {HERE}:Misnamed\nabsent = no.such.module:Source\nfolder = {HERE}:TextList\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    assert str(tmp_path / "site") in sys.path


def test_every_built_in_source_has_its_name_a_title_and_a_sentence() -> None:
    for name in SOURCES.names():
        source = SOURCES.get(name)
        assert source.name == name
        assert source.title
        assert source.description.endswith(".")
        make_source(name, {})


@pytest.mark.usefixtures("installed")
def test_a_package_adds_a_source_and_can_not_replace_a_built_in_one(tmp_path: Path) -> None:
    assert SOURCES.names()[-4:] == ["absent", "misnamed", "text-list", "unfinished"]
    assert SOURCES.get("folder").title == "Folder or files"
    (tmp_path / "mine.txt").write_text("/a.mp4\n/b.mp4\n/c.mp4\n")
    source = make_source("text-list", {"file": "mine.txt", "most": "2"})  # options as a command gives them
    assert [file.path for file in source.listing([tmp_path]).files] == ["/a.mp4", "/b.mp4"]


@pytest.mark.usefixtures("installed")
def test_sources_that_do_not_load_are_named_and_the_others_stay() -> None:
    sources, errors = SOURCES.all()
    assert "text-list" in [source.name for source in sources]
    said = "\n".join(map(str, errors))
    assert len(errors) == 3
    assert "'absent' of no.such.module:Source does not load" in said
    assert "Unfinished must define listing()" in said
    assert "is called 'otherwise'" in said


def test_an_unknown_source_or_option_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(SourceError, match=r"no source called 'lerobto'\. Known sources: folder, epic"):
        SOURCES.get("lerobto")
    with pytest.raises(SourceError, match=r"'folder' has no option 'camera'\. It takes follow_links\."):
        make_source("folder", {"camera": "wrist"})
    with pytest.raises(SourceError, match=r"'folder' can't be used so: follow_links: .*boolean"):
        make_source("folder", {"follow_links": "perhaps"})
