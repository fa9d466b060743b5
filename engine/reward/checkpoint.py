"""A reward on disk: `model.safetensors` (numbers) and `model.json` (what they mean). No pickle: reading a stranger's
checkpoint runs no code of theirs, and whatever does not fit is refused by name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.errors import FormatError, RewardError
from engine.files.names import Line, Text
from engine.files.read_json import explain, read_json, read_within
from engine.reward.fit import Reward
from engine.reward.normalise import Components, Layout, Scaling
from engine.reward.settings import ModelSettings, TrainingSettings

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["ABOUT_FILE", "NUMBERS_FILE", "load_reward", "reward_name", "save_reward"]

NUMBERS_FILE, ABOUT_FILE = "model.safetensors", "model.json"
FORMAT, VERSION = "handpicked-reward", 2
READ = (1, 2)
"""Versions that can be read. Rewards of version 1 have no linear part: they are read as having one of zeros."""
LARGEST_ABOUT_BYTES = 64 << 20
LARGEST_NUMBERS_BYTES = 256 << 20
LARGEST_NUMBER, SMALLEST_SCALE = 1e12, 1e-12
"""What a number of a trained reward is never above, and what is divided by never below."""
OURS = {"scaling.mean", "scaling.scale", "offset", "components.mean", "components.axes", "components.scale"}


def save_reward(reward: Reward, numbers: Path, about: Path, **more: Any) -> None:
    """Write the two files; `more` (a name, a fingerprint, …) is kept in the JSON beside what the reward needs."""
    from safetensors.numpy import save_file

    layout = reward.layout
    arrays: dict[str, NDArray[Any]] = {f"network.{name}": array for name, array in reward.weights.items()}
    arrays |= {"scaling.mean": reward.scaling.mean, "scaling.scale": reward.scaling.scale, "offset": reward.offset}
    if layout.components is not None:
        arrays |= {
            "components.mean": layout.components.mean,
            "components.axes": layout.components.axes,
            "components.scale": layout.components.scale,
        }
    save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, numbers)
    said = {
        **more,
        "format": FORMAT,
        "version": VERSION,
        "seed": reward.seed,
        "epochs": reward.epochs,
        "model": reward.model.model_dump(mode="json"),
        "training": reward.training.model_dump(mode="json"),
        "columns": layout.columns,
        "groups": layout.groups,
        "marked": layout.marked,
        "embedding_model": layout.embedding_model,
        "gain_mean": reward.gain_mean,
        "gain_scale": reward.gain_scale,
        "training_clip_ids": reward.training_clip_ids,
    }
    about.write_text(json.dumps(said, indent=1, ensure_ascii=False), encoding="utf-8")


class _About(BaseModel):
    """What `model.json` says, every number of it in a range that a reward can have."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    name: Text = ""
    model: ModelSettings
    training: TrainingSettings
    seed: Annotated[int, Field(ge=-(2**31), lt=2**31)]
    epochs: Annotated[int, Field(ge=0, lt=2**31)]
    columns: tuple[Line, ...]
    groups: tuple[Line, ...]
    marked: tuple[Line, ...]
    embedding_model: Line | None
    version: int
    gain_mean: Annotated[float, Field(ge=-LARGEST_NUMBER, le=LARGEST_NUMBER)]
    gain_scale: Annotated[float, Field(ge=SMALLEST_SCALE, le=LARGEST_NUMBER)]
    training_clip_ids: tuple[Text, ...]


def reward_name(folder: Path) -> str:
    """What the reward in `folder` was called where it was trained; empty where nobody said. Raises `RewardError`."""
    return read_about(folder / ABOUT_FILE).name


def load_reward(folder: Path) -> Reward:
    """Read the reward in `folder`. Raises `RewardError`, with the difference named, for whatever is none."""
    said = read_about(folder / ABOUT_FILE)
    arrays = read_numbers(folder / NUMBERS_FILE)
    try:
        components = None
        if said.embedding_model is not None:
            parts = (arrays[f"components.{part}"] for part in ("mean", "axes", "scale"))
            components = Components(*(part.astype(np.float64) for part in parts))
        inputs = said.model.inputs
        layout = Layout(
            columns=said.columns,
            groups=said.groups,
            marked=said.marked,
            squares=inputs.squares,
            clip_at=inputs.clip_at,
            learned_groups=inputs.missing_groups == "learned",
            embedding_model=said.embedding_model,
            components=components,
        )
        if said.version == 1:
            arrays |= no_linear_part(layout, said.model.ensemble.members, arrays)
        weights = {name.removeprefix("network."): a for name, a in arrays.items() if name.startswith("network.")}
        reward = Reward(
            model=said.model,
            training=said.training,
            seed=said.seed,
            layout=layout,
            scaling=Scaling(arrays["scaling.mean"].astype(np.float64), arrays["scaling.scale"].astype(np.float64)),
            weights=weights,
            offset=arrays["offset"].astype(np.float64),
            gain_mean=said.gain_mean,
            gain_scale=said.gain_scale,
            epochs=said.epochs,
            training_clip_ids=said.training_clip_ids,
        )
    except KeyError as error:
        raise refused(folder, f"{error.args[0]!r} is missing") from error
    except (TypeError, ValueError, OverflowError) as error:
        raise refused(folder, str(error)) from error
    check(folder, reward, arrays)
    return reward


