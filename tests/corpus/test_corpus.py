"""Every reference video is imported and measured as a person would, and held against ffprobe and MediaPipe itself.

`make test-corpus` runs these; the ordinary run leaves them out, for they take many minutes.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from app.workflows.extracting import extract_spec
from app.workflows.importing import prepare_import
from app.workflows.jobs.supervisor import Supervisor
from engine.clipping.settings import ClippingSettings
from engine.features.hand.tracks import SEEN
from engine.features.hands import Hands
from engine.features.resources import Resources
from engine.video.probe import VIDEO_SUFFIXES, probe
from engine.video.reader import read
from engine.video.types import ClipRequest, FrameRequest, Sample
from engine.video.windows import Window
from storage import Workspace
from tests.corpus.ffprobe import Probed, ask
from tests.engine.features.rendered_hands import hands_found_directly

if TYPE_CHECKING:
    from collections.abc import Iterator

MEDIA = Path(__file__).parents[3] / "shared" / "media"
FILES = sorted(path for path in MEDIA.rglob("*") if path.suffix.lower() in VIDEO_SUFFIXES)
DAMAGED = {"corrupted.mp4"}
"""Told apart from whole ones by the reader; two decoders need not agree on what is left of it."""
NAMES = [str(path.relative_to(MEDIA)) for path in FILES]

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(not FILES, reason="the developers' reference videos are not beside this checkout"),
]
needs_ffprobe = pytest.mark.skipif(shutil.which("ffprobe") is None, reason="ffprobe is not installed")


@dataclass(frozen=True)
class Corpus:
    """A workspace with every reference video, measured; and what its jobs came to."""

    workspace: Workspace
    failures: dict[str, str]

    def video(self, path: Path) -> dict[str, Any]:
        """The row of a file, or of the one with the same content."""
        rows = self.workspace.database.rows(
            "SELECT video.* FROM video WHERE path = ? OR size_bytes = ?", [str(path), path.stat().st_size]
        )
        assert rows, f"{path.name} was not imported"
        return next((row for row in rows if row["path"] == str(path)), rows[0])


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    """Import and extract, with real workers."""
    with Workspace(tmp_path_factory.mktemp("corpus") / "workspace") as workspace:
        supervisor = Supervisor(workspace, workers=2)
        request = prepare_import([MEDIA], source="folder", clips="whole", clipping=ClippingSettings(), pictures=False)
        imported = supervisor.wait(supervisor.submit("Import", request.spec), 3000)
        extracted = supervisor.wait(supervisor.submit("Extract", extract_spec(workspace)), 3000)
        jobs = (imported, extracted)
        assert [job.state for job in jobs] == ["done", "done"]
        failed = [failure for job in jobs for failure in workspace.jobs.failures(job.job_id)]
        yield Corpus(workspace, {failure.item: failure.error for failure in failed})
        supervisor.close()


@cache
def truth_of(name: str) -> Probed:
    return ask(MEDIA / name)


def test_every_file_comes_in_and_every_clip_is_measured_by_every_extractor(corpus: Corpus) -> None:
    assert corpus.failures == {}
    for path in FILES:
        corpus.video(path)
    clips = corpus.workspace.clips.count()
    assert clips == corpus.workspace.database.scalar("SELECT count(*) FROM video")
    measured = corpus.workspace.features.measured()
    assert {measured[name] for name in ("sharpness", "exposure", "motion", "hands", "embedding")} == {clips}


@needs_ffprobe
@pytest.mark.parametrize("name", NAMES)
def test_an_imported_video_has_the_length_rate_size_and_rotation_that_ffprobe_finds(corpus: Corpus, name: str) -> None:
    row, truth = corpus.video(MEDIA / name), truth_of(name)
    assert (row["width"], row["height"]) == truth.size
    assert row["rotation_deg"] == truth.rotation_deg
    assert (row["codec"], row["pix_fmt"]) == (truth.codec, truth.pix_fmt)
    assert row["fps"] == pytest.approx(truth.rate_hz, rel=1e-3)
    if Path(name).name not in DAMAGED:
        assert row["duration_s"] == pytest.approx(truth.length_s, abs=1.5 / truth.rate_hz)


@needs_ffprobe
@pytest.mark.parametrize("name", [name for name in NAMES if Path(name).name not in DAMAGED])
def test_the_reader_shows_the_frames_that_ffprobe_shows_when_it_shows_them(name: str) -> None:
    request = FrameRequest(None, 32, "gray")
    shown = [e.t_s for e in read(MEDIA / name, [ClipRequest(0, Window(0, 1e5), (request,))]) if isinstance(e, Sample)]
    # A thousandth: ffprobe prints six decimals of each time, and one of a coarse clock may be rounded.
    assert shown == pytest.approx(truth_of(name).times_s, abs=1e-3)


@pytest.mark.parametrize("name", NAMES)
def test_hands_are_found_in_the_frames_where_the_model_itself_finds_them(corpus: Corpus, name: str) -> None:
    row = corpus.video(MEDIA / name)
    (clip,) = corpus.workspace.clips.of_video(row["video_id"])
    track = corpus.workspace.features.track("hand_track", clip.clip_id)
    assert track is not None
    hands = Hands(resources=Resources(download=False))
    hands.prepare()
    window = Window(clip.start_s, clip.end_s)
    samples = [
        event
        for event in read(MEDIA / name, [ClipRequest(0, window, hands.requests()[:1])])
        if isinstance(event, Sample)
    ]
    times_ms = [round((sample.t_s - window.start_s) * 1000) for sample in samples]
    truth = [len(found) for found in hands_found_directly(hands, [s.image for s in samples], times_ms)]
    seen = (np.asarray(track.series["state"]).reshape(-1, 2) == SEEN).sum(axis=1)
    assert len(seen) == len(truth)
    # The extractor counts a hand once that the model found twice, so it may have one less in a frame, never none.
    assert ((seen > 0) == (np.array(truth) > 0)).all(), json.dumps({"ours": seen.tolist(), "theirs": truth})
    assert (seen <= truth).all()
    assert probe(MEDIA / name).width == row["width"]
