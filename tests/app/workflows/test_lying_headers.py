"""Whatever a file says of itself, an import takes seconds and megabytes, makes few clips, and says what is wrong."""

from __future__ import annotations

import contextlib
import random
import re
import resource
import struct
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av.error
import psutil
import pytest

from app.workflows import importing
from app.workflows.jobs.supervisor import Supervisor
from engine.clipping import ClippingSettings
from engine.settings.jobs import JobSettings, RuntimeSettings
from engine.video.container import open_container
from tests.synthetic_video import write_video

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from storage import Workspace
    from storage.jobs import Job

FRAMES = 90
FPS = 30
MOST_CLIPS = 500
CLIPPING = ClippingSettings(length_s=1.0, stride_s=1.0, min_s=0.2, max_clips_per_video=MOST_CLIPS)
KINDS: dict[str, dict[str, Any]] = {
    "mp4": {"b_frames": 2},
    "mkv": {"b_frames": 2},
    "webm": {"codec": "libvpx", "options": {"deadline": "realtime", "cpu-used": "8", "b": "400k"}},
    "avi": {"codec": "mpeg4"},
    "ts": {"b_frames": 2},
}
Data = bytearray


def flips(data: Data, rng: random.Random) -> None:
    """Some bits turned over, anywhere."""
    for _ in range(rng.randint(1, 40)):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def header_flips(data: Data, rng: random.Random) -> None:
    """Some bytes of the first or the last kilobyte changed: headers and indices lie there."""
    at = rng.choice([0, max(0, len(data) - 1024)])
    for _ in range(rng.randint(1, 12)):
        data[at + rng.randrange(min(1024, len(data) - at))] = rng.choice([0, 0x7F, 0x80, 0xFF, rng.randrange(256)])


def truncation(data: Data, rng: random.Random) -> None:
    """The file ends early, as where a copy broke off."""
    del data[int(len(data) * rng.uniform(0.2, 0.95)) :]


def lie(data: Data, rng: random.Random) -> None:
    """The fields that tell length, rate and size claim what can't be."""
    huge = rng.choice([0x7FFFFFFF, 0xFFFFFFFF, 0x10000000, 1_000_000_000, 0])
    if data[:4] == b"RIFF":
        header, stream = data.index(b"avih") + 8, data.index(b"strh") + 8
        struct.pack_into("<I", data, rng.choice([header, header + 16, stream + 20, stream + 24, stream + 32]), huge)
    elif data[4:8] == b"ftyp":
        box, offset = rng.choice([(b"mvhd", 20), (b"mdhd", 20), (b"mdhd", 16), (b"stts", 16), (b"stts", 12)])
        struct.pack_into(">I", data, data.index(box) + offset, huge)
    elif data[:4] == b"\x1a\x45\xdf\xa3":
        marks = [mark for mark in (b"\x44\x89\x88", b"\x23\xe3\x83", b"\xe7") if mark in data]
        mark = rng.choice(marks)
        struct.pack_into(">d", data, data.index(mark) + len(mark), rng.choice([2.0**31, 1e12, 3.6e8, 0.0]))
    else:
        flips(data, rng)


MUTATIONS: tuple[Callable[[Data, random.Random], None], ...] = (flips, header_flips, truncation, lie)


@pytest.fixture
def supervisor(workspace: Workspace, known_steps: None) -> Iterator[Supervisor]:
    workspace.settings.save(JobSettings(runtime=RuntimeSettings(workers=1)))
    running = Supervisor(workspace)
    yield running
    running.close()


def bring_in(workspace: Workspace, supervisor: Supervisor, *paths: Path, clips: str = "stride", **limits: Any) -> Job:
    clipping = CLIPPING.model_copy(update=limits)
    request = importing.prepare_import(paths, source="folder", clips=clips, clipping=clipping, pictures=False)
    job_id = supervisor.submit("Import", request.spec)
    assert supervisor.wait_idle(180), supervisor.log(job_id)
    return workspace.jobs.get(job_id)


