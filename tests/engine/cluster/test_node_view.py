"""A node that would make other numbers, or can't see the videos, is refused by name and reason."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from engine.cluster.node_view import NodeView, Wanted, differences, view_here
from engine.errors import JobError

if TYPE_CHECKING:
    from pathlib import Path

STEP = "engine.steps.extract_features:ExtractFeatures"


def view(*files: Path, **settings: object) -> NodeView:
    asked = {"extractors": settings} if settings else {"extractors": {}}
    return view_here(Wanted(step=STEP, settings=asked, files=tuple(map(str, files))))  # type: ignore[arg-type]


def refusal(here: NodeView, there: NodeView) -> str:
    found = differences(here, there, "node b")
    return "" if found is None else str(found)


@pytest.fixture
def video(tmp_path: Path) -> Path:
    (tmp_path / "epic" / "P01").mkdir(parents=True)
    (tmp_path / "epic" / "P01" / "one.mp4").write_bytes(b"video")
    return tmp_path / "epic" / "P01" / "one.mp4"


def test_the_same_machine_will_do(video: Path) -> None:
    assert refusal(view(video, hands={}, embedding={}), view(video, hands={}, embedding={})) == ""


def test_a_node_without_the_storage_is_told_by_the_topmost_folder(video: Path, tmp_path: Path) -> None:
    here = view(video)
    video.unlink()
    video.parent.rmdir()
    assert repr(str(video.parent)) in refusal(here, view(video))
    video.parents[1].rmdir()
    said = refusal(here, view(video))
    assert said.startswith(f"node b of the cluster can't see {str(tmp_path / 'epic')!r}. ")
    assert "mount the same storage there" in said


def test_another_file_under_the_same_path_is_no_video_of_ours(video: Path) -> None:
    here = view(video)
    video.write_bytes(b"another video")
    assert "has other files" in refusal(here, view(video))
    assert "(13 bytes, here 5)" in refusal(here, view(video))


def test_a_file_that_may_not_be_read_is_told_apart(video: Path) -> None:
    here = view(video)
    assert "can't read" in refusal(here, replace(here, sizes={str(video): -1}))


def test_a_file_that_is_not_here_either_is_no_reason(tmp_path: Path) -> None:
    """Its own item fails, with its own reason."""
    assert refusal(view(tmp_path / "none.mp4"), view(tmp_path / "none.mp4")) == ""


@pytest.mark.parametrize("name", ["Python", "Handpicked", "Handpicked's code", "torch", "av"])
def test_other_versions_are_refused(name: str) -> None:
    here = view()
    said = refusal(here, replace(here, versions={**here.versions, name: "0.1"}))
    assert said.startswith(f"node b of the cluster would compute other numbers: it has {name} 0.1, here ")
    assert "requirements.lock" in said
    gone = {key: value for key, value in here.versions.items() if key != name}
    assert f"{name} none, here" in refusal(here, replace(here, versions=gone))


def test_a_node_without_the_weights_is_refused_before_it_embeds_with_another_network() -> None:
    here = view(hands={}, embedding={})
    (clip,) = (name for name in here.models if name.startswith("CLIP"))
    there = replace(here, models={**here.models, clip: "of another make"})
    assert f"would use other models: {clip}: of another make, here " in refusal(here, there)


def test_many_differences_are_not_all_listed(tmp_path: Path) -> None:
    files = [tmp_path / str(number) / "a.mp4" for number in range(9)]
    for file in files:
        file.parent.mkdir()
        file.touch()
    here = view(*files)
    for file in files:
        file.unlink()
        file.parent.rmdir()
    assert refusal(here, view(*files)).count("mp4") == 0
    assert " and 6 more. " in refusal(here, view(*files))


def test_no_step_no_look() -> None:
    with pytest.raises(JobError, match="is no step"):
        view_here(Wanted(step="engine.errors:JobError", settings={}, files=()))
