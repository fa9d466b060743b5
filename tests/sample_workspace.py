"""Small sample workspaces that went the real way: rendered, imported, measured, labelled, trained, validated.

Made once a test session by whichever worker asks first; a test takes a copy.
"""

from __future__ import annotations

import fcntl
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest

from app.workflows.extracting import extract_spec
from app.workflows.jobs.supervisor import Supervisor
from app.workflows.rewarding import train_spec
from app.workflows.sampling import sample_spec, simulate_labels
from app.workflows.validating import ablate_spec, validate_spec
from engine.features.settings import FeatureSettings
from engine.preference.simulated import SimulatedAnnotator
from engine.reward.settings import (
    EnsembleSettings,
    ModelSettings,
    NetworkSettings,
    OptimiserSettings,
    ReportSettings,
    SplitSettings,
    TrainingSettings,
)
from engine.validation.rollout_settings import RolloutEffort, RolloutSettings
from engine.validation.settings import CloningSettings, EffortSettings, PoolSettings, ValidationSettings
from storage import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from engine.runtime.spec import JobSpec

QUICK_MODEL = ModelSettings(
    network=NetworkSettings(trunk_sizes=[16], human_head_sizes=[8], robot_head_sizes=[8], dropout=0.1),
    ensemble=EnsembleSettings(members=2),
)
QUICK_TRAINING = TrainingSettings(
    optimiser=OptimiserSettings(learning_rate=0.01, epochs=10, patience=5, device="cpu"),
    split=SplitSettings(folds=2, repeats=1),
    report=ReportSettings(bootstrap_rounds=50, learning_curve=False),
)
WIDTH = 8
VIDEOS = 8
SHAPE = {"n_episodes": 4, "episode_s": 1.5, "width": 320, "height": 180, "fps": 10}
QUICK = ValidationSettings(
    cloning=CloningSettings(width_px=48, height_px=27, frames_per_clip=6, least_skill=0.0),
    pools=PoolSettings(least_sources=4, least_clips=4, rotations=2),
    quick=EffortSettings(
        trunk_seeds=2,
        trunk_steps=20,
        splits=2,
        bases=4,
        full_trainings=4,
        full_steps=6,
        resamples=50,
        reward_seeds=1,
        reward_folds=2,
    ),
    # Not the defaults: counting success by those takes a core seven minutes.
    rollouts=RolloutSettings(bins=3, quick=RolloutEffort(seeds=1, scenes=4, steps=60, random_draws=1, subsets=5)),
)


def run(workspace: Workspace, supervisor: Supervisor, title: str, spec: JobSpec) -> None:
    """Run a job and what follows from it; it has to do all that it should."""
    job = supervisor.wait(supervisor.submit(title, spec))
    failures = workspace.jobs.failures(job.job_id)
    assert (job.state, failures) == ("done", []), supervisor.log(job.job_id)
    supervisor.wait_idle(120)


def add_vectors(workspace: Workspace) -> None:
    """Made-up vectors in the place of embeddings: loading the network would take longer than all the rest."""
    ids = sorted(workspace.clips.ids())
    vectors = np.random.default_rng(0).normal(size=(len(ids), WIDTH)).astype(np.float32)
    column = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), WIDTH)
    workspace.features.add_vectors(pa.table({"clip_id": ids, "model": ["made up"] * len(ids), "vector": column}))


def measure(folder: Path) -> None:
    """Render, import, measure, and let a simulated annotator answer."""
    with Workspace(folder) as workspace:
        features = FeatureSettings.model_validate({"embedding": {"enabled": False}})
        for settings in (QUICK, QUICK_MODEL, QUICK_TRAINING, features):
            workspace.settings.save(settings)
        supervisor = Supervisor(workspace)
        try:
            run(workspace, supervisor, "Render", sample_spec(VIDEOS, 3, **SHAPE))
            run(workspace, supervisor, "Extract features", extract_spec(workspace))
            add_vectors(workspace)
            simulate_labels(workspace, SimulatedAnnotator(name="simulated", seed=3), pairs=120)
        finally:
            supervisor.close()


def judge(folder: Path) -> None:
    """Train a reward, validate it, and leave features out."""
    with Workspace(folder) as workspace:
        supervisor = Supervisor(workspace)
        try:
            run(workspace, supervisor, "Train", train_spec(workspace, name="first"))
            run(workspace, supervisor, "Validate", validate_spec(workspace))
            run(workspace, supervisor, "Ablate", ablate_spec(workspace, groups=[("motion", "hands")]))
        finally:
            supervisor.close()


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that all workers of this session share, made by the one that comes first."""
    base = factory.getbasetemp()
    shared = base.parent if base.name.startswith("popen-") else base
    folder, done = shared / name, shared / f"{name}.done"
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            make(folder)  # in its place: the store holds the paths of the videos
            done.touch()
    return folder


@pytest.fixture(scope="session")
def measured_sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace of eight small sample videos, measured, with 120 simulated labels. Copy it before changing it."""
    return made_once(tmp_path_factory, "measured-sample", measure)


@pytest.fixture(scope="session")
def judged_sample(tmp_path_factory: pytest.TempPathFactory, measured_sample: Path) -> Path:
    """The same with a trained reward, a validation and an ablation. Copy it before changing it."""

    def make(folder: Path) -> None:
        shutil.copytree(measured_sample, folder)
        judge(folder)

    return made_once(tmp_path_factory, "judged-sample", make)
