"""Makes a torch module of a network in a tflite file: inference only, any batch, on any device.

Pictures are NCHW inside, in memory `channels_last`, which is the file's NHWC: nothing is copied to change the order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.features.hand.batched.tflite_file import NetworkFile, Operator

__all__ = ["Network"]

_SAME, _VALID = 0, 1
_ACTIVATIONS: dict[int, Callable[[Tensor], Tensor]] = {
    0: lambda x: x,
    1: functional.relu_,
    3: lambda x: functional.hardtanh_(x, 0.0, 6.0),
}
_AXES = {0: 0, 1: 2, 2: 3, 3: 1}
"""An axis of NHWC → the same of NCHW."""

Step = Callable[..., Tensor]


class Network(nn.Module):
    """A network of one picture: `(n, 3, height, width)` in, the file's outputs in its order out.

    Raises FormatError where the file has an operator or an option that is not supported.
    """

    def __init__(self, file: NetworkFile) -> None:
        super().__init__()
        if len(file.inputs) != 1 or len(file.shapes[file.inputs[0]]) != 4:
            raise FormatError("it is no network of one picture")
        self._file = file
        self._constants = _constants(file)
        self.side_px = file.shapes[file.inputs[0]][1]
        self._steps: list[tuple[nn.Module, tuple[int, ...], int]] = []
        for number, step in enumerate(file.operators):
            if step.outputs[0] in self._constants:
                continue
            try:
                module = _module(step, file.shapes, self._constants)
            except (KeyError, IndexError, ValueError, RuntimeError) as error:
                raise FormatError(f"its operator {number} ({step.name}) is not consistent: {error!r}") from error
            computed = tuple(i for i in step.inputs if i >= 0 and i not in self._constants)
            self.add_module(f"step_{number}", module)
            self._steps.append((module, computed, step.outputs[0]))
        self._check_order()
        self._last_use = {i: number for number, (_, inputs, _) in enumerate(self._steps) for i in inputs}

    def forward(self, pictures: Tensor) -> tuple[Tensor, ...]:
        """`(n, 3, side_px, side_px)` in the weights' type → the outputs, batch first."""
        values = {self._file.inputs[0]: pictures.contiguous(memory_format=torch.channels_last)}
        for number, (module, inputs, output) in enumerate(self._steps):
            values[output] = module(*(values[i] for i in inputs))
            for i in inputs:
                if self._last_use[i] == number and i not in self._file.outputs:
                    values.pop(i, None)
        return tuple(values[i] for i in self._file.outputs)

    def _check_order(self) -> None:
        there = {self._file.inputs[0]}
        for module, inputs, output in self._steps:
            if not set(inputs) <= there:
                raise FormatError(f"{module} in it reads what is not computed yet")
            there.add(output)
        if not set(self._file.outputs) <= there:
            raise FormatError("one of its outputs is never computed")


class _Call(nn.Module):
    """A step without weights."""

    def __init__(self, work: Step) -> None:
        super().__init__()
        self._work = work

    def forward(self, *values: Tensor) -> Tensor:
        return self._work(*values)


class _Convolution(nn.Module):
    """A convolution of any groups, with the padding that TensorFlow calls SAME or VALID, and what follows it.

    Where SAME pads one more at the end than at the start, the kernel gets a row and a column of zeros at the start:
    the same numbers by a padding that is equal on both sides, without a padded copy of the picture.
    """

    def __init__(self, weight: Tensor, bias: Tensor, step: Operator, size: tuple[int, int], groups: int) -> None:
        super().__init__()
        options = step.options
        if options["DilationHFactor"] != 1 or options["DilationWFactor"] != 1:
            raise FormatError(f"a dilated {step.name} is not supported")
        self._stride = options["StrideH"], options["StrideW"]
        padding = [0, 0]
        if options["Padding"] == _SAME:
            for axis in (0, 1):
                before, after = _same_padding(size[axis], weight.shape[2 + axis], self._stride[axis])
                padding[axis] = after
                if before < after:
                    weight = functional.pad(weight, (0, 0, 1, 0) if axis == 0 else (1, 0))
        self._padding, self._groups = tuple(padding), groups
        self.weight = nn.Parameter(weight.contiguous(memory_format=torch.channels_last), requires_grad=False)
        self.bias = nn.Parameter(bias, requires_grad=False)
        self._activation = _activation(step)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.conv2d(x, self.weight, self.bias, self._stride, self._padding, 1, self._groups)
        return self._activation(x)


