"""Every command that the documentation shows is known to the parser, and nearly all of them are run.

A page's commands run in their order in one copy of a small sample workspace, in this process, through the very parser
that `handpicked` uses. `STAND_INS` says what stands for the places and names that a page makes up, `NOT_RUN` which
commands are only parsed, and why.
"""

from __future__ import annotations

import csv
import shutil
import traceback
from typing import TYPE_CHECKING, Any

import pytest
import typer
from typer.testing import CliRunner

from app.cli.root import cli
from app.workflows.jobs.supervisor import Supervisor
from app.workflows.rewarding import score_job
from storage import Workspace
from tests.app.fake_hub import logged_in
from tests.docs.shell_blocks import PAGES, Shown, all_shown, shown_in
from tests.lerobot_tree import Tree
from tests.s3_server import ACCESS_KEY, SECRET_KEY
from tests.synthetic_video import write_video
from tests.tars import write_tar

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from storage.clips import ClipWindow
    from storage.jobs import Job
    from storage.videos import Video
    from tests.s3_server import S3Server

pytestmark = pytest.mark.timeout(900)

NOT_RUN = {
    "app": "it runs until somebody ends it; tests/e2e open it",
    "demo": "it takes minutes; tests/app/cli/test_demo.py walks it",
    "sample": "it renders for half a minute a video; the workspace that is used here was made that way",
    "download": "it needs the data sets' servers; tests/engine/download has a server of its own",
}
"""First word of a command → why it is only parsed."""

HEAVY = ("ablate", "audit", "extract", "score", "train", "validate")
"""First word of a command that takes seconds even here: run where the page about the command line shows it, elsewhere
parsed only."""

STAND_INS: dict[str, Callable[[Workspace], str]] = {
    "CLIP": lambda workspace: max(workspace.clips.windows(workspace.clips.ids()), key=from_start).clip_id,
    "VIDEO": lambda workspace: max(workspace.videos.find(), key=imported).video_id,
    "MODEL": lambda workspace: "first",
    "JOB": lambda workspace: str(max(workspace.jobs.find(), key=cancelled_or_new).job_id),
    "EXPORT": lambda workspace: workspace.exports.find()[0].export_id,
}
"""Words in capitals → what stands for them in the sample workspace as it is then."""


USAGE_ERROR = typer.BadParameter.__mro__[1]
"""Of what a wrong option, argument or command is an instance; typer gives it no name of its own."""


def imported(video: Video) -> bool:
    """A video that a page imported: the others are still needed."""
    return video.source != "sample"


def cancelled_or_new(job: Job) -> tuple[bool, int]:
    """A job that can be resumed, else the newest."""
    return job.state == "cancelled", job.job_id


def from_start(clip: ClipWindow) -> tuple[bool, float]:
    """A clip at the start of its video, the longest first."""
    return clip.start_s == 0, clip.duration_s


# --- all are known ---------------------------------------------------------------------------------------------------


def parse(words: tuple[str, ...]) -> None:
    """Parse a command, without running it. Raises `USAGE_ERROR` for what `handpicked` does not know."""
    command: Any = typer.main.get_command(cli)
    left, parent = list(words), None
    while True:
        context = command.make_context(command.name or "handpicked", left, parent=parent)
        if not hasattr(command, "commands"):
            return
        rest = [*context._protected_args, *context.args]
        _, command, left = command.resolve_command(context, rest)
        parent = context


@pytest.mark.parametrize("shown", all_shown(), ids=str)
def test_the_parser_knows_it(shown: Shown, credentials: None) -> None:
    words = tuple({"JOB": "1"}.get(word, word) for word in shown.words)
    if words[0] == "--version":
        return
    parse(words)


def test_a_command_that_nobody_knows_is_found_out() -> None:
    for words in (("fly",), ("clips", "fly"), ("train", "--wings"), ("models", "use"), ("train", "--seed", "high")):
        with pytest.raises(USAGE_ERROR):
            parse(words)


def test_the_list_of_those_that_are_not_run_is_short_and_true() -> None:
    shown = {shown.words[0] for shown in all_shown()}
    assert set(NOT_RUN) <= shown | {"app"}
    assert len(NOT_RUN) == 4


def test_the_page_about_the_command_line_shows_every_command() -> None:
    (page,) = (page for page in PAGES if page.name == "command-line.md")
    shown = [" ".join(word for word in one.words[:2]) for one in shown_in(page)]
    shown += [one.words[0] for one in shown_in(page)]
    missing = []

    def walk(command: Any, words: list[str]) -> None:
        inner = getattr(command, "commands", None)
        for name, below in (inner or {}).items():
            walk(below, [*words, name])
        if not inner and " ".join(words) not in shown and words != ["app"]:
            missing.append(" ".join(words))

    walk(typer.main.get_command(cli), [])
    assert missing == []


