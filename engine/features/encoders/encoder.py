"""Embedding models: open_clip's for pictures and text, and a small bundled network for use without CLIP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from engine.errors import DownloadError, EngineError
from engine.features.device import choose_device
from engine.features.encoders.clip_files import fetch_clip, find_clip, where_clip_goes
from engine.features.encoders.device_input import DeviceInput
from engine.features.encoders.fast_cpu import computes_bfloat16, with_folded_norms
from engine.weights import EFFICIENTNET_LITE0, require_weights

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor

    from engine.features.resources import Resources
    from engine.video.types import Image

__all__ = [
    "FALLBACK",
    "Encoder",
    "WantedPrecision",
    "imagenet_input",
    "load_clip",
    "load_encoder",
    "load_fallback",
    "precision_on",
]

Precision = Literal["float32", "float16", "bfloat16"]
WantedPrecision = Literal["auto", "full", "half"]
FALLBACK = "efficientnet_lite0"
"""The model name of the fallback, as recorded beside its vectors."""
_IMAGENET_MEAN, _IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_IMAGENET_SIDE_PX = 224


@dataclass(frozen=True, kw_only=True)
class Encoder:
    """A loaded model. Vectors are `(n, dimension) float32` of unit length; those of two models can't be compared."""

    model: str
    dimension: int
    device: str
    precision: Precision
    """What pictures are computed in; texts in single precision on the CPU, whatever it is."""
    _network: Any
    _images: Any
    _transform: Any
    _device_input: DeviceInput | None = None
    """The same as `_transform` for a tensor on the device; None where the model's preprocessing is another."""
    _tokenizer: Any = None

    def prepare_image(self, image: Image) -> Any:
        """An RGB picture `(height, width, 3) uint8` as the model's input, a tensor on the CPU."""
        from PIL import Image as Pillow

        return self._transform(Pillow.fromarray(np.ascontiguousarray(image)))

    def prepare_on_device(self, picture: Tensor) -> Tensor:
        """An RGB picture `(height, width, 3) uint8` on the device as the model's input, there too."""
        if self._device_input is None:
            prepared: Tensor = self.prepare_image(picture.cpu().numpy())
            return prepared.to(picture.device)
        return self._device_input.of(picture)

    def encode_prepared(self, inputs: Sequence[Any]) -> NDArray[np.float32]:
        """Vectors of prepared pictures, in one batch."""
        import torch

        batch = torch.stack(list(inputs)).to(self.device)
        with torch.inference_mode():
            return _unit(self._images(batch.to(getattr(torch, self.precision))))

    def encode_image(self, images: Sequence[Image]) -> NDArray[np.float32]:
        """Vectors of RGB pictures `(height, width, 3) uint8`."""
        return self.encode_prepared([self.prepare_image(image) for image in images])

    def encode_text(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of texts, comparable with those of pictures. Raises EngineError where there is no text encoder."""
        import torch

        if self._tokenizer is None:
            raise EngineError(
                f"The embedding model in use, {self.model}, knows pictures only, so text can't be searched for.",
                remedy="Search by a picture, or get CLIP's weights (see `handpicked doctor`) and extract again.",
            )
        with torch.inference_mode():
            return _unit(self._network.encode_text(self._tokenizer(list(texts)).to(self.device)))


def load_encoder(
    model: str,
    pretrained: str,
    weights_file: str,
    resources: Resources,
    *,
    fallback: bool,
    precision: WantedPrecision = "auto",
) -> Encoder:
    """Load the CLIP model where its weights are available, else the bundled network, if `fallback` allows.

    Raises EngineError that names the missing file and where to put it.
    """
    path = find_clip(model, pretrained, weights_file, resources.weights_folders)
    reason = ""
    if path is None and resources.download:
        try:
            path = fetch_clip(model, pretrained, resources.say)
        except DownloadError as error:
            reason = f" {error}"
    if path is not None:
        return load_clip(model, pretrained, path, resources, precision)
    if fallback:
        return load_fallback(resources, precision)
    place = where_clip_goes(model, pretrained, resources.weights_folders)
    raise EngineError(
        f"The weights of {model}/{pretrained} are not on this machine.{reason}",
        remedy=f"Put them at {str(place)!r}, or allow the fallback. Everything except embeddings works without them.",
    )


def precision_on(device: str, wanted: WantedPrecision) -> Precision:
    """What a model computes in on a device; `auto` takes half precision where that is the faster one."""
    if wanted == "full":
        return "float32"
    if device.startswith("cuda"):
        return "float16"
    if wanted == "half" or (device == "cpu" and computes_bfloat16()):
        return "bfloat16"
    return "float32"


def load_clip(
    model: str, pretrained: str, path: Path, resources: Resources, precision: WantedPrecision = "auto"
) -> Encoder:
    """open_clip's `model` with the weights at `path`, and the preprocessing that belongs to `pretrained`."""
    import open_clip
    import torch
    from open_clip.transform import PreprocessCfg, image_transform_v2

    device = choose_device(resources)
    torch.set_num_threads(resources.threads)
    computed_in = precision_on(device, precision)
    known = open_clip.get_pretrained_cfg(model, pretrained) or {}
    wanted = {key: known[key] for key in ("mean", "std", "interpolation", "resize_mode") if key in known}
    try:
        network = open_clip.create_model(
            model,
            pretrained=str(path),
            precision="fp16" if computed_in == "float16" else "fp32",
            device=device,
            force_quick_gelu=bool(known.get("quick_gelu", False)),
            force_preprocess_cfg=wanted,
        )
        tokenizer = open_clip.get_tokenizer(model)
    except Exception as error:  # each loader raises errors of its own
        raise EngineError(
            f"{path.name!r} can't be loaded as {model}: {error}",
            remedy="Check the model's name in the settings of `embedding`, or fetch the file again.",
        ) from error
    network.eval()
    if computed_in == "bfloat16":
        network.visual.to(torch.bfloat16)
    preprocessing = PreprocessCfg(**network.visual.preprocess_cfg)
    transform = image_transform_v2(preprocessing, is_train=False)
    dimension = int(getattr(network.visual, "output_dim", 0)) or int(network.text_projection.shape[1])
    return Encoder(
        model=f"{model}/{pretrained}",
        dimension=dimension,
        device=device,
        precision=computed_in,
        _network=network,
        _images=network.encode_image,
        _transform=transform,
        _device_input=_clip_device_input(preprocessing),
        _tokenizer=tokenizer,
    )


def _clip_device_input(preprocessing: Any) -> DeviceInput | None:
    """open_clip's preprocessing on the device, where it is the usual one: the short side scaled, the middle cut out."""
    sides = preprocessing.size if isinstance(preprocessing.size, (tuple, list)) else (preprocessing.size,) * 2
    usual = preprocessing.resize_mode == "shortest" and preprocessing.interpolation in ("bicubic", "bilinear")
    if not usual or sides[0] != sides[1] or preprocessing.mode != "RGB":
        return None
    return DeviceInput(
        side_px=int(sides[0]),
        interpolation=preprocessing.interpolation,
        mean=tuple(preprocessing.mean),
        deviation=tuple(preprocessing.std),
    )


def load_fallback(resources: Resources, precision: WantedPrecision = "auto") -> Encoder:
    """EfficientNet-Lite0 (ImageNet): the 1280 pooled features before its classifier."""
    import torch

    found = require_weights(
        EFFICIENTNET_LITE0, resources.weights_folders, without="Everything except embeddings works."
    )
    try:
        from efficientnet_lite_pytorch import EfficientNet  # type: ignore[import-untyped]
    except ImportError as error:
        raise EngineError(
            "The package efficientnet_lite_pytorch is missing.", remedy="Install the extra `offline`."
        ) from error
    device = choose_device(resources)
    torch.set_num_threads(resources.threads)
    network = EfficientNet.from_name("efficientnet-lite0")
    network.load_state_dict(torch.load(found.path, map_location="cpu", weights_only=True))
    # float16 knows no number above 65,504, which this network's inner values were never held against.
    computed_in = "float32" if device.startswith("cuda") else precision_on(device, precision)
    network = with_folded_norms(network.eval())
    network = network.to(device, getattr(torch, computed_in), memory_format=torch.channels_last)

    def pooled(batch: Any) -> Any:
        features = network.extract_features(batch.contiguous(memory_format=torch.channels_last))
        return features.float().mean(dim=(2, 3))

    return Encoder(
        model=FALLBACK,
        dimension=1280,
        device=device,
        precision=computed_in,
        _network=network,
        _images=pooled,
        _transform=imagenet_input,
        _device_input=DeviceInput(
            side_px=_IMAGENET_SIDE_PX,
            interpolation="bilinear",
            mean=_IMAGENET_MEAN,
            deviation=_IMAGENET_STD,
        ),
    )


def imagenet_input(image: Any) -> Any:
    """A Pillow picture as the input of an ImageNet network, `(3, 224, 224) float32`.

    The short side is scaled to 224 pixels, then centre-cropped and normalised. Bit-identical to torchvision's `Resize`,
    `CenterCrop`, `ToTensor` and `Normalize`; importing those takes five seconds and more in every worker.
    """
    import torch
    from PIL import Image as Pillow

    side = _IMAGENET_SIDE_PX
    width, height = image.size
    short = min(width, height)
    size = (side, side * height // width) if width == short else (side * width // height, side)
    scaled = image.resize(size, Pillow.Resampling.BILINEAR)
    left, top = round((size[0] - side) / 2), round((size[1] - side) / 2)
    middle = np.array(scaled.crop((left, top, left + side, top + side)))
    plane = torch.from_numpy(middle).permute(2, 0, 1).contiguous().float().div(255)
    mean, deviation = (torch.tensor(values).view(3, 1, 1) for values in (_IMAGENET_MEAN, _IMAGENET_STD))
    return plane.sub(mean).div(deviation)


def _unit(vectors: Any) -> NDArray[np.float32]:
    # In single precision: the length of a long half-precision vector overflows.
    array: NDArray[np.float32] = vectors.float().cpu().numpy()
    return np.asarray(array / np.maximum(np.linalg.norm(array, axis=1, keepdims=True), 1e-12), np.float32)
