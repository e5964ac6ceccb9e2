"""How a change comes over a clip: at once, by a dissolve, or little by little."""

from __future__ import annotations

from typing import Literal

BEGINS = 0.12
"""The share of the clip that is left as it was before a smooth change begins."""
ENDS = 0.72
"""The share at which a smooth change is whole."""
TURN = 1 / 3
"""The share of the clip at which it cuts, and about which it dissolves."""
DISSOLVE = 1.0
"""Seconds of the dissolve, less in clips under three seconds."""


def amount(style: Literal["smooth", "cut", "fade"], number: int, frames: int, fps: int) -> float:
    """How much of the change frame `number` has, 0..1, never less than the frame before it."""
    if style == "cut":
        return 1.0 if number >= round(frames * TURN) else 0.0
    if style == "fade":
        half = min(DISSOLVE, frames / fps / 3) * fps / 2
        u = (number - frames * TURN + half) / max(1.0, 2 * half)
    else:
        u = (number / max(1, frames - 1) - BEGINS) / (ENDS - BEGINS)
    u = min(1.0, max(0.0, u))
    return u * u * (3 - 2 * u)
