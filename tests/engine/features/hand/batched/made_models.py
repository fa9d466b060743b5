"""Small tflite files and `.task` files, made by the schema's own writer."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import flatbuffers
import numpy as np
import tflite

from engine.weights import HAND_LANDMARKER, require_weights

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["Made", "hand_model", "model_members", "one_operator", "write_task"]

_TYPES = {"float32": tflite.TensorType.FLOAT32, "float16": tflite.TensorType.FLOAT16, "int32": tflite.TensorType.INT32}


@dataclass
class Made:
    """One operator: its options' kind with their values, inputs that are computed (shapes) or constant (arrays)."""

    name: str
    inputs: Sequence[tuple[int, ...] | NDArray[Any]]
    output: tuple[int, ...]
    options: str = ""
    values: Mapping[str, int] = field(default_factory=dict)


def one_operator(made: Made) -> bytes:
    """A tflite file whose only operator reads the first input, and constants."""
    builder = flatbuffers.Builder(1024)
    arrays = [entry if isinstance(entry, np.ndarray) else None for entry in made.inputs]
    shapes = [entry.shape if isinstance(entry, np.ndarray) else entry for entry in made.inputs]
    buffers = [_buffer(builder, None), *(_buffer(builder, array) for array in arrays if array is not None)]
    numbers = iter(range(1, len(buffers)))
    tensors = [
        _tensor(builder, shape, "float32" if array is None else array.dtype.name, 0 if array is None else next(numbers))
        for shape, array in zip(shapes, arrays, strict=True)
    ]
    tensors.append(_tensor(builder, made.output, "float32", 0))
    last = len(tensors) - 1
    operator = _operator(builder, made, list(range(last)), [last])
    graph = _graph(builder, tensors, operator, inputs=[0], outputs=[last])
    code = getattr(tflite.BuiltinOperator, made.name)
    tflite.OperatorCodeStart(builder)
    tflite.OperatorCodeAddBuiltinCode(builder, code)
    tflite.OperatorCodeAddDeprecatedBuiltinCode(builder, min(code, 127))
    codes = _offsets(builder, tflite.ModelStartOperatorCodesVector, [tflite.OperatorCodeEnd(builder)])
    graphs = _offsets(builder, tflite.ModelStartSubgraphsVector, [graph])
    all_buffers = _offsets(builder, tflite.ModelStartBuffersVector, buffers)
    tflite.ModelStart(builder)
    tflite.ModelAddVersion(builder, 3)
    tflite.ModelAddOperatorCodes(builder, codes)
    tflite.ModelAddSubgraphs(builder, graphs)
    tflite.ModelAddBuffers(builder, all_buffers)
    builder.Finish(tflite.ModelEnd(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


@cache
def hand_model() -> Path:
    """The pinned hand_landmarker.task."""
    return require_weights(HAND_LANDMARKER, download=False).path


@cache
def model_members() -> dict[str, bytes]:
    """The two networks of the pinned file."""
    with zipfile.ZipFile(hand_model()) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def write_task(path: Path, members: Mapping[str, bytes]) -> Path:
    """A zip file of these members."""
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return path


def _buffer(builder: Any, array: NDArray[Any] | None) -> int:
    data = None if array is None else builder.CreateByteVector(array.tobytes())
    tflite.BufferStart(builder)
    if data is not None:
        tflite.BufferAddData(builder, data)
    return int(tflite.BufferEnd(builder))


def _tensor(builder: Any, shape: Sequence[int], kind: str, buffer: int) -> int:
    numbers = builder.CreateNumpyVector(np.array(shape, np.int32))
    tflite.TensorStart(builder)
    tflite.TensorAddShape(builder, numbers)
    tflite.TensorAddType(builder, _TYPES[kind])
    tflite.TensorAddBuffer(builder, buffer)
    return int(tflite.TensorEnd(builder))


def _operator(builder: Any, made: Made, inputs: list[int], outputs: list[int]) -> int:
    options = None
    if made.options:
        getattr(tflite, f"{made.options}Start")(builder)
        for name, value in made.values.items():
            getattr(tflite, f"{made.options}Add{name}")(builder, value)
        options = getattr(tflite, f"{made.options}End")(builder)
    read, written = (builder.CreateNumpyVector(np.array(numbers, np.int32)) for numbers in (inputs, outputs))
    tflite.OperatorStart(builder)
    tflite.OperatorAddOpcodeIndex(builder, 0)
    tflite.OperatorAddInputs(builder, read)
    tflite.OperatorAddOutputs(builder, written)
    if options is not None:
        tflite.OperatorAddBuiltinOptionsType(builder, getattr(tflite.BuiltinOptions, made.options))
        tflite.OperatorAddBuiltinOptions(builder, options)
    return int(tflite.OperatorEnd(builder))


def _graph(builder: Any, tensors: list[int], operator: int, *, inputs: list[int], outputs: list[int]) -> int:
    all_tensors = _offsets(builder, tflite.SubGraphStartTensorsVector, tensors)
    operators = _offsets(builder, tflite.SubGraphStartOperatorsVector, [operator])
    read, written = (builder.CreateNumpyVector(np.array(numbers, np.int32)) for numbers in (inputs, outputs))
    tflite.SubGraphStart(builder)
    tflite.SubGraphAddTensors(builder, all_tensors)
    tflite.SubGraphAddInputs(builder, read)
    tflite.SubGraphAddOutputs(builder, written)
    tflite.SubGraphAddOperators(builder, operators)
    return int(tflite.SubGraphEnd(builder))


def _offsets(builder: Any, start: Any, offsets: Sequence[int]) -> int:
    start(builder, len(offsets))
    for offset in reversed(offsets):
        builder.PrependUOffsetTRelative(offset)
    return int(builder.EndVector())
