#!/usr/bin/env bash
# The whole training run: RENDERS (pairs with people) and clutter made here to WORK/depth.onnx.
# Start it again after an interruption.
set -euo pipefail
renders=$(realpath "$1")
mkdir -p "$2"
work=$(realpath "$2")
cd "$(dirname "$0")"
export OMP_NUM_THREADS=1

teacher=${TEACHER:-../src/defocus/depth/models/depth-builtin-2.onnx}
python clutter/generate.py "$work/clutter" --count "${CLUTTER:-2000}" --posters "$renders"
python label.py "$work/labels" "$renders" "$work/clutter" --teacher "$teacher"
python fit.py "$work/run" "$renders" "$work/clutter" --labels "$work/labels" \
    --init "${INIT:-head-1.pt}" --steps "${STEPS:-5000}"
python export.py "$work/run/weights.pt" "$work/bare.onnx" --pictures "$renders"
python features.py "$work/features" "$renders" --labels "$work/labels" --network "$work/bare.onnx" \
    --count "${VIEWS:-3000}"
python fit_glance.py "$work/glance" "$work/features" --steps "${GLANCES:-3000}"
python graft.py "$work/bare.onnx" "$work/glance/glance.pt" "$work/depth.onnx"
