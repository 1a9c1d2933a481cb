"""Makes ``selfie-segmentation.onnx`` in ``src/defocus/figures/models``: TensorFlow Lite to ONNX.

    pip download --no-deps --python-version 3.11 --only-binary=:all: mediapipe==0.10.14
    unzip mediapipe-0.10.14-*.whl -d wheel
    python training/figures.py \\
        wheel/mediapipe/modules/selfie_segmentation/selfie_segmentation.tflite OUT.onnx

The input becomes ``image``, N×3×256×256, RGB in 0..1, any number of pictures at once; the output
``figure``, N×1×256×256, in 0..1.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import onnx
from lite import Converter


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    options = parser.parse_args()
    converter = Converter(options.source.read_bytes(), any_count=True)
    onnx.save(converter.convert("figures", ("figure",)), options.target)


if __name__ == "__main__":
    main()
