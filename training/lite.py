"""TensorFlow Lite to ONNX, for the small networks in the package: the same graph, node by node.

Needs ``tflite`` (the file format) and ``onnx``. Weights stay float16 in the file; tensors of four
dimensions become N×C×H×W.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import tflite
from onnx import TensorProto, helper, numpy_helper

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_NAMES = {v: k for k, v in vars(tflite.BuiltinOperator).items() if isinstance(v, int)}
_TYPES = {tflite.TensorType.FLOAT32: np.float32, tflite.TensorType.FLOAT16: np.float16,
          tflite.TensorType.INT32: np.int32}  # fmt: skip
_SAME = tflite.Padding.SAME


class Converter:
    """One graph.

    Args:
        data: of the ``.tflite`` file.
        any_count: take any number of pictures at once; for graphs without a reshape.
    """

    def __init__(self, data: bytes, *, any_count: bool = False) -> None:
        self.any_count = any_count
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

    def convert(self, name: str, outputs: Sequence[str]) -> onnx.ModelProto:
        """The whole graph.

        Args:
            name: of the graph.
            outputs: names to give, the output of most channels first.
        """
        for index in range(self.graph.OperatorsLength()):
            operator = self.graph.Operators(index)
            code = self.model.OperatorCodes(operator.OpcodeIndex())
            kind = (code.CustomCode() or b"").decode() or _NAMES[
                max(code.DeprecatedBuiltinCode(), code.BuiltinCode())
            ]
            inputs = [int(n) for n in operator.InputsAsNumpy()]
            output = int(operator.OutputsAsNumpy()[0])
            getattr(self, {"ADD": "add_op"}.get(kind, kind.lower()))(operator, inputs, output)
        source = self.graph.Inputs(0)
        by_width = sorted(
            (int(n) for n in self.graph.OutputsAsNumpy()), key=lambda n: -self.shape(n)[-1]
        )
        infos = []
        for index, title in zip(by_width, outputs, strict=True):
            self.add("Identity", [self.name(index)], title)
            infos.append(helper.make_tensor_value_info(title, TensorProto.FLOAT, self.seen(index)))
        image = helper.make_tensor_value_info("image", TensorProto.FLOAT, self.seen(source))
        self.nodes.insert(0, helper.make_node("Identity", ["image"], [self.name(source)]))
        graph = helper.make_graph(self.nodes, name, [image], infos, self.constants)
        opset = [helper.make_opsetid("", 17)]
        model = helper.make_model(graph, opset_imports=opset, ir_version=8)
        onnx.checker.check_model(model)
        return model

    def seen(self, index: int) -> list[int | str]:
        """A tensor's shape as the graph tells it."""
        shape = self.shape(index)
        if len(shape) != 4:
            return [*shape]
        n, h, w, c = shape
        return ["N" if self.any_count else n, c, h, w]

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

    def mul(self, operator: Any, inputs: list[int], output: int) -> None:
        self.add("Mul", [self.name(n) for n in inputs], self.name(output))

    def hard_swish(self, operator: Any, inputs: list[int], output: int) -> None:
        self.add("HardSwish", [self.name(inputs[0])], self.name(output))

    def logistic(self, operator: Any, inputs: list[int], output: int) -> None:
        self.add("Sigmoid", [self.name(inputs[0])], self.name(output))

    def average_pool_2d(self, operator: Any, inputs: list[int], output: int) -> None:
        options = self.options(operator, tflite.Pool2DOptions)
        if [options.FilterHeight(), options.FilterWidth()] != self.shape(inputs[0])[1:3]:
            raise SystemExit("an average over less than all is not known")
        self.add("GlobalAveragePool", [self.name(inputs[0])], self.name(output))

    def convolution2dtransposebias(self, operator: Any, inputs: list[int], output: int) -> None:
        """MediaPipe's own; its options are three int32: padding (1: same), strides."""
        padding, stride_w, stride_h = np.frombuffer(operator.CustomOptionsAsNumpy(), np.int32)
        weight = self.arrays[inputs[1]].transpose(3, 0, 1, 2)  # C_in×C_out×H×W
        if padding != 1 or weight.shape[2:] != (stride_h, stride_w):
            raise SystemExit("a transposed convolution whose windows overlap is not known")
        self.add(
            "ConvTranspose",
            [
                self.name(inputs[0]),
                self.constant(np.ascontiguousarray(weight), "weight"),
                self.constant(self.arrays[inputs[2]], "bias"),
            ],
            self.name(output),
            strides=[int(stride_h), int(stride_w)],
        )

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
        how = {"mode": "linear", "coordinate_transformation_mode": mode}
        if self.any_count:
            before = self.shape(inputs[0])
            scales = np.array([1, 1, h / before[1], w / before[2]], np.float64)
            wanted = [self.name(inputs[0]), "", self.constant(np.float32(scales), "scales")]
        else:
            sizes = self.constant(np.array([n, c, h, w], np.int64), "sizes")
            wanted = [self.name(inputs[0]), "", "", sizes]
        self.add("Resize", wanted, self.name(output), **how)

    def reshape(self, operator: Any, inputs: list[int], output: int) -> None:
        last = f"{self.name(output)}_last"
        self.add("Transpose", [self.name(inputs[0])], last, perm=[0, 2, 3, 1])
        shape = self.constant(np.array(self.shape(output), np.int64), "shape")
        self.add("Reshape", [last, shape], self.name(output))

    def concatenation(self, operator: Any, inputs: list[int], output: int) -> None:
        self.add("Concat", [self.name(n) for n in inputs], self.name(output), axis=1)
