"""ONNX Runtime sessions: one per model file and process, on the CPUs that this process may use, or
on a GPU (:mod:`defocus.device`)."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

from defocus import device
from defocus.blame import blamed
from defocus.cpu import cpu_count
from defocus.errors import ModelError
from defocus.files import check_ordinary

if TYPE_CHECKING:
    from pathlib import Path

_ERRORS_ONLY, _NOTHING = 3, 4
_QUANTISED = b"DynamicQuantizeLinear"  # an operator's name, as it stands in the file

_sessions: dict[tuple[object, ...], Any] = {}
_lock = threading.Lock()


def open_session(path: Path) -> Any:
    """The ``onnxruntime.InferenceSession`` of a model file; loaded once, safe to share by threads.

    Raises:
        ModelError: the file is missing, unreadable, or not a model that ONNX Runtime can run.
        LibraryError: ONNX Runtime cannot be loaded.
        OutOfMemoryError: the model does not fit.
    """
    try:
        check_ordinary(path)
        stat = path.stat()
    except OSError as error:
        raise ModelError(f"the model {path} cannot be read: {error.strerror}") from None
    # A session's threads do not survive a fork, so a child process opens its own.
    key = (os.getpid(), path.resolve(), stat.st_mtime_ns, stat.st_size, device.chosen())
    with _lock:
        if key not in _sessions:
            _sessions[key] = _load(path)
        return _sessions[key]


def where_it_runs(path: Path) -> tuple[str, str]:
    """The provider that runs a model here, and why it is that one. Raises as open_session."""
    session = open_session(path)
    plan = _plan(path)
    used = str(session.get_providers()[0])
    if plan.uses_gpu and used == device.CPU:
        return used, f"{device.GPUS[plan.providers[0]]} is there, but does not work"
    return used, plan.why


def _plan(path: Path) -> device.Plan:
    import onnxruntime

    available = onnxruntime.get_available_providers()
    plan = device.plan(available, device.chosen())
    if plan.uses_gpu and _QUANTISED in path.read_bytes():
        return device.plan(available, device.chosen(), is_quantised=True)
    return plan


def _load(path: Path) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise blamed(error) or error from error
    plan = _plan(path)
    if plan.uses_gpu:
        onnxruntime.set_default_logger_severity(_NOTHING)  # it would print why a GPU fails
        try:
            return onnxruntime.InferenceSession(
                path, _options(plan.providers[0]), providers=list(plan.providers)
            )
        except Exception:  # drivers fail in many ways; the processor always works
            pass
    try:
        return onnxruntime.InferenceSession(path, _options(device.CPU), providers=[device.CPU])
    except Exception as error:  # ONNX Runtime has a class per status code and exports none
        if fault := blamed(error):
            raise fault from error
        first_line = str(error).strip().splitlines()[0]
        raise ModelError(f"{path} is not a usable ONNX model: {first_line}") from error


def _options(provider: str) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = cpu_count()
    options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY if provider == device.CPU else _NOTHING
    # Idle threads sleep: other work (rendering, other processes of a batch) wants the CPU.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if provider == "DmlExecutionProvider":  # which asks for it
        options.enable_mem_pattern = False
    return options


def run_session(
    session: Any, feeds: dict[str, Any], outputs: list[str] | None = None, *, name: str
) -> list[Any]:
    """Run a model.

    Args:
        session: from :func:`open_session`.
        feeds: arrays by input name.
        outputs: names of the outputs wanted, or None for all.
        name: of the model, for the error message.

    Raises:
        ModelError: the model failed on this input.
    """
    try:
        return list(session.run(outputs, feeds))
    except Exception as error:
        if fault := blamed(error):
            raise fault from error
        first_line = str(error).strip().splitlines()[0]
        raise ModelError(f"the model {name} failed: {first_line}") from error
