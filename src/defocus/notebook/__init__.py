"""The studio's lens in a cell of JupyterLab, VS Code, Colab or marimo (extra ``notebook``).

>>> from defocus.notebook import Refocus        # doctest: +SKIP
>>> widget = Refocus("photo.jpg")               # doctest: +SKIP
>>> widget                                      # doctest: +SKIP
>>> widget.result()                             # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from defocus._lazy import attach

if TYPE_CHECKING:
    from defocus.notebook.widget import Refocus as Refocus

__getattr__, __dir__, __all__ = attach(__name__, {"Refocus": "defocus.notebook.widget"})
