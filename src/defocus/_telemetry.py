"""Nothing is sent: what the libraries that we use would report to their makers is switched off.

Each reads its switch when it is imported, so the package throws them all before anything else, in
every process that imports it: the command, the studio, worker processes, the actors of a cluster.
"""

from __future__ import annotations

import os

# variable → value; what it keeps from happening
SWITCHES = {
    # ONNX Runtime ≥ 1.29: a device id in ~/.cache/Microsoft, model names, uploads after 10 s.
    "ORT_DISABLE_TELEMETRY": "1",
    # huggingface_hub: which libraries and machine ask, sent along with every request.
    "HF_HUB_DISABLE_TELEMETRY": "1",
    # huggingface_hub: its command asks whether it is the newest.
    "HF_HUB_DISABLE_UPDATE_CHECK": "1",
    # transformers: asks a bot on the hub to convert pickles, even of a model that is on disk.
    "DISABLE_SAFETENSORS_CONVERSION": "1",
    # Ray: hourly usage reports of a cluster that is started here.
    "RAY_USAGE_STATS_ENABLED": "0",
}


def switch_off() -> None:
    """Throw every switch, whatever the environment said: the promise does not depend on it."""
    os.environ.update(SWITCHES)
