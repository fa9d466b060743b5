"""Networks out of tflite files: each operator against arithmetic by hand, and files that are damaged or unknown."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
import torch

from engine.errors import FormatError
from engine.features.hand.batched.network import Network
from engine.features.hand.batched.tflite_file import read_tflite
from tests.engine.features.hand.batched.made_models import Made, model_members, one_operator

RNG = np.random.default_rng(0)


def run(made: Made, picture: np.ndarray) -> np.ndarray:
    """What the network puts out for one picture `(height, width, channels)`, channels last."""
    network = Network(read_tflite(one_operator(made))).eval()
    with torch.inference_mode():
        (found,) = network(torch.from_numpy(picture).permute(2, 0, 1)[None])
    return found[0].permute(1, 2, 0).numpy() if found.ndim == 4 else found[0].numpy()


def convolved(picture: np.ndarray, kernels: np.ndarray, bias: np.ndarray, stride: int, *, deep: bool) -> np.ndarray:
    """TensorFlow's SAME, written out: as many places as `ceil(size / stride)`, one more zero at the end than before."""
    size, side = picture.shape[0], kernels.shape[1]
    places = -(-size // stride)
    total = max((places - 1) * stride + side - size, 0)
    padded = np.pad(picture, ((total // 2, total - total // 2),) * 2 + ((0, 0),))
    out = np.zeros((places, places, len(bias)))
    for y in range(places):
        for x in range(places):
            window = padded[y * stride : y * stride + side, x * stride : x * stride + side]
            out[y, x] = (window * kernels[0]).sum((0, 1)) if deep else (window * kernels).sum((1, 2, 3))
    return out + bias


@pytest.mark.parametrize("size", [6, 7])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("side", [1, 3, 5])
@pytest.mark.parametrize("deep", [False, True])
def test_convolutions_pad_as_tensorflow_does(size: int, stride: int, side: int, deep: bool) -> None:
    picture = RNG.normal(size=(size, size, 4)).astype(np.float32)
    kernels = RNG.normal(size=(1, side, side, 4) if deep else (3, side, side, 4)).astype(np.float32)
    bias = RNG.normal(size=4 if deep else 3).astype(np.float32)
    places = -(-size // stride)
    values = {"StrideH": stride, "StrideW": stride, "DilationHFactor": 1, "DilationWFactor": 1, "Padding": 0}
    name, options = ("DEPTHWISE_CONV_2D", "DepthwiseConv2DOptions") if deep else ("CONV_2D", "Conv2DOptions")
    made = Made(
        name,
        [(1, size, size, 4), kernels, bias],
        (1, places, places, len(bias)),
        options,
        {**values, "DepthMultiplier": 1} if deep else values,
    )
    assert run(made, picture) == pytest.approx(convolved(picture, kernels, bias, stride, deep=deep), abs=1e-4)


def test_relu6_cuts_at_nought_and_six() -> None:
    picture = np.array([-1, 3, 9], np.float32).reshape(1, 3, 1)
    values = {"StrideH": 1, "StrideW": 1, "DilationHFactor": 1, "DilationWFactor": 1, "FusedActivationFunction": 3}
    one, none = np.ones((1, 1, 1, 1), np.float32), np.zeros(1, np.float32)
    made = Made("CONV_2D", [(1, 1, 3, 1), one, none], (1, 1, 3, 1), "Conv2DOptions", values)
    assert run(made, picture).ravel().tolist() == [0, 3, 6]


SMALL = np.arange(2 * 4 * 3, dtype=np.float32).reshape(2, 4, 3) - 9
SLOPES = np.array([0.5, 0.1, 2], np.float32).reshape(1, 1, 3)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (Made("PRELU", [(1, 2, 4, 3), SLOPES], (1, 2, 4, 3)), np.where(SMALL > 0, SMALL, SMALL * SLOPES)),
        (Made("LOGISTIC", [(1, 2, 4, 3)], (1, 2, 4, 3)), 1 / (1 + np.exp(-SMALL))),
        (
            Made(
                "MAX_POOL_2D",
                [(1, 2, 4, 3)],
                (1, 1, 2, 3),
                "Pool2DOptions",
                {"StrideH": 2, "StrideW": 2, "FilterHeight": 2, "FilterWidth": 2, "Padding": 0},
            ),
            SMALL.reshape(1, 2, 2, 2, 3).max((1, 3)),
        ),
        (
            Made("PAD", [(1, 2, 4, 3), np.array([(0, 0), (1, 0), (0, 2), (0, 5)], np.int32)], (1, 3, 6, 8)),
            np.pad(SMALL, ((1, 0), (0, 2), (0, 5))),
        ),
        (Made("RESHAPE", [(1, 2, 4, 3), np.array([1, 12, 2], np.int32)], (1, 12, 2)), SMALL.reshape(12, 2)),
        (
            Made("MEAN", [(1, 2, 4, 3), np.array([1, 2], np.int32)], (1, 3), "ReducerOptions", {"KeepDims": 0}),
            SMALL.mean((0, 1)),
        ),
    ],
    ids=lambda value: value.name if isinstance(value, Made) else "",
)
def test_other_operators_do_what_their_names_say(made: Made, expected: np.ndarray) -> None:
    assert run(made, SMALL) == pytest.approx(expected, abs=1e-5)


def test_doubling_a_picture_interpolates_between_pixel_centres() -> None:
    values = {"AlignCorners": 0, "HalfPixelCenters": 1}
    made = Made(
        "RESIZE_BILINEAR", [(1, 1, 2, 1), np.array([1, 4], np.int32)], (1, 1, 4, 1), "ResizeBilinearOptions", values
    )
    assert run(made, np.array([0, 8], np.float32).reshape(1, 2, 1)).ravel().tolist() == [0, 2, 6, 8]


IN, OUT = (1, 2, 4, 3), (1, 4, 8, 3)
DOUBLE, CHANNELS = np.array([4, 8], np.int32), np.array([3], np.int32)


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (Made("TANH", [IN], IN), "TANH"),
        (Made("RESIZE_BILINEAR", [IN, DOUBLE], OUT, "ResizeBilinearOptions", {}), "half-pixel"),
        (Made("MEAN", [IN, CHANNELS], (1, 2, 4), "ReducerOptions", {}), "MEAN"),
        (Made("PRELU", [IN, np.ones((2, 4, 3), np.float32)], IN), "PRELU"),
        (Made("CONV_2D", [IN], IN), "no options"),
    ],
    ids=["unknown operator", "other corners", "mean of channels", "slope a pixel", "no options"],
)
def test_what_is_not_supported_is_refused_by_name(made: Made, reason: str) -> None:
    with pytest.raises(FormatError, match=reason):
        Network(read_tflite(one_operator(made)))


def test_an_operator_that_reads_what_nobody_computed_is_refused() -> None:
    add = Made("ADD", [(1, 2, 2, 1), (1, 2, 2, 1)], (1, 2, 2, 1), "AddOptions", {})
    with pytest.raises(FormatError, match="not computed"):
        Network(read_tflite(one_operator(add)))


def test_half_constants_are_widened() -> None:
    slopes = SLOPES.astype(np.float16)
    made = Made("PRELU", [(1, 2, 4, 3), slopes], (1, 2, 4, 3))
    assert run(made, SMALL) == pytest.approx(np.where(SMALL > 0, SMALL, SMALL * slopes.astype(np.float32)), abs=1e-5)


def test_bytes_that_are_no_tflite_file_are_refused() -> None:
    for data in (b"", b"TFL3", b"PK\x03\x04" + bytes(100), bytes(4) + b"TFL3", bytes(4) + b"TFL3" + bytes(64)):
        with pytest.raises(FormatError):
            Network(read_tflite(data))


def test_a_file_cut_off_anywhere_is_refused() -> None:
    whole = one_operator(Made("PRELU", [(1, 2, 4, 3), SLOPES], (1, 2, 4, 3)))
    for length in range(0, len(whole) - 1, 3):
        _refused_or_read(whole[:length])
    for member in model_members().values():
        for share in (0.1, 0.5, 0.9, 0.99):
            with pytest.raises(FormatError):
                Network(read_tflite(member[: int(share * len(member))]))


def test_flipped_bytes_never_let_a_library_s_error_out() -> None:
    whole = bytearray(one_operator(Made("PRELU", [(1, 2, 4, 3), SLOPES], (1, 2, 4, 3))))
    for place in range(len(whole)):
        for value in (0, 0x7F, 0xFF):
            _refused_or_read(bytes(whole[:place]) + bytes([value]) + bytes(whole[place + 1 :]))


def _refused_or_read(data: bytes) -> None:
    """A damaged file is refused as one, or happens to be a network still; nothing else is raised."""
    with contextlib.suppress(FormatError):
        Network(read_tflite(data))
