"""Write the network as one ONNX file, its linear layers in int8.

    python export.py RUN/weights.pt depth.onnx --pictures RENDERS

Weights of linear layers are quantised per output channel, so that what the layers make of some
pictures moves least (``rounding.py``); activations when they arrive (dynamic quantisation).
Convolutions stay float32. Prints how far the file is from the float network.
"""

from __future__ import annotations

import argparse
import copy
import hashlib
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from network import Network, load_network
from onnxruntime.quantization import QuantType, quantize_dynamic
from positions import with_products
from rounding import round_linear_layers

OPSET = 17
PICTURES = 48  # about, for rounding
DYNAMIC = {
    "image": {2: "height", 3: "width"},
    "disparity": {2: "half_height", 3: "half_width"},
    "person": {2: "half_height", 3: "half_width"},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--pictures", type=Path, required=True, help="a folder of *.jpg")
    parser.add_argument("--backbone", type=Path, help="vit_s_focus.onnx, if not installed")
    options = parser.parse_args()

    network = load_network(options.weights, options.backbone).eval()
    on_grid = copy.deepcopy(network)
    pictures = sorted(options.pictures.glob("*.jpg"))
    round_linear_layers(on_grid, pictures[:: max(1, len(pictures) // PICTURES)])
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "float.onnx"
        torch.onnx.export(
            on_grid,
            (torch.rand(1, 3, 336, 252),),
            plain,
            input_names=["image"],
            output_names=["disparity", "person"],
            dynamic_axes=DYNAMIC,
            opset_version=OPSET,
            dynamo=False,
        )
        quantize_dynamic(
            plain,
            options.target,
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=True,  # 7 bits: processors without VNNI add pairs of products in 16 bits
            op_types_to_quantize=["MatMul"],
            extra_options={"MatMulConstBOnly": True},
        )
    onnx.save(with_products(onnx.load(options.target)), options.target)
    compare(network, options.target)


def compare(network: Network, path: Path) -> None:
    """Relative error of the file against the float network, on smooth random pictures."""
    session = onnxruntime.InferenceSession(path)
    torch.manual_seed(0)
    for height, width in ((336, 252), (392, 518)):
        coarse = torch.rand(1, 3, height // 14, width // 14)
        image = torch.nn.functional.interpolate(coarse, (height, width), mode="bicubic")
        image = image.clamp(0, 1)
        with torch.inference_mode():
            exact = network(image)[0].numpy()
        found = session.run(["disparity"], {"image": image.numpy()})[0]
        error = np.abs(found - exact).mean() / exact.std()
        print(f"{width}×{height}: mean error {error:.4f} of the standard deviation")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    print(f"{path}: {path.stat().st_size:,} bytes, SHA-256 {digest}")


if __name__ == "__main__":
    main()