@contextlib.contextmanager
def peak_of_workers() -> Iterator[dict[int, int]]:
    """The most memory that each worker process took during the block, in kB, by its number."""
    peaks_kb: dict[int, int] = {}
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.01):
            for child in psutil.Process().children():
                with contextlib.suppress(OSError, StopIteration):  # it has ended meanwhile
                    lines = Path(f"/proc/{child.pid}/status").read_text().splitlines()
                    peaks_kb[child.pid] = int(next(line.split()[1] for line in lines if line.startswith("VmHWM")))

    watch = threading.Thread(target=look)
    watch.start()
    try:
        yield peaks_kb
    finally:
        over.set()
        watch.join()


def packets_s(path: Path) -> list[float]:
    """How long the packets of a file last: by when they are shown, by when they are decoded, and by their number."""
    shown: list[int] = []
    decoded: list[int] = []
    count = 0
    with open_container(path) as container:
        stream = container.streams.video[0]
        with contextlib.suppress(av.error.InvalidDataError, IndexError):
            for packet in container.demux(stream):
                count += packet.size > 0
                shown += [packet.pts] if packet.pts is not None else []
                decoded += [packet.dts] if packet.dts is not None else []
        spans = [(max(times) - min(times)) * float(stream.time_base) for times in (shown, decoded) if times]
    return [count / FPS, *(span + 1 / FPS for span in spans)]


def test_sixty_mutated_files_come_in_right_or_with_a_word(
    workspace: Workspace, supervisor: Supervisor, tmp_path: Path
) -> None:
    folder = tmp_path / "mutated"
    folder.mkdir()
    for suffix, how in KINDS.items():
        whole = tmp_path / f"whole.{suffix}"
        write_video(whole, FRAMES, **how)
        for number in range(12):
            data = bytearray(whole.read_bytes())
            MUTATIONS[number % len(MUTATIONS)](data, random.Random(f"{suffix}-{number}"))
            (folder / f"{suffix}-{number}.{suffix}").write_bytes(data)
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with peak_of_workers() as peaks_kb:
        job = bring_in(workspace, supervisor, folder)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb < 300_000
    assert peaks_kb
    assert max(peaks_kb.values()) < 1_500_000
    assert job.state == "done"
    warned = "\n".join(workspace.jobs.warnings(job.job_id))
    failed = {failure.item for failure in workspace.jobs.failures(job.job_id)}
    here = {video.path: video for video in workspace.videos.find()}
    assert len(failed) + len(here) + len(workspace.jobs.skipped(job.job_id)) == 60
    unsaid = {}
    for path in sorted(folder.iterdir()):
        video = here.get(str(path))
        if video is None:
            continue
        clips = workspace.clips.of_video(video.video_id)
        assert len(clips) <= MOST_CLIPS
        is_right = any(abs(video.duration_s - length_s) <= 0.1 * length_s for length_s in packets_s(path))
        if not (clips and is_right) and path.name not in warned:
            unsaid[path.name] = (video.duration_s, packets_s(path), len(clips))
    assert unsaid == {}
    errors = [failure.error for failure in workspace.jobs.failures(job.job_id)]
    assert [error for error in errors if "Unexpected" in error] == []
    assert len(here) > 20, "most mutated files can be used"


def claiming(path: Path, frames: int) -> Path:
    """An AVI of three seconds whose header speaks of this many frames."""
    write_video(path, FRAMES, codec="mpeg4")
    data = bytearray(path.read_bytes())
    header, stream = data.index(b"avih") + 8, data.index(b"strh") + 8
    struct.pack_into("<I", data, header + 16, frames)
    struct.pack_into("<I", data, stream + 32, frames)
    path.write_bytes(data)
    return path


