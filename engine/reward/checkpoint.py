"""A reward on disk: `model.safetensors` (numbers) and `model.json` (what they mean). No pickle: reading a stranger's
checkpoint runs no code of theirs, and whatever does not fit is refused by name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import ValidationError

from engine.errors import RewardError
from engine.reward.fit import Reward
from engine.reward.normalise import Components, Layout, Scaling
from engine.reward.settings import ModelSettings, TrainingSettings

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["ABOUT_FILE", "NUMBERS_FILE", "load_reward", "save_reward"]

NUMBERS_FILE, ABOUT_FILE = "model.safetensors", "model.json"
FORMAT, VERSION = "handpicked-reward", 1
LARGEST_ABOUT_BYTES = 16_000_000
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


def load_reward(folder: Path) -> Reward:
    """Read the reward in `folder`. Raises `RewardError`, with the difference named, for whatever is none."""
    said = read_about(folder / ABOUT_FILE)
    arrays = read_numbers(folder / NUMBERS_FILE)
    try:
        model = ModelSettings.model_validate(said["model"])
        training = TrainingSettings.model_validate(said["training"])
        components = None
        if said["embedding_model"] is not None:
            parts = (arrays[f"components.{part}"] for part in ("mean", "axes", "scale"))
            components = Components(*(part.astype(np.float64) for part in parts))
        layout = Layout(
            texts(said, "columns"),
            texts(said, "groups"),
            texts(said, "marked"),
            model.inputs.squares,
            model.inputs.clip_at,
            model.inputs.missing_groups == "learned",
            None if said["embedding_model"] is None else str(said["embedding_model"]),
            components,
        )
        weights = {name.removeprefix("network."): a for name, a in arrays.items() if name.startswith("network.")}
        reward = Reward(
            model,
            training,
            int(said["seed"]),
            layout,
            Scaling(arrays["scaling.mean"].astype(np.float64), arrays["scaling.scale"].astype(np.float64)),
            weights,
            arrays["offset"].astype(np.float64),
            float(said["gain_mean"]),
            float(said["gain_scale"]),
            int(said["epochs"]),
            texts(said, "training_clip_ids"),
        )
    except KeyError as error:
        raise refused(folder, f"{error.args[0]!r} is missing") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise refused(folder, f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    except (TypeError, ValueError, OverflowError) as error:
        raise refused(folder, str(error)) from error
    check(folder, reward, arrays)
    return reward


def read_about(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > LARGEST_ABOUT_BYTES:
            raise refused(path, "it is far too large")
        said = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise refused(path, f"it can't be read ({error})") from error
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise refused(path, "it is no reward model of Handpicked")
    if said.get("version") != VERSION:
        raise refused(path, f"it has version {said.get('version')!r}, this is {VERSION}")
    return said


def read_numbers(path: Path) -> dict[str, NDArray[Any]]:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return dict(load_file(path))
    except (OSError, SafetensorError, ValueError, KeyError, MemoryError) as error:
        raise refused(path, f"it can't be read ({error})") from error


def texts(said: dict[str, Any], key: str) -> tuple[str, ...]:
    """A list of strings. Raises `ValueError` for anything else."""
    value = said[key]
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"{key!r} must be a list of texts")
    return tuple(value)


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


def network_shapes(reward: Reward, width: int) -> dict[str, tuple[int, ...]]:
    """The parameters of `engine.reward.ensemble.Ensemble` and their shapes, without loading torch."""
    network, members = reward.model.network, reward.model.ensemble.members
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
    return shapes


def refused(path: Path, reason: str) -> RewardError:
    """The error for a checkpoint that is none of ours."""
    return RewardError(f"{path.name}: {reason}.", remedy="Train the model again, or export it anew where it came from.")
