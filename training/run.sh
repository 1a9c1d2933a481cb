#!/usr/bin/env bash
# The whole training run: RENDERS (pairs) to WORK/depth.onnx. Start it again after an interruption.
set -euo pipefail
renders=$(realpath "$1")
mkdir -p "$2"
work=$(realpath "$2")
cd "$(dirname "$0")"
export OMP_NUM_THREADS=1

teacher=${TEACHER:-../src/defocus/depth/models/depth-builtin-1.onnx}
python extract.py "$renders" "$work/cache" --variants "${VARIANTS:-3}" --teacher "$teacher"
python fit.py "$work/cache" "$work/run" --init head-0.pt --steps "${STEPS:-3000}"
python blend.py head-0.pt "$work/run/head.pt" "$work/head.pt" --share "${SHARE:-0.5}"
python export.py "$work/head.pt" "$work/depth.onnx"