# --- and run ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def desk(judged_sample: Path, tmp_path: Path, server: S3Server, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with footage, a working folder with the files that pages speak of, and a copy of the sample workspace."""
    home, here = tmp_path / "home", tmp_path / "here"
    shutil.copytree(judged_sample, here / "workspace")
    for folder in ("gopro", "epic", "egocentric", "moved"):
        (home / folder).mkdir(parents=True)
    write_video(home / "gopro" / "GX010123.MP4", 48, fps=24, size=(64, 64))
    Tree(home / "towels", [30, 45]).write()
    write_video(home / "egocentric" / "one.mp4", 60, fps=24, size=(80, 64))
    write_tar(home / "egocentric" / "shard-000000.tar", [("000001.mp4", home / "egocentric" / "one.mp4")])
    (home / "egocentric" / "one.mp4").unlink()
    write_video(home / "epic" / "P01_01.MP4", 72, fps=24, size=(64, 64))
    cameras = ("observation.images.wrist", "observation.images.top")
    Tree(home / "robot" / "so101_towels", (30, 20), cameras=cameras).write()
    annotations = home / "epic" / "EPIC_100_train.csv"
    annotations.write_text(
        "narration_id,participant_id,video_id,narration_timestamp,start_timestamp,stop_timestamp,start_frame,stop_frame,"
        "narration,verb,verb_class,noun,noun_class,all_nouns,all_noun_classes\n"
        "P01_01_0,P01,P01_01,00:00:00.5,00:00:00.50,00:00:01.50,30,90,open door,open,3,door,3,\"['door']\",[3]\n"
    )
    with Workspace(here / "workspace") as workspace:
        ids = sorted(workspace.clips.ids())
        supervisor = Supervisor(workspace)
        job = score_job(workspace)
        assert job is not None
        job_id = supervisor.submit(job.title, job.spec)
        supervisor.cancel(job_id)
        assert supervisor.wait(job_id, 60).state == "cancelled"
        supervisor.close()
    with (here / "gains.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("clip_id", "gain"), *((clip_id, k / 10) for k, clip_id in enumerate(ids))])
    with (here / "judged.csv").open("w", newline="") as file:
        pairs = [(left, right, "left", "judge") for left in ids[:6] for right in ids[6:9]]
        csv.writer(file).writerows([("left_clip", "right_clip", "label", "annotator"), *pairs])
    shutil.copyfile(annotations, here / "EPIC_100_train.csv")
    for name, value in {
        "HOME": str(home),
        "HANDPICKED_WORKSPACE": str(here / "workspace"),
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL_S3": server.url,
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(here)
    return here


class Reader:
    """Runs a page's commands, with what stands for made-up words."""

    def __init__(self, desk: Path, server: S3Server, bucket: str, page: str) -> None:
        self._desk, self._page = desk, page
        self._places = {
            "s3://our-clips/kitchen": f"s3://{bucket}/docs-{page.removesuffix('.md').lower()}-{desk.parent.name}",
            "http://localhost:8333": server.url,
        }
        self._runner = CliRunner()

    def run(self, shown: Shown) -> str:
        """Run it; returns what went wrong, empty where nothing did."""
        self._lay_out(shown)
        words = [self._meant(word) for word in shown.words]
        done = self._runner.invoke(cli, words)
        if done.exit_code == 0:
            return ""
        why = "".join(traceback.format_exception(done.exception)[-3:]) if done.exception else ""
        return f"{shown}\n{done.output[-600:]}\n{why}"

    def _meant(self, word: str) -> str:
        if word.startswith("~/"):
            return str(self._desk.parent / "home" / word[2:])
        if word in STAND_INS:
            with Workspace(self._desk / "workspace") as workspace:
                return STAND_INS[word](workspace)
        return self._places.get(word, word)

    def _lay_out(self, shown: Shown) -> None:
        """What a page takes for granted: a colleague's bundle, a file that has moved, no folder in the way."""
        words = shown.words
        if words[0] == "import" and words[1].startswith("best-clips") and not (self._desk / words[1]).exists():
            bundle = self._desk / "best-clips"
            if not bundle.exists():
                made = self._runner.invoke(cli, ["rank", "--top", "2", "--cut", str(bundle)])
                assert made.exit_code == 0, made.output
            if words[1].endswith(".zip"):
                shutil.make_archive(str(bundle), "zip", bundle)
        if words[:2] == ("videos", "relocate"):
            with Workspace(self._desk / "workspace") as workspace:
                video = workspace.videos.get(STAND_INS["VIDEO"](workspace))
            shutil.copyfile(video.place.file, self._meant(words[-1]))
        if "drop-list" in words:  # as after an extraction: clips of the data set are among the best
            with Workspace(self._desk / "workspace") as workspace:
                videos = {video.video_id for video in workspace.videos.find() if video.source == "lerobot"}
                clips = [clip for clip in workspace.clips.windows(workspace.clips.ids()) if clip.video_id in videos]
                workspace.tags.add([min(clips, key=from_start).clip_id], "keep")
        if "--cut" in words:
            shutil.rmtree(self._desk / words[words.index("--cut") + 1], ignore_errors=True)


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if shown_in(page)], ids=lambda page: page.name)
def test_what_a_page_shows_runs(
    page: Path, desk: Path, server: S3Server, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = Reader(desk, server, bucket, page.name)
    left_out = {*NOT_RUN, *(HEAVY if page.name != "command-line.md" else ())}
    run = [shown for shown in shown_in(page) if not left_out & set(shown.words)]
    with logged_in(monkeypatch, desk / "hf-home"):
        wrong = [reader.run(shown) for shown in run]
    if any(wrong):
        pytest.fail("\n".join(filter(None, wrong)), pytrace=False)