class _Linear(nn.Module):
    def __init__(self, weight: Tensor, bias: Tensor, step: Operator) -> None:
        super().__init__()
        if step.options["WeightsFormat"]:
            raise FormatError("shuffled weights are not supported")
        self.weight, self.bias = (nn.Parameter(values, requires_grad=False) for values in (weight, bias))
        self._activation = _activation(step)

    def forward(self, x: Tensor) -> Tensor:
        return self._activation(functional.linear(x, self.weight, self.bias))


class _PRelu(nn.Module):
    def __init__(self, slope: Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(slope.flatten(), requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        return functional.prelu(x, self.weight)


def _constants(file: NetworkFile) -> dict[int, NDArray[Any]]:
    """The file's constants in full precision, those included that it keeps in half and dequantizes."""
    found = {i: _single(values) for i, values in file.constants.items()}
    for step in file.operators:
        if step.name == "DEQUANTIZE" and len(step.inputs) == len(step.outputs) == 1 and step.inputs[0] in found:
            found[step.outputs[0]] = found[step.inputs[0]]
    return found


def _single(values: NDArray[Any]) -> NDArray[Any]:
    return values.astype(np.float32) if values.dtype == np.float16 else values


def _module(step: Operator, shapes: Sequence[tuple[int, ...]], constants: dict[int, NDArray[Any]]) -> nn.Module:
    """The module of one operator, its constants inside."""
    make = _MAKERS.get(step.name)
    if make is None:
        known = ", ".join(sorted(_MAKERS))
        raise FormatError(f"it has the operator {step.name}, which is not supported; supported are {known}")
    if len(step.outputs) != 1:
        raise FormatError(f"a {step.name} of {len(step.outputs)} outputs is not supported")
    return make(step, shapes, constants)


def _convolution(step: Operator, shapes: Sequence[tuple[int, ...]], constants: dict[int, NDArray[Any]]) -> nn.Module:
    picture, kernel, bias = step.inputs
    weight = torch.from_numpy(constants[kernel])
    deep = step.name == "DEPTHWISE_CONV_2D"
    channels = shapes[picture][3]
    # OHWI, or 1HWO where each channel has a kernel of its own
    weight = weight.permute(3, 0, 1, 2) if deep else weight.permute(0, 3, 1, 2)
    if deep and (step.options["DepthMultiplier"] != 1 or weight.shape[0] != channels):
        raise FormatError("a DEPTHWISE_CONV_2D with a multiplier is not supported")
    size = shapes[picture][1], shapes[picture][2]
    return _Convolution(weight, torch.from_numpy(constants[bias]), step, size, channels if deep else 1)


def _linear(step: Operator, _shapes: object, constants: dict[int, NDArray[Any]]) -> nn.Module:
    _, weight, bias = step.inputs
    return _Linear(torch.from_numpy(constants[weight]), torch.from_numpy(constants[bias]), step)


def _prelu(step: Operator, shapes: Sequence[tuple[int, ...]], constants: dict[int, NDArray[Any]]) -> nn.Module:
    slope = constants[step.inputs[1]]
    if slope.size != shapes[step.inputs[0]][-1]:
        raise FormatError("a PRELU whose slopes are not one a channel is not supported")
    return _PRelu(torch.from_numpy(slope))


def _add(step: Operator, _shapes: object, constants: dict[int, NDArray[Any]]) -> nn.Module:
    if any(i in constants for i in step.inputs):
        raise FormatError("an ADD of a constant is not supported")
    activation = _activation(step)
    return _Call(lambda a, b: activation(a + b))


def _max_pool(step: Operator, shapes: Sequence[tuple[int, ...]], _constants: object) -> nn.Module:
    options = step.options
    kernel, stride = (options["FilterHeight"], options["FilterWidth"]), (options["StrideH"], options["StrideW"])
    if options["Padding"] == _SAME:
        sizes = zip(shapes[step.inputs[0]][1:3], kernel, stride, strict=True)
        if any(_same_padding(*size) != (0, 0) for size in sizes):
            raise FormatError("a MAX_POOL_2D with padding is not supported")
    activation = _activation(step)
    return _Call(lambda x: activation(functional.max_pool2d(x, kernel, stride)))


def _pad(step: Operator, _shapes: object, constants: dict[int, NDArray[Any]]) -> nn.Module:
    (_, top_bottom, left_right, channels) = constants[step.inputs[1]].tolist()
    amounts = (*left_right, *top_bottom, *channels)
    return _Call(lambda x: functional.pad(x, amounts).contiguous(memory_format=torch.channels_last))


def _resize(step: Operator, _shapes: object, constants: dict[int, NDArray[Any]]) -> nn.Module:
    if step.options["AlignCorners"] or not step.options["HalfPixelCenters"]:
        raise FormatError("a RESIZE_BILINEAR without half-pixel centres is not supported")
    height, width = constants[step.inputs[1]].tolist()
    return _Call(lambda x: functional.interpolate(x, (height, width), mode="bilinear", align_corners=False))


def _reshape(step: Operator, shapes: Sequence[tuple[int, ...]], _constants: object) -> nn.Module:
    before, after = shapes[step.inputs[0]], shapes[step.outputs[0]]
    if len(after) == 4 or before[0] != 1 or after[0] != 1:
        raise FormatError("a RESHAPE into pictures or across the batch is not supported")
    if len(before) == 4:
        return _Call(lambda x: x.permute(0, 2, 3, 1).reshape(x.shape[0], *after[1:]))
    return _Call(lambda x: x.reshape(x.shape[0], *after[1:]))


def _concatenation(step: Operator, shapes: Sequence[tuple[int, ...]], constants: dict[int, NDArray[Any]]) -> nn.Module:
    if any(i in constants for i in step.inputs):
        raise FormatError("a CONCATENATION with a constant is not supported")
    rank = len(shapes[step.outputs[0]])
    axis = step.options["Axis"] % rank
    at = _AXES[axis] if rank == 4 else axis
    return _Call(lambda *values: torch.cat(values, at))


def _mean(step: Operator, shapes: Sequence[tuple[int, ...]], constants: dict[int, NDArray[Any]]) -> nn.Module:
    rank = len(shapes[step.inputs[0]])
    axes = [axis % rank for axis in constants[step.inputs[1]].tolist()]
    if rank != 4 or sorted(axes) != [1, 2] or step.options["KeepDims"]:
        raise FormatError("a MEAN other than over a picture's height and width is not supported")
    return _Call(lambda x: x.mean(dim=(2, 3)))


def _activation(step: Operator) -> Callable[[Tensor], Tensor]:
    number = step.options["FusedActivationFunction"]
    if number not in _ACTIVATIONS:
        raise FormatError(f"a {step.name} with the activation {number} is not supported")
    return _ACTIVATIONS[number]


def _same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """How much TensorFlow's SAME pads before and after, so that `ceil(size / stride)` numbers come out."""
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


_MAKERS: dict[str, Callable[[Any, Any, Any], nn.Module]] = {
    "ADD": _add,
    "CONCATENATION": _concatenation,
    "CONV_2D": _convolution,
    "DEPTHWISE_CONV_2D": _convolution,
    "FULLY_CONNECTED": _linear,
    "LOGISTIC": lambda _step, _shapes, _constants: _Call(torch.sigmoid),
    "MAX_POOL_2D": _max_pool,
    "MEAN": _mean,
    "PAD": _pad,
    "PRELU": _prelu,
    "RESHAPE": _reshape,
    "RESIZE_BILINEAR": _resize,
}
