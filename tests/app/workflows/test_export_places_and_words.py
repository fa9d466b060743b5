"""Where an export may be written, and how it says what only a tag brings in."""

from __future__ import annotations

import shlex
from itertools import pairwise
from pathlib import Path

import pytest

from app.workflows.export_formats import FormatChoice, choose_format
from app.workflows.export_places import check_places
from app.workflows.export_words import WrittenTo, command_of, kept_by_tag_words
from engine.errors import ExportError, MissingFolderError
from engine.export.selection import KeptByTag
from engine.export.settings import ExportSettings


def refused(list_file: Path | None, folder: Path | None = None) -> MissingFolderError:
    """What is asked about places whose folder does not exist."""
    with pytest.raises(MissingFolderError) as caught:
        check_places(list_file, folder, overwrite=False, make_folders=False)
    return caught.value


def test_a_file_or_folder_in_a_folder_that_exists_is_taken(tmp_path: Path) -> None:
    check_places(tmp_path / "best.csv", tmp_path / "new", overwrite=False, make_folders=False)


def test_a_mistyped_folder_is_asked_about_with_the_nearest_name(tmp_path: Path) -> None:
    (tmp_path / "Exports" / "kitchen").mkdir(parents=True)
    error = refused(tmp_path / "exprots" / "kitchen" / "best.csv")
    assert error.nearest == tmp_path
    assert error.likely == tmp_path / "Exports" / "kitchen" / "best.csv"
    assert "--make-folders" in error.remedy
    assert str(error.likely) in error.remedy
    error = refused(None, tmp_path / "Exports" / "zzz" / "cut")
    assert (error.nearest, error.likely) == (tmp_path / "Exports", None)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["Exports", "kitchen"]


def test_folders_that_are_asked_for_are_no_mistake(tmp_path: Path) -> None:
    check_places(tmp_path / "a" / "b" / "best.csv", None, overwrite=False, make_folders=True)


def test_below_a_file_nothing_is_guessed(tmp_path: Path) -> None:
    (tmp_path / "list").write_text("")
    assert refused(tmp_path / "list" / "best.csv").likely is None
    with pytest.raises(ExportError):
        check_places(None, tmp_path / "list", overwrite=False, make_folders=True)


def kept(*ranks: int | None) -> list[KeptByTag]:
    """Clips of these ranks that only their tag brings in."""
    return [KeptByTag(row=row, rank=rank, score=None) for row, rank in enumerate(ranks)]


@pytest.mark.parametrize(
    ("ranks", "said"),
    [
        ((), ""),
        ((31,), "1 of 5 is here because of its keep tag; without it its rank would be 31."),
        ((31, 44), "2 of 5 are here because of their keep tag; without it their ranks would be 31 and 44."),
        ((None,), "1 of 5 is here because of its keep tag; it has no score."),
        (
            (31, None),
            "2 of 5 are here because of their keep tag; without it the rank of one would be 31, and 1 has no score.",
        ),
    ],
)
def test_what_only_a_tag_brings_in_is_one_sentence(ranks: tuple[int | None, ...], said: str) -> None:
    assert kept_by_tag_words(kept(*ranks), 5) == said


def test_many_ranks_are_a_range() -> None:
    assert "between 1,007 and 1,020" in kept_by_tag_words(kept(*range(1007, 1021)), 20)


def said(settings: ExportSettings, to: WrittenTo) -> list[str]:
    """The command that a shell would run, word by word, without the program and its workspace."""
    words = shlex.split(command_of(Path("/w s"), settings, "e1", to))
    assert words[:3] == ["handpicked", "--workspace", "/w s"]
    return words[3:]


def test_the_command_that_writes_the_same_keeps_every_choice() -> None:
    settings = ExportSettings(where="narration = 'it''s; $x'", threshold=-0.5, top=3, tags=("a b", "-x"))
    words = said(settings, WrittenTo(list_file=None, folder=Path("/out dir"), choice=FormatChoice("hf", {"crf": 30})))
    assert words[:3] == ["export", "--format", "hf"]
    assert words[words.index("--where") + 1] == "narration = 'it''s; $x'"
    assert "--threshold=-0.5" in words, "a value that begins with a dash is no option"
    assert words[words.index("--tag") + 1] == "a b"
    assert "--tag=-x" in words
    assert words[-4:] == ["--set", "crf=30", "--out", "/out dir"]


def test_the_options_of_a_command_are_read_back_as_they_were() -> None:
    for options in ({"crf": "30"}, {"short_side_px": "480"}, {}):
        choice = choose_format("hf", options)
        words = said(ExportSettings(), WrittenTo(list_file=None, folder=Path("/out"), choice=choice))
        given = [word for before, word in pairwise(words) if before == "--set"]
        assert choose_format("hf", dict(one.split("=", 1) for one in given)) == choice


def test_clips_that_were_picked_are_repeated_by_the_export() -> None:
    to = WrittenTo(list_file=Path("/best.csv"), folder=None)
    assert said(ExportSettings(clip_ids=("a", "b")), to) == ["exports", "repeat", "e1", "--out", "/best.csv"]
