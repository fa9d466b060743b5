"""Checks the machine: versions, GPU, codecs, model weights, disk; what is missing and how to get it."""

from __future__ import annotations

import platform
import shlex
import shutil
import tempfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from app.workflows.extraction_workers import extraction_workers
from app.workflows.opencv import remedy, who_provides_cv2
from app.workflows.trying import Try, try_all
from engine.cluster.executor import cluster_facts
from engine.errors import HandpickedError
from engine.features.device import card_count
from engine.features.encoders.clip_files import find_clip, where_clip_goes
from engine.features.settings import FeatureSettings, extractor_settings
from engine.self_check import CARD_DECODER, CODECS, LIBRARIES
from engine.settings.jobs import JobSettings
from engine.weights import EFFICIENTNET_LITE0, WEIGHTS, find_weights
from storage.paths import WorkspacePaths
from storage.privacy import who_else
from storage.settings import SettingsFiles

__all__ = ["Check", "examine"]

PACKAGES = (*LIBRARIES, "mediapipe")
LOW_DISK_BYTES = 5e9


@dataclass(frozen=True, kw_only=True)
class Check:
    """The result of one check. `remedy` says how to get what is missing."""

    group: Literal["Versions", "Hardware", "Video", "Model weights", "Workspace"]
    name: str
    state: Literal["ok", "missing", "note"]
    found: str
    remedy: str = ""


def examine(workspace: Path) -> list[Check]:
    """Run all checks. Libraries are loaded and used in other processes, within half a minute."""
    tries = try_all()
    return [
        *versions(tries),
        *hardware(tries["GPU"]),
        *measuring(workspace, tries["GPU"], tries[CARD_DECODER]),
        *workers(workspace),
        *executor(workspace),
        *video(tries),
        *weights(),
        clip_weights(workspace, tries["open_clip_torch"]),
        *disk(workspace),
    ]


def versions(tries: dict[str, Try]) -> list[Check]:
    """Python and the main packages: their versions, and whether they load."""
    checks = [Check(group="Versions", name="Python", state="ok", found=platform.python_version())]
    checks += [package_check(package, tries[package]) for package in PACKAGES]
    return [*checks, opencv()]


def opencv() -> Check:
    """Whether exactly one package provides OpenCV, and all of its files are there."""
    found = who_provides_cv2()
    lost = sum(one.lost_files for one in found)
    said = ", ".join(map(str, found)) or "not installed"
    if len(found) > 1:
        said = f"{len(found)} that overwrite each other: {said}"
    elif lost:
        said = f"{said}, but {lost:,} of its files are gone"
    advice = remedy(found)
    return Check(group="Versions", name="OpenCV", state="missing" if advice else "ok", found=said, remedy=advice)


def package_check(package: str, tried: Try) -> Check:
    """A package's version, where it is installed and works."""
    try:
        version = metadata.version(package)
    except metadata.PackageNotFoundError:
        return Check(group="Versions", name=package, state="missing", found="not installed", remedy="Run `make setup`.")
    if not tried.ok:
        remedy = tried.remedy or "Run `make setup` again."
        return Check(
            group="Versions",
            name=package,
            state="missing",
            found=f"{version}, but it can't be used: {tried.found}",
            remedy=remedy,
        )
    return Check(
        group="Versions", name=package, state="ok", found=f"{version}, {tried.found}" if tried.found else version
    )


def hardware(gpu: Try) -> list[Check]:
    """CPU cores, and the device that torch computes on."""
    import psutil

    memory = psutil.virtual_memory()
    checks = [
        Check(
            group="Hardware",
            name="Processor",
            state="ok",
            found=f"{psutil.cpu_count()} cores, {memory.total / 1e9:.0f} GB memory",
        ),
    ]
    if not gpu.ok:
        remedy = gpu.remedy or "Install the driver that this PyTorch asks for; until then all works on the CPU, slower."
        checks.append(
            Check(group="Hardware", name="GPU", state="missing", found=f"it can't be used: {gpu.found}", remedy=remedy)
        )
    elif gpu.found:
        checks.append(Check(group="Hardware", name="GPU", state="ok", found=gpu.found))
    else:
        checks.append(
            Check(
                group="Hardware",
                name="GPU",
                state="note",
                found="none that torch can use",
                remedy="All works on the CPU, slower.",
            )
        )
    return checks


def measuring(workspace: Path, gpu: Try, decoder: Try) -> list[Check]:
    """What clips will be measured on, by the workspace's jobs.yaml, and whether the card decodes their videos."""
    try:
        compute = SettingsFiles(WorkspacePaths(workspace).settings).load(JobSettings).compute
    except HandpickedError as error:
        return [Check(group="Hardware", name="Measuring", state="missing", found=error.message, remedy=error.remedy)]
    cards = card_count()
    has_card = gpu.ok and cards > 0 and compute.device in ("auto", "cuda", *(f"cuda:{n}" for n in range(cards)))
    if not has_card:
        asked = compute.device.startswith("cuda")
        return [
            Check(
                group="Hardware",
                name="Measuring",
                state="missing" if asked else "ok",
                found=f"{compute.device} was asked for and is not there" if asked else "on the CPU",
                remedy="Set compute.device to auto in the settings of jobs." if asked else "",
            )
        ]
    used = cards if compute.device in ("auto", "cuda") else 1
    each = f"on {used} NVIDIA card{'s' if used > 1 else ''}, {compute.stream_count} videos at once on each"
    checks = [Check(group="Hardware", name="Measuring", state="ok", found=each)]
    if not decoder.ok:
        checks.append(
            Check(
                group="Hardware",
                name="Video on the GPU",
                state="missing",
                found=f"the CPU decodes: {decoder.found}",
                remedy=decoder.remedy
                or "In a container, NVIDIA_DRIVER_CAPABILITIES must name `video` beside `compute,utility`.",
            )
        )
    elif decoder.found:
        checks.append(Check(group="Hardware", name="Video on the GPU", state="ok", found=decoder.found))
    return checks


