"""The flag ``--device``, which every command has that runs networks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

from defocus import device
from defocus.cli._run import say_error

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")


def device_flag(command: F) -> F:
    """Add ``--device`` to a click command; the choice holds for the process and its workers."""
    return click.option(
        "--device", type=click.Choice(device.DEVICES), expose_value=False, callback=_choose,
        help="Where networks run: a GPU, if this machine has one that helps, or the processor. "
        "Default: auto, or DEFOCUS_DEVICE.",
    )(command)  # fmt: skip


def _choose(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    if value is None:
        return
    device.choose(value)
    if value == "gpu":
        import onnxruntime

        plan = device.plan(onnxruntime.get_available_providers(), value)
        if not plan.uses_gpu:
            say_error(f"{plan.why}: its networks run on the processor")
