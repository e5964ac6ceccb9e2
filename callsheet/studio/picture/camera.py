"""Camera moves: where the camera is at each moment, in units of the frame's height at the subject."""

from __future__ import annotations

import math
from dataclasses import dataclass

from callsheet.studio.picture.spec import stream

MOVES = (
    "static",
    "push_in",
    "pull_out",
    "orbit",
    "pan_left",
    "pan_right",
    "tilt_up",
    "tilt_down",
    "crane",
    "tracking",
    "handheld",
)


@dataclass(frozen=True)
class Pose:
    """One moment. A point at x, y (frame heights from the centre, y down) with disparity d (1: subject, 0: infinity)
    appears at (x - tx*d - px) * zoom / (1 - dz*d): `tx, ty` the camera's sideways travel, `dz` its way forward as a
    share of the distance to the subject, `px, py` its turning.
    """

    tx: float = 0.0
    ty: float = 0.0
    dz: float = 0.0
    px: float = 0.0
    py: float = 0.0
    zoom: float = 1.0

    def place(self, d: float) -> tuple[float, float, float]:
        """Scale, and the shifts to subtract from x and y before it, of everything at disparity d."""
        return self.zoom / max(0.05, 1 - self.dz * d), self.tx * d + self.px, self.ty * d + self.py


def ease(u: float) -> float:
    """A start and an end that are gentle but never still: the speed is 0.4 of the mean at both ends."""
    return 0.4 * u + 0.6 * u * u * (3 - 2 * u)


def past(t: float, seconds: float, tau: float) -> float:
    """How far a motion that is at its end speed at both ends of `seconds` rolls on past them, as a share of `seconds`:
    negative before 0, 0 between, slowing down with `tau` seconds so that it never runs off."""
    over = min(0.0, t) + max(0.0, t - seconds)
    return math.copysign(tau * (1 - math.exp(-abs(over) / tau)), over) / seconds


class Move:
    """A named move over a clip; `reach` scales it (a landscape travels more than a bottle)."""

    def __init__(self, name: str, seconds: float, seed: int, reach: float = 1.0) -> None:
        self.name = name
        self.seconds = max(seconds, 0.1)
        rng = stream("move", seed)
        self.side = 1.0 if rng.random() < 0.5 else -1.0
        self.phases = [float(v) for v in rng.random(8) * 2 * math.pi]
        # A short clip must not race: the whole way is only gone in four seconds or more.
        self.reach = reach * min(1.0, 0.12 + 0.88 * self.seconds / 4)

    def drift(self, t: float, amount: float) -> tuple[float, float]:
        """A hand's slow wandering at t seconds."""
        p = self.phases
        x = math.sin(t * 1.1 + p[0]) * 0.5 + math.sin(t * 1.93 + p[1]) * 0.3 + math.sin(t * 3.7 + p[2]) * 0.12
        y = math.sin(t * 0.97 + p[3]) * 0.5 + math.sin(t * 2.13 + p[4]) * 0.3 + math.sin(t * 4.1 + p[5]) * 0.12
        return x * amount, y * amount

    def at(self, t: float) -> Pose:
        u = min(1.0, max(0.0, t / self.seconds))
        # A scene that is continued rolls on past the ends of the ordered time, where the move has 0.4 of its speed.
        over = past(t, self.seconds, 3.0)
        e = ease(u) + 0.4 * over
        k = self.reach
        sx, sy = self.drift(t, 0.0016)
        if over:
            far, near = self.drift(t * 0.4, 0.01), self.drift(0.0 if t < 0 else self.seconds * 0.4, 0.01)
            grown = min(1.0, abs(over) * self.seconds / 3.0) ** 2
            sx, sy = sx + (far[0] - near[0]) * grown, sy + (far[1] - near[1]) * grown
        c = 2 * e - 1
        name = self.name
        if name == "push_in":
            return Pose(sx, sy, dz=0.15 * k * e - 0.01, px=-sx * 0.6)
        if name == "pull_out":
            return Pose(sx, sy, dz=0.15 * k * (1 - e) - 0.01, px=-sx * 0.6)
        if name == "orbit":
            x = 0.085 * k * c * self.side
            return Pose(x + sx, sy, dz=0.05 * k * e, px=-x)
        if name in ("pan_left", "pan_right"):
            x = 0.07 * k * c * (1 if name == "pan_right" else -1)
            return Pose(sx + 0.25 * x, sy, dz=0.02, px=x * 0.75)
        if name in ("tilt_up", "tilt_down"):
            y = 0.05 * k * c * (1 if name == "tilt_down" else -1)
            return Pose(sx, sy + 0.2 * y, dz=0.03, py=y * 0.8)
        if name == "crane":
            y = -0.06 * k * c
            return Pose(sx, y, dz=0.04 * k * e, py=-y * 0.55)
        if name == "tracking":
            x = 0.1 * k * c * self.side
            return Pose(x, sy, dz=0.02, px=-x * 0.8)
        if name == "handheld":
            hx, hy = self.drift(t * 1.25, 0.009)
            return Pose(hx, hy, dz=0.03 + 0.02 * e, px=hx * 0.4, py=hy * 0.4)
        return Pose(*self.drift(t, 0.0022), dz=0.02 + 0.006 * e)
