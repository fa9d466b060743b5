"""Reads a network out of a tflite file: its constants and its operators, checked. Knows no torch.

The format is a flatbuffer; the package `tflite` is its published schema. Everything about a damaged or unknown file is
a FormatError.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

__all__ = ["NetworkFile", "Operator", "read_tflite"]

_IDENTIFIER = b"TFL3"
_MAX_BYTES = 256 << 20
_MAX_ENTRIES = 10_000
"""Most tensors or operators of a network: a damaged length would make billions."""
_LEFT_OUT = -1
_DAMAGED = (struct.error, IndexError, ValueError, TypeError, AttributeError, OverflowError, MemoryError)
"""What the flatbuffers library raises where an offset or a length leads nowhere."""


@dataclass(frozen=True, slots=True)
class Operator:
    """One step: which tensors it reads and writes (−1 for an input that is left out), and its options by name."""

    name: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkFile:
    """A network as its file states it: numbers of tensors, NHWC."""

    shapes: tuple[tuple[int, ...], ...]
    constants: Mapping[int, NDArray[Any]]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


def read_tflite(data: bytes) -> NetworkFile:
    """The network in the bytes of a tflite file. Raises FormatError with the reason."""
    if len(data) > _MAX_BYTES:
        raise FormatError(f"it is larger than {_MAX_BYTES >> 20} MB")
    if data[4:8] != _IDENTIFIER:
        raise FormatError("it is no tflite file")
    try:
        return _read(data)
    except _DAMAGED as error:
        raise FormatError(f"it is damaged or cut off ({str(error) or type(error).__name__})") from error


def _read(data: bytes) -> NetworkFile:
    import tflite

    model = tflite.Model.GetRootAs(data, 0)
    if model.SubgraphsLength() != 1:
        raise FormatError(f"it holds {model.SubgraphsLength()} networks, and only a file of one can be read")
    graph = model.Subgraphs(0)
    tensors = [graph.Tensors(i) for i in range(_length(graph.TensorsLength(), "tensors"))]
    found = NetworkFile(
        shapes=tuple(_numbers(tensor.ShapeLength(), tensor.Shape) for tensor in tensors),
        constants={i: values for i, tensor in enumerate(tensors) if (values := _constant(model, tensor)) is not None},
        operators=tuple(_operators(model, graph)),
        inputs=_numbers(graph.InputsLength(), graph.Inputs),
        outputs=_numbers(graph.OutputsLength(), graph.Outputs),
    )
    _check_numbers(found, len(tensors))
    return found


def _check_numbers(found: NetworkFile, count: int) -> None:
    """Raise FormatError where an operator names no tensor, or one that is not there."""
    named = {*found.inputs, *found.outputs}
    for step in found.operators:
        if not step.outputs:
            raise FormatError(f"an operator {step.name} in it has no output")
        named.update(i for i in step.inputs if i != _LEFT_OUT)
        named.update(step.outputs)
    if named and not (min(named) >= 0 and max(named) < count):
        raise FormatError("an operator in it names a tensor that is not there")


def _length(count: int, what: str) -> int:
    if count > _MAX_ENTRIES:
        raise FormatError(f"it states {count:,} {what}, and {_MAX_ENTRIES:,} at most are read")
    return count


def _numbers(count: int, number: Callable[[int], int]) -> tuple[int, ...]:
    return tuple(int(number(i)) for i in range(_length(count, "numbers in a list")))


def _constant(model: Any, tensor: Any) -> NDArray[Any] | None:
    """The values of a tensor that the file holds; None for one that is computed."""
    import tflite

    if tensor.Buffer() >= model.BuffersLength():
        raise FormatError(f"a tensor in it names buffer {tensor.Buffer()}, which is not there")
    buffer = model.Buffers(tensor.Buffer())
    if not buffer.DataLength():
        return None
    types = {
        tflite.TensorType.FLOAT32: np.float32,
        tflite.TensorType.FLOAT16: np.float16,
        tflite.TensorType.INT32: np.int32,
    }
    if tensor.Type() not in types:
        raise FormatError(f"a tensor in it has the type {tensor.Type()}, which is not supported")
    shape = _numbers(tensor.ShapeLength(), tensor.Shape)
    values: NDArray[Any] = buffer.DataAsNumpy().view(types[tensor.Type()]).reshape(shape).copy()
    return values


def _operators(model: Any, graph: Any) -> list[Operator]:
    import tflite

    names = {number: name for name, number in vars(tflite.BuiltinOperator).items() if isinstance(number, int)}
    steps = []
    for i in range(_length(graph.OperatorsLength(), "operators")):
        step = graph.Operators(i)
        code = model.OperatorCodes(step.OpcodeIndex())
        # Files before version 3a have the code in the older field alone
        number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
        name = names.get(number, f"number {number}")
        inputs, outputs = _numbers(step.InputsLength(), step.Inputs), _numbers(step.OutputsLength(), step.Outputs)
        steps.append(Operator(name, inputs, outputs, _options(name, step)))
    return steps


def _options(name: str, step: Any) -> dict[str, int]:
    """The options that matter of an operator, by the schema's names; empty for one without."""
    import tflite

    convolution = ("StrideH", "StrideW", "DilationHFactor", "DilationWFactor", "Padding", "FusedActivationFunction")
    kinds: dict[str, tuple[Any, tuple[str, ...]]] = {
        "CONV_2D": (tflite.Conv2DOptions, convolution),
        "DEPTHWISE_CONV_2D": (tflite.DepthwiseConv2DOptions, (*convolution, "DepthMultiplier")),
        "MAX_POOL_2D": (
            tflite.Pool2DOptions,
            ("StrideH", "StrideW", "FilterHeight", "FilterWidth", "Padding", "FusedActivationFunction"),
        ),
        "ADD": (tflite.AddOptions, ("FusedActivationFunction",)),
        "CONCATENATION": (tflite.ConcatenationOptions, ("Axis", "FusedActivationFunction")),
        "RESIZE_BILINEAR": (tflite.ResizeBilinearOptions, ("AlignCorners", "HalfPixelCenters")),
        "MEAN": (tflite.ReducerOptions, ("KeepDims",)),
        "FULLY_CONNECTED": (tflite.FullyConnectedOptions, ("FusedActivationFunction", "WeightsFormat")),
    }
    table = step.BuiltinOptions()
    if name not in kinds:
        return {}
    if table is None:
        raise FormatError(f"an operator {name} in it has no options")
    kind, wanted = kinds[name]
    options = kind()
    options.Init(table.Bytes, table.Pos)
    return {option: int(getattr(options, option)()) for option in wanted}