def no_linear_part(layout: Layout, members: int, arrays: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """What stands for the linear parts of a reward of version 1, which had none. Its size is the settings', which are
    checked, and not that of arrays, which are not yet."""
    shape = members, len(layout.input_groups), 1
    heads = [head for head in ("human", "robot") if f"network.{head}.last.weight" in arrays]
    return {f"network.{head}.linear": np.zeros(shape, np.float32) for head in heads}


def read_about(path: Path) -> _About:
    """What `model.json` says. Raises `RewardError`."""
    try:
        said = read_json(path, max_bytes=LARGEST_ABOUT_BYTES)
    except FormatError as error:
        raise refused(path, str(error)) from error
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise refused(path, "it is no reward model of Handpicked")
    if said.get("version") not in READ:
        raise refused(path, f"it has version {str(said.get('version'))[:40]}, and {VERSION} is the last that is known")
    try:
        return _About.model_validate(said)
    except ValidationError as error:
        raise refused(path, explain(error)) from error


def read_numbers(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays of `model.safetensors`. Raises `RewardError`."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        return dict(load(read_within(path, LARGEST_NUMBERS_BYTES)))
    except FormatError as error:
        raise refused(path, str(error)) from error
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError, OverflowError, MemoryError) as error:
        raise refused(path, f"it can't be read ({str(error)[:200]})") from error


def check(folder: Path, reward: Reward, arrays: dict[str, NDArray[Any]]) -> None:
    """Refuse numbers that do not have the shapes that the settings give, or are no numbers."""
    layout, members = reward.layout, reward.model.ensemble.members
    if len(layout.groups) != len(layout.columns) or not set(layout.marked) <= set(layout.columns):
        raise refused(folder, "its columns, groups and marks do not agree")
    count = len(layout.columns)
    expected: dict[str, tuple[int, ...]] = {"scaling.mean": (count,), "scaling.scale": (count,), "offset": (members,)}
    if layout.components is not None:
        axes = layout.components.axes
        width = axes.shape[1] if axes.ndim == 2 else 0
        expected["components.mean"], expected["components.scale"] = (width,), (len(axes),)
        expected["components.axes"] = (len(axes), width)
    shapes = network_shapes(reward, len(layout.input_groups))
    expected |= {f"network.{name}": shape for name, shape in shapes.items()}
    for name in sorted(expected.keys() | arrays.keys()):
        found = arrays[name].shape if name in arrays else None
        if found != expected.get(name):
            raise refused(folder, f"{name} has shape {found}, but the settings give {expected.get(name)}")
        if arrays[name].dtype.kind != "f" or not np.isfinite(arrays[name]).all():
            raise refused(folder, f"{name} holds something that is no number")
        if arrays[name].size and np.abs(arrays[name]).max() > LARGEST_NUMBER:
            raise refused(folder, f"{name} holds numbers above {LARGEST_NUMBER:g}, which no training gives")
        if name.endswith(".scale") and arrays[name].size and arrays[name].min() < SMALLEST_SCALE:
            raise refused(folder, f"{name} holds a scale that is not above 0")


def network_shapes(reward: Reward, width: int) -> dict[str, tuple[int, ...]]:
    """The parameters of `engine.reward.network.network.Ensemble` and their shapes, without loading torch."""
    network, members = reward.model.network, reward.model.ensemble.members
    inputs = width
    shapes: dict[str, tuple[int, ...]] = {"tie": (members,)}

    def layer(name: str, width_in: int, width_out: int) -> int:
        shapes[f"{name}.weight"], shapes[f"{name}.bias"] = (members, width_in, width_out), (members, 1, width_out)
        return width_out

    for number, size in enumerate(network.trunk_sizes):
        width = layer(f"trunk.layers.{3 * number}", width, size)
    heads = {"human": network.human_head_sizes} | ({"robot": network.robot_head_sizes} if reward.robot else {})
    for head, sizes in heads.items():
        inner = width
        for number, size in enumerate(sizes):
            inner = layer(f"{head}.layers.{3 * number}", inner, size)
        layer(f"{head}.last", inner, 1)
        shapes[f"{head}.linear"] = (members, inputs, 1)
    return shapes


def refused(path: Path, reason: str) -> RewardError:
    """The error for a checkpoint that is none of ours."""
    return RewardError(f"{path.name}: {reason}.", remedy="Train the model again, or export it anew where it came from.")
