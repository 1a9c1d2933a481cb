"""The care that is taken over depth, refinement and matte: what every room understands alike."""

from __future__ import annotations

from typing import Literal

Quality = Literal["fast", "default", "high"]
