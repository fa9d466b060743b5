"""Audits of real files with known truth: dark, blurred, still, damaged, doubled; data sets, bundles, workspaces."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest

from app.reports.audit_words import about_lines
from app.workflows.audit_intake import take_in, target_of
from app.workflows.audit_measuring import AuditOptions
from app.workflows.audit_pictures import picture_addresses, shown_clips
from app.workflows.auditing import AuditIntake, audit_workspace
from app.workflows.jobs.supervisor import Supervisor
from app.workflows.pictures import pictures_of
from engine.errors import EngineError
from storage import Workspace
from tests.blank_workspace import lay_out
from tests.filled_workspace import fill
from tests.synthetic_video import write_video

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from engine.audit.report import AuditReport
    from engine.runtime.spec import JobSpec

SIZE = (160, 96)
QUICK = AuditOptions(skip=("hands", "embedding"))


def pictures(draw: Callable[[int], Any], count: int = 60) -> Iterator[av.VideoFrame]:
    for number in range(count):
        yield av.VideoFrame.from_ndarray(np.ascontiguousarray(draw(number), np.uint8), format="rgb24")


def textured(seed: int, shift: int = 0) -> Any:
    """A picture with much detail, moved by so many pixels."""
    noise = np.random.default_rng(seed).integers(60, 200, (SIZE[1] // 4, SIZE[0] // 4, 3))
    return np.roll(np.kron(noise, np.ones((4, 4, 1))), shift, axis=1)


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Videos of 4 s at 15 frames a second, each with one fault, and one without."""
    folder = tmp_path_factory.mktemp("footage")
    (folder / "night").mkdir()
    write_video(folder / "fine.mp4", pictures(lambda n: textured(1, n)), fps=15)
    write_video(folder / "night" / "dark.mp4", pictures(lambda n: textured(2, n) // 12), fps=15)
    write_video(folder / "bright.mp4", pictures(lambda n: 255 - textured(3, n) // 12), fps=15)
    write_video(folder / "still.mp4", pictures(lambda n: textured(4) + (n % 2) * 3), fps=15)
    flat = np.linspace(90, 160, SIZE[0])[None, :, None] * np.ones((SIZE[1], 1, 3))
    write_video(folder / "blurred.mp4", pictures(lambda n: np.roll(flat, n, axis=1)), fps=15)
    shutil.copyfile(folder / "fine.mp4", folder / "again.mp4")
    (folder / "broken.mp4").write_bytes((folder / "fine.mp4").read_bytes()[:2000])
    (folder / "notes.txt").write_text("no video")
    return folder


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace(lay_out(tmp_path / "workspace")) as opened:
        yield opened


def audited(workspace: Workspace, *paths: Path, options: AuditOptions = QUICK, measured: bool = True) -> AuditReport:
    """The audit of paths, as the command does it."""
    supervisor = Supervisor(workspace)

    def run(title: str, spec: JobSpec) -> None:
        assert supervisor.wait(supervisor.submit(title, spec), 120).state == "done"
        assert supervisor.wait_idle(120)

    try:
        intake = take_in(workspace, target_of(paths), options, run, measured=measured)
    finally:
        supervisor.close()
    return audit_workspace(workspace, intake)


def ids(report: AuditReport, rule: str) -> list[str]:
    return [hit.id for hit in report.of(rule).hits]


def test_a_folder_with_one_fault_a_file(workspace: Workspace, footage: Path) -> None:
    report = audited(workspace, footage)
    assert report.about.kind == "folder"
    assert ids(report, "too-dark") == ["dark@0-4000"]
    assert ids(report, "too-bright") == ["bright@0-4000"]
    assert set(ids(report, "blurred")) == {"blurred@0-4000", "bright@0-4000", "dark@0-4000"}, "no light, no detail"
    assert ids(report, "idle") == ["still@0-4000"]
    assert ids(report, "does-not-open") == [str(footage / "broken.mp4")]
    assert not report.of("does-not-open").hits[0].detail.startswith("'"), "its name stands beside it"
    (twin,) = ids(report, "same-content")
    assert twin in (str(footage / "again.mp4"), str(footage / "fine.mp4"))
    for rule in ("no-hands", "near-duplicate"):
        assert (report.of(rule).standing, report.of(rule).checked) == ("unknown", 0)
        assert "--skip" in report.of(rule).why_unknown
    dark = {rate.group: (rate.count, rate.checked) for rate in report.of("too-dark").groups}
    assert dark == {".": (0, 4), "night": (1, 1)}
    assert set(shown_clips(report, 9)) == {f"{name}@0-4000" for name in ("dark", "bright", "blurred", "still")}


def test_pictures_are_made_of_the_shown_clips_alone(workspace: Workspace, footage: Path) -> None:
    audited(workspace, footage, measured=False)
    supervisor = Supervisor(workspace)
    try:
        supervisor.wait(supervisor.submit("Make pictures", pictures_of(workspace, ["dark@0-4000"])), 60)
    finally:
        supervisor.close()
    addresses = picture_addresses(workspace, ["dark@0-4000", "bright@0-4000"])
    assert list(addresses) == ["dark@0-4000"]
    assert addresses["dark@0-4000"].startswith("data:image/")


def test_nothing_measured_is_unknown_and_files_are_still_judged(workspace: Workspace, footage: Path) -> None:
    report = audited(workspace, footage, measured=False)
    for rule in ("no-hands", "too-dark", "blurred", "idle", "damaged", "changes-size", "does-not-decode"):
        finding = report.of(rule)
        assert (finding.standing, finding.checked, bool(finding.why_unknown)) == ("unknown", 0, True), rule
    assert report.of("does-not-open").count == 1
    assert report.numbers == ()


def test_a_sample_is_drawn_and_said(workspace: Workspace, footage: Path) -> None:
    options = AuditOptions(skip=QUICK.skip, sample=2, seed=7)
    report = audited(workspace, footage, options=options, measured=False)
    sample = report.about.sample
    assert sample is not None
    assert (report.about.clips, sample.clips, sample.of, sample.seed, report.about.videos) == (2, 2, 5, 7, 5)
    assert any("sample of 2 of 5 clips (seed 7)" in line for line in about_lines(report.about))


def test_a_data_set_is_judged_by_its_rows(workspace: Workspace, footage: Path, tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    shutil.copyfile(footage / "fine.mp4", folder / "P01_01.mp4")
    (folder / "labels.csv").write_text(
        "video,start_s,end_s,label,participant\n"
        "P01_01,0.5,1.5,open,P01\n"
        "P01_01,0.5,1.5,open,P01\n"
        "P01_01,0.6,1.6,close,P01\n"
        "P01_01,3,2,nothing,P01\n"
        "P01_01,3,9,too long,P01\n"
        "P01_01,8,9,too late,P01\n"
        "P01_01,x,9,no time,P01\n"
        "P02_01,0,1,elsewhere,P02\n"
    )
    (folder / "other.csv").write_text("a,b\n1,2\n")
    report = audited(workspace, folder, measured=False)
    file = str(folder / "labels.csv")
    assert report.about.kind == "data set"
    assert ids(report, "duplicate-window") == [f"{file}:3"]
    assert ids(report, "overlapping-windows") == [f"{file}:4", f"{file}:7"]
    assert ids(report, "empty-window") == [f"{file}:5"]
    assert ids(report, "beyond-the-end") == [f"{file}:6", f"{file}:7"]
    assert ids(report, "unusable-row") == [f"{file}:8"]
    assert ids(report, "video-not-here") == ["P02_01"]
    assert any("other.csv" in note for note in report.about.notes)
    stored = audit_workspace(workspace)
    assert ids(stored, "beyond-the-end") == [f"{file}:6", f"{file}:7"], "a workspace has its rows"


def test_a_named_annotation_file_of_another_kind_is_an_error(
    workspace: Workspace, footage: Path, tmp_path: Path
) -> None:
    (tmp_path / "odd.csv").write_text("a,b\n1,2\n")
    report = audited(workspace, footage / "fine.mp4", tmp_path / "odd.csv", measured=False)
    assert ids(report, "unreadable-annotations") == [str(tmp_path / "odd.csv")]


def test_an_empty_folder_is_one_error(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    report = audited(workspace, tmp_path / "none")
    assert [one.rule for one in report.findings if one.standing == "found"] == ["no-video"]


def test_what_is_not_there_and_what_is_not_alone_is_refused(tmp_path: Path, footage: Path) -> None:
    with pytest.raises(EngineError, match="is not there"):
        target_of([tmp_path / "nowhere"])
    lay_out(tmp_path / "workspace")
    assert target_of([tmp_path / "workspace"]).kind == "workspace"
    with pytest.raises(EngineError, match="is a workspace"):
        target_of([tmp_path / "workspace", footage])


def test_a_workspace_of_rows_alone_misses_its_files_and_is_told_so(workspace: Workspace) -> None:
    fill(workspace)
    report = audit_workspace(workspace)
    assert report.of("file-missing").count == 4
    assert report.of("no-hands").checked == 40
    assert report.about.model == "first"
    assert "held out" in report.of("reward-no-better-than-chance").why_unknown
    assert "nobody knows" in report.of("reward-simulated").why_unknown
    assert {rate.group for rate in report.of("too-dark").groups if rate.grouping == "source"} == {"folder", "epic"}


def test_a_workspace_without_features_has_no_number_made_up(workspace: Workspace) -> None:
    fill(workspace, measured=False)
    report = audit_workspace(workspace)
    footage = [one for one in report.findings if one.family in ("footage", "preference")]
    assert {one.standing for one in footage} == {"unknown"}
    assert all(one.why_unknown for one in footage)
    assert report.numbers == ()


def test_every_clip_of_a_rule_is_found_by_its_own_sql(workspace: Workspace) -> None:
    """The rules read the store through Arrow; a query of one's own says the same."""
    fill(workspace, videos=6, clips_each=20, seed=3)
    report = audit_workspace(workspace, AuditIntake(path="x"))
    rows = workspace.frame("SELECT clip_id FROM clip_features WHERE hands_any_share < 0.1 ORDER BY 1")
    assert sorted(ids(report, "no-hands")) == rows["clip_id"].tolist()
    rows = workspace.frame("SELECT clip_id FROM clip_features WHERE motion_idle_share > 0.5 ORDER BY 1")
    assert sorted(ids(report, "idle")) == rows["clip_id"].tolist()
    shares = [float(hit.detail.split(" for ")[1].split("%")[0]) for hit in report.of("idle").hits]
    assert shares == sorted(shares, reverse=True), "the worst are named first"
