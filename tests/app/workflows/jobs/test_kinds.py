"""The table of kinds of job agrees with the steps, and an installed package adds a kind by entry points alone."""

from __future__ import annotations

import os
from dataclasses import fields, is_dataclass
from importlib import import_module
from typing import TYPE_CHECKING

import pytest

import engine.contracts
from app.workflows.jobs.kinds import BUILT_IN, check_spec, job_kind, step_of
from engine.contracts.export import CutPayload
from engine.contracts.shots import ShotPayload, ShotSettings
from engine.errors import JobError
from engine.runtime.rows import Row
from engine.runtime.spec import Item, ItemPayload, JobSpec, StepSettings
from engine.runtime.step import Step

if TYPE_CHECKING:
    from pathlib import Path

    from tests.app.workflows.conftest import Bench


def step_class(kind: str) -> type[Step[StepSettings, ItemPayload]]:
    """What workers load."""
    module, _, name = step_of(kind).partition(":")
    found: type[Step[StepSettings, ItemPayload]] = getattr(import_module(module), name)
    return found


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_a_kind_and_its_step_agree_on_what_a_job_is_asked(name: str) -> None:
    kind, step = job_kind(name), step_class(name)
    assert kind.kind == name
    assert issubclass(step, Step)
    assert (step.Settings, step.Payload) == (kind.settings, kind.payload)
    for model in (step.Settings, step.Payload):
        assert model.model_config == {"extra": "forbid", "frozen": True}


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_what_a_kind_keeps_of_its_inputs_has_a_model(name: str) -> None:
    kind = job_kind(name)
    if kind.prepare is not None:
        returned = kind.prepare.__annotations__["return"]
        assert returned == ("None" if kind.prepared is None else kind.prepared.__name__)


def below(cls: type[Row]) -> set[type[Row]]:
    """All classes of rows."""
    return {found for inner in cls.__subclasses__() for found in (inner, *below(inner))}


def test_every_kind_of_row_is_a_frozen_dataclass_with_a_table_of_its_own() -> None:
    for name in BUILT_IN:
        step_class(name)
    rows = [row for row in below(Row) if row.__module__.startswith(("engine.", "storage."))]
    assert len(rows) > 15
    assert all(is_dataclass(row) and row.__dataclass_params__.frozen and fields(row) for row in rows)  # type: ignore[attr-defined]
    assert len({row.TABLE for row in rows}) == len(rows)
    assert engine.contracts.__doc__


def test_a_job_made_for_another_kind_is_refused_before_anything_is_written() -> None:
    settings = job_kind("shots").settings.model_construct()
    check_spec(JobSpec("shots", (Item("v", ShotPayload(path="v.mp4")),), settings))
    with pytest.raises(JobError, match="kind 'shots' has no ShotSettings"):
        check_spec(JobSpec("shots", (Item("v", ShotPayload(path="v.mp4")),)))
    cut = CutPayload(clip_id="c", path="v.mp4", start_s=0.0, end_s=1.0, file="c.mp4")
    with pytest.raises(JobError, match="items that are no ShotPayload"):
        check_spec(JobSpec("shots", (Item("v", cut),), ShotSettings.model_construct()))


# --- a kind of job from an installed package --------------------------------------------------------------------------

STEP = """
from dataclasses import dataclass
from engine.runtime.rows import Row
from engine.runtime.spec import ItemPayload, StepSettings
from engine.runtime.step import Step

class Counting(StepSettings):
    times: int

class Word(ItemPayload):
    word: str

@dataclass(frozen=True)
class LettersRow(Row):
    TABLE = "letters"
    word: str
    letters: int

class CountLetters(Step[Counting, Word]):
    def process(self, item, context):
        letters = len(item.payload.word) * self.settings.times + len((self.inputs / "more.txt").read_text())
        context.output.add(LettersRow, [LettersRow(item.payload.word, letters)])
"""

KIND = """
from app.workflows.jobs.kinds import FollowUp, JobKind, Remark
from app.workflows.jobs.prepared import Prepared
from tiny_step import Counting, LettersRow, Word

class Said(Prepared):
    by: str

def prepare(workspace, settings, folder):
    (folder / "more.txt").write_text("!")
    return Said(by="ann")

def apply(workspace, settings, shard, prepared):
    for row in shard.read(LettersRow):
        workspace.database.write("INSERT INTO letters VALUES (?, ?, ?)", [row.word, row.letters, prepared.by])
    return []

COUNT = JobKind(
    kind="count_letters", settings=Counting, payload=Word, apply=apply, prepare=prepare, prepared=Said,
    after=lambda workspace, settings: [Remark("That was all.")],
)
"""


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of two modules, installed for the app and its workers; returns the file of its entry points."""
    site = tmp_path / "site"
    info = site / "tiny-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "tiny_step.py").write_text(STEP)
    (site / "tiny_kind.py").write_text(KIND)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
    entries = info / "entry_points.txt"
    entries.write_text(
        "[handpicked.kinds]\ncount_letters = tiny_kind:COUNT\n"
        "[handpicked.steps]\ncount_letters = tiny_step:CountLetters\n"
    )
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH")])))
    return entries


def count_letters() -> JobSpec:
    """A job of the added kind."""
    step = import_module("tiny_step")
    items = tuple(Item(word, step.Word(word=word)) for word in ("hand", "picked"))
    return JobSpec("count_letters", items, step.Counting(times=2))


@pytest.mark.usefixtures("tiny")
def test_a_package_adds_a_kind_of_job_that_runs_from_click_to_row(bench: Bench) -> None:
    bench.workspace.database.write("CREATE TABLE letters (word TEXT, letters INTEGER, said_by TEXT)")
    job = bench.wait(bench.supervisor.submit("Count", count_letters()))
    assert (job.state, job.done, job.message) == ("done", 2, ""), bench.supervisor.log(job.job_id)
    rows = bench.workspace.database.rows("FROM letters ORDER BY word")
    assert [tuple(row.values()) for row in rows] == [("hand", 9, "ann"), ("picked", 13, "ann")]
    assert "That was all." in [event.message for event in bench.workspace.jobs.events(job.job_id)]


def test_a_package_that_names_no_step_for_its_kind_is_refused_at_once(bench: Bench, tiny: Path) -> None:
    tiny.write_text("[handpicked.kinds]\ncount_letters = tiny_kind:COUNT\n")
    with pytest.raises(JobError, match=r"nothing says which step .* 'count_letters'.*handpicked\.steps"):
        bench.supervisor.submit("Count", count_letters())
    assert bench.workspace.jobs.find() == []


def test_a_package_that_names_something_else_is_refused_by_name(bench: Bench, tiny: Path) -> None:
    tiny.write_text("[handpicked.kinds]\ncount_letters = tiny_kind:Said\n")
    with pytest.raises(JobError, match="tiny_kind:Said is not the kind of job 'count_letters'"):
        bench.supervisor.submit("Count", count_letters())