def test_a_header_of_two_milliards_of_frames_is_measured(
    workspace: Workspace, supervisor: Supervisor, tmp_path: Path
) -> None:
    job = bring_in(workspace, supervisor, claiming(tmp_path / "lies.avi", 2**31 - 1))
    (video,) = workspace.videos.find()
    assert video.duration_s == pytest.approx(3.0, abs=0.05)
    assert len(workspace.clips.of_video("lies")) == 3
    (warning,) = workspace.jobs.warnings(job.job_id)
    assert re.search(r"its header speaks of 71,582,788\.2\d s, its pictures end after 3\.00 s", warning)
    assert "its header speaks of" in video.damage


@pytest.mark.parametrize("suffix", ["mkv", "webm", "flv", "ts", "avi", "nut"])
def test_half_a_file_comes_in_with_what_is_there_and_both_lengths(
    workspace: Workspace, supervisor: Supervisor, tmp_path: Path, suffix: str
) -> None:
    whole, half = tmp_path / f"whole.{suffix}", tmp_path / f"half.{suffix}"
    write_video(whole, 240, **KINDS.get(suffix, {}))
    data = whole.read_bytes()
    half.write_bytes(data[: len(data) // 2])
    job = bring_in(workspace, supervisor, half)
    (video,) = workspace.videos.find()
    (length_s, *_) = packets_s(half)
    assert video.duration_s == pytest.approx(length_s, abs=0.2)
    assert max(clip.end_s for clip in workspace.clips.of_video("half")) <= video.duration_s
    # A transport or NUT stream has no header that could speak of the whole, and FFmpeg corrects that of an AVI.
    warned = "\n".join(workspace.jobs.warnings(job.job_id))
    said = {"avi": "of its packets is damaged", "ts": "", "nut": ""}.get(suffix, "its header speaks of 8.0")
    assert said in warned


def test_more_clips_than_the_limit_are_not_made_and_that_is_said(
    workspace: Workspace, supervisor: Supervisor, tmp_path: Path
) -> None:
    write_video(tmp_path / "long.mp4", FRAMES)
    job = bring_in(workspace, supervisor, tmp_path / "long.mp4", max_clips_per_video=2)
    assert len(workspace.clips.of_video("long")) == 2
    (warning,) = workspace.jobs.warnings(job.job_id)
    assert "only the first 2 clips were made, none from 2.0 s on (the setting max_clips_per_video)" in warning


@pytest.mark.parametrize("method", ["stride", "annotations", "shots"])
def test_a_video_without_a_clip_says_why(
    workspace: Workspace, supervisor: Supervisor, tmp_path: Path, method: str
) -> None:
    write_video(tmp_path / "short.mp4", 3)
    bring_in(workspace, supervisor, tmp_path / "short.mp4", clips=method)
    assert workspace.clips.of_video("short") == []
    warned = "\n".join(w for job in workspace.jobs.find() for w in workspace.jobs.warnings(job.job_id))
    reason = {"stride": "the last piece", "annotations": "nothing names a window of it", "shots": "too short"}[method]
    assert "short" in warned
    assert f"no clip was made: {reason}" in warned


def test_importing_again_corrects_what_an_earlier_version_took_for_the_length(
    workspace: Workspace, supervisor: Supervisor, tmp_path: Path
) -> None:
    write_video(tmp_path / "bare.h264", FRAMES, container="h264")
    bring_in(workspace, supervisor, tmp_path / "bare.h264", clips="whole")
    (clip,) = workspace.clips.of_video("bare")
    workspace.clips.remove([clip.clip_id])
    workspace.database.write("UPDATE video SET duration_s = 0.04, fps = 25.0")
    job = bring_in(workspace, supervisor, tmp_path / "bare.h264", clips="whole")
    (video,) = workspace.videos.find()
    assert (video.duration_s, video.fps) == (pytest.approx(3.0), pytest.approx(30))
    ((_, reason),) = workspace.jobs.skipped(job.job_id)
    assert "its length is 3.00 s, not 0.04 s" in reason
    assert [c.end_s for c in workspace.clips.of_video("bare")] == [3.0]
