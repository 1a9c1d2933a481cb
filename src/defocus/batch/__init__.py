"""One edit for a folder of photos: in worker processes here, or on a Ray cluster.

>>> from defocus.batch import run_batch
>>> summary = run_batch("photos", "portraits", defocus.Edit())      # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from defocus._lazy import attach

if TYPE_CHECKING:
    from defocus.batch.interrupts import Interrupts as Interrupts
    from defocus.batch.plan import Entry as Entry
    from defocus.batch.plan import Plan as Plan
    from defocus.batch.runner import Options as Options
    from defocus.batch.runner import Summary as Summary
    from defocus.batch.runner import plan_batch as plan_batch
    from defocus.batch.runner import run_batch as run_batch

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Entry": "defocus.batch.plan",
        "Interrupts": "defocus.batch.interrupts",
        "Options": "defocus.batch.runner",
        "Plan": "defocus.batch.plan",
        "Summary": "defocus.batch.runner",
        "plan_batch": "defocus.batch.runner",
        "run_batch": "defocus.batch.runner",
    },
)