def workers(workspace: Path) -> list[Check]:
    """How many worker processes an extraction would get, and why; nothing where jobs.yaml can't be read."""
    try:
        plan = extraction_workers(SettingsFiles(WorkspacePaths(workspace).settings))
    except HandpickedError:
        return []  # `measuring` reports it
    return [Check(group="Hardware", name="Extraction", state="ok", found=plan)]


def executor(workspace: Path) -> list[Check]:
    """Where jobs run, and of a cluster how large it is; nothing where jobs.yaml can't be read."""
    try:
        where = SettingsFiles(WorkspacePaths(workspace).settings).load(JobSettings).executor
    except HandpickedError:
        return []  # `measuring` reports it
    if where.kind == "local":
        return [Check(group="Hardware", name="Executor", state="ok", found="local: worker processes on this machine")]
    try:
        with tempfile.TemporaryDirectory() as folder:
            facts = cluster_facts(where, Path(folder))
    except HandpickedError as error:
        return [Check(group="Hardware", name="Executor", state="missing", found=error.message, remedy=error.remedy)]
    found = f"{where.cluster_at(facts.address)}: {facts}; {facts.places} parts of {where.part_size} at the same time"
    none = f"No node has {where.part_size}: jobs would wait until one joins." if not facts.places else ""
    return [Check(group="Hardware", name="Executor", state="note" if none else "ok", found=found, remedy=none)]


def video(tries: dict[str, Try]) -> list[Check]:
    """The codecs that FFmpeg inside PyAV decodes, and the one that it must write."""
    have = [name for name in CODECS if tries[name].ok]
    lack = [f"not {name} ({tries[name].found})" for name in CODECS if not tries[name].ok]
    remedy = "Reinstall PyAV from its wheel: `make setup`." if lack else ""
    checks = [
        Check(
            group="Video",
            name="Decodes",
            state="missing" if lack else "ok",
            found=", ".join([*have, *lack]),
            remedy=remedy,
        )
    ]
    if tries["H.264"].ok and tries["H.264"].found == "decodes":  # the decoded video had been written by libx264
        checks.append(Check(group="Video", name="Encodes", state="ok", found="H.264 (libx264)"))
    else:
        remedy = "Reinstall PyAV from its wheel: `make setup`."
        checks.append(Check(group="Video", name="Encodes", state="missing", found="no libx264", remedy=remedy))
    return checks


def weights() -> list[Check]:
    """The model files that Handpicked uses, and where they were found."""
    checks = []
    for weight in WEIGHTS:
        place = find_weights(weight)
        if place is not None:
            checks.append(Check(group="Model weights", name=weight.title, state="ok", found=place.origin))
        else:
            checks.append(
                Check(
                    group="Model weights", name=weight.title, state="missing", found="not found", remedy=weight.remedy
                )
            )
    return checks


def clip_weights(workspace: Path, open_clip: Try) -> Check:
    """The embedding model of the workspace's settings: where its weights are, or what is used instead."""
    if not open_clip.ok:
        return Check(
            group="Model weights",
            name="CLIP",
            state="missing",
            found=f"open_clip can't be loaded: {open_clip.found}",
            remedy=open_clip.remedy,
        )
    try:
        settings = SettingsFiles(WorkspacePaths(workspace).settings).load(FeatureSettings)
        embedding = extractor_settings(settings, "embedding")
        model, pretrained, file = embedding.model, embedding.pretrained, embedding.weights_file  # type: ignore[attr-defined]
        folders = (WorkspacePaths(workspace).weights,)
        path = find_clip(model, pretrained, file, folders)
    except HandpickedError as error:
        return Check(group="Model weights", name="CLIP", state="missing", found=error.message, remedy=error.remedy)
    name = f"CLIP {model}/{pretrained}"
    if path is not None:
        return Check(group="Model weights", name=name, state="ok", found=f"at {path}")
    fallback = find_weights(EFFICIENTNET_LITE0) is not None and embedding.fallback  # type: ignore[attr-defined]
    instead = "the fallback embedding is used" if fallback else "no embeddings"
    place = where_clip_goes(model, pretrained, folders)
    remedy = f"Fetched on first use where there is a network; else put the file at {place}."
    return Check(
        group="Model weights",
        name=name,
        state="note" if fallback else "missing",
        found=f"not here: {instead}",
        remedy=remedy,
    )


def disk(workspace: Path) -> list[Check]:
    """Free space on the workspace's disk, and who else may read the workspace."""
    folder = next(parent for parent in [workspace, *workspace.parents] if parent.exists())
    free = shutil.disk_usage(folder).free
    low = free < LOW_DISK_BYTES
    return [
        Check(
            group="Workspace",
            name=str(workspace),
            state="missing" if low else "ok",
            found=f"{free / 1e9:.1f} GB free",
            remedy="Free some space, or choose another folder with --workspace." if low else "",
        ),
        *privacy(workspace),
    ]


def privacy(workspace: Path) -> list[Check]:
    """Whether other users may read an existing workspace."""
    paths = WorkspacePaths(workspace)
    if not workspace.exists():
        return []
    others = who_else(paths)
    remedy = f"It holds footage: `chmod -R go= {shlex.quote(str(workspace))}` closes it." if others else ""
    return [
        Check(
            group="Workspace",
            name="Privacy",
            state="note" if others else "ok",
            found=others or "nobody else may look into it",
            remedy=remedy,
        )
    ]
