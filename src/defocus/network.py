"""ONNX Runtime sessions: one per model file and process, on the CPUs that this process may use, or
on a GPU (:mod:`defocus.device`)."""

from __future__ import annotations

import os
import threading
import zlib
from typing import TYPE_CHECKING, Any

from defocus import device
from defocus.blame import advice, blamed
from defocus.cpu import cpu_count
from defocus.errors import ModelError
from defocus.files import check_ordinary

if TYPE_CHECKING:
    from pathlib import Path

_ERRORS_ONLY, _NOTHING = 3, 4
_QUANTISED = b"QuantizeLinear"  # how operators' names end, as they stand in the file
_PACKED = ".gz"  # the package's large ones
# Three times the largest of ours. Its bytes are held once while the session is made.
_MOST_UNPACKED_BYTES = 64 << 20

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
        raise ModelError(f"the model {path} cannot be read: {advice(error)}") from None
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


def onnx_bytes(path: Path) -> bytes:
    """The bytes of a model's ONNX file, unpacked if it is an ``.onnx.gz`` as in the package.

    Raises:
        OSError: it cannot be read.
        ModelError: what is packed is damaged, or larger than any of ours.
    """
    data = path.read_bytes()
    if path.suffix.lower() != _PACKED:
        return data
    unpacking = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)  # gzip's, with its checksum
    try:
        model = unpacking.decompress(data, _MOST_UNPACKED_BYTES)
    except zlib.error as error:
        raise ModelError(f"the model {path} is damaged: {error}") from None
    if len(model) == _MOST_UNPACKED_BYTES and not unpacking.eof:
        limit_mb = _MOST_UNPACKED_BYTES >> 20
        raise ModelError(f"the model {path} holds more than {limit_mb} MB: unpack it with gunzip")
    if not unpacking.eof or unpacking.unused_data:
        raise ModelError(f"the model {path} is damaged: it does not end where it should")
    return model


def _plan(path: Path) -> device.Plan:
    import onnxruntime

    available = onnxruntime.get_available_providers()
    plan = device.plan(available, device.chosen())
    if plan.uses_gpu and _QUANTISED in onnx_bytes(path):
        return device.plan(available, device.chosen(), is_quantised=True)
    return plan


def _load(path: Path) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise blamed(error) or error from error
    try:
        plan = _plan(path)
        model = onnx_bytes(path) if path.suffix.lower() == _PACKED else path
    except MemoryError as error:
        raise blamed(error) or error from error
    except OSError as error:
        raise ModelError(f"the model {path} cannot be read: {advice(error)}") from None
    if plan.uses_gpu:
        onnxruntime.set_default_logger_severity(_NOTHING)  # it would print why a GPU fails
        try:
            return onnxruntime.InferenceSession(
                model, _options(plan.providers[0]), providers=list(plan.providers)
            )
        except Exception:  # drivers fail in many ways; the processor always works
            pass
    try:
        session = onnxruntime.InferenceSession(model, _options(device.CPU), providers=[device.CPU])
    except Exception as error:  # ONNX Runtime has a class per status code and exports none
        if fault := blamed(error):
            raise fault from error
        first_line = str(error).strip().splitlines()[0]
        raise ModelError(f"{path} is not a usable ONNX model: {first_line}") from error
    # It keeps the file's bytes, 35 MB of ours, to begin anew on another provider: it has no other.
    if hasattr(session, "_model_bytes"):
        session._model_bytes = None
    return session


def _options(provider: str) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = cpu_count()
    options.inter_op_num_threads = 1
    # An arena keeps for good what each shape of input needed: 1 GB after two photos, where it is
    # 0.3 GB without one, at the same speed.
    options.enable_cpu_mem_arena = False
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
