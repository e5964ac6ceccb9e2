"""One frame of a stage at a pose: 8-bit pictures and small displacement grids only, for this part must be fast."""

from __future__ import annotations

import math

import cv2
import numpy as np

from callsheet.studio.animate.dust import sprinkle
from callsheet.studio.animate.light import UNIT_GAIN, band_table, side_table
from callsheet.studio.animate.motions import Pose
from callsheet.studio.animate.order import F32, U8
from callsheet.studio.animate.stage import GRID, Stage, grid
from callsheet.studio.animate.subject import FINE, Subject

STEP = 8
"""Pixels between the points at which the subject's displacement is worked out."""


def _spread(part: F32, step: int, width: int, height: int) -> F32:
    """A grid with one cell of surplus on each side, as a map of one value a pixel."""
    rows, columns = part.shape
    full = cv2.resize(part, (columns * step, rows * step), interpolation=cv2.INTER_LINEAR)
    return np.asarray(full[step : step + height, step : step + width], np.float32)


def _background(stage: Stage, pose: Pose) -> U8:
    """The plate seen by the camera: what is far moves most and grows least."""
    width, height = stage.frame
    x, y = grid(stage.framing, stage.frame)
    cx, cy = stage.scenery.centre
    near = stage.scenery.nearness
    grown = 1.0 + pose.zoom * (1.0 + 0.55 * np.minimum(near, 0.0))
    at_x = cx + (x - cx) / grown + near * (pose.pan_x * width) + stage.scenery.free * (pose.drift_x * width)
    at_y = cy + (y - cy) / grown + near * (pose.pan_y * width) + stage.scenery.free * (pose.drift_y * width)
    subject = stage.scenery.subject
    if subject is not None and pose.lift:
        # What the floor mirrors sinks when the subject rises.
        foot_x, foot_y, half = subject.contact
        under = np.clip(y - foot_y, 0.0, None)
        below = np.minimum(under / max(0.10 * subject.h, 1.0), 1.0) * np.exp(-under / (0.6 * subject.h))
        at_y = at_y - pose.lift * height * below * np.exp(-(((x - foot_x) / (1.5 * half)) ** 2))
    map_x = _spread(at_x.astype(np.float32), GRID, width, height)
    map_y = _spread(at_y.astype(np.float32), GRID, width, height)
    # Four channels are remapped in two thirds of the time of three.
    out = cv2.remap(stage.scenery.plate, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    return np.asarray(cv2.cvtColor(out, cv2.COLOR_BGRA2BGR), np.uint8)


def _shadow(stage: Stage, subject: Subject, pose: Pose, frame: U8) -> None:
    """A soft shadow under the foot: darker and tighter as the subject comes down, lighter as it rises."""
    foot_x, foot_y, half = subject.contact
    margin = stage.framing.margin
    grown = 1.0 + pose.zoom
    cx = stage.scenery.centre[0] + (foot_x - stage.scenery.centre[0]) * grown - margin
    cy = stage.scenery.centre[1] + (foot_y - stage.scenery.centre[1]) * grown - margin
    rise = pose.lift / max(stage.moves.lift, 1e-6)
    wide, tall = half * grown * (1.12 + 0.10 * rise), 0.16 * half * grown * (1.0 + 0.25 * rise)
    x0, x1 = max(0, int(cx - 2 * wide)), min(stage.frame[0], int(cx + 2 * wide))
    y0, y1 = max(0, int(cy - 3 * tall)), min(stage.frame[1], int(cy + 3 * tall))
    if x1 - x0 < 2 or y1 - y0 < 2:
        return
    dx = np.exp(-(((np.arange(x0, x1, dtype=np.float32) - cx) / wide) ** 4))
    dy = np.exp(-(((np.arange(y0, y1, dtype=np.float32) - cy) / tall) ** 2))
    gain = (255.0 * (1.0 - (0.20 - 0.10 * rise) * dy[:, None] * dx)).astype(np.uint8)
    region = frame[y0:y1, x0:x1]
    frame[y0:y1, x0:x1] = cv2.multiply(region, cv2.merge((gain, gain, gain)), scale=1 / 255)


def _reach(stage: Stage, subject: Subject, pose: Pose) -> tuple[int, int, int, int]:
    """The box of the frame that the subject can cover at this pose: x0, y0, x1, y1."""
    grown, lift = 1.0 + pose.zoom, pose.lift * stage.frame[1]
    c, s = math.cos(pose.roll) * grown, math.sin(pose.roll) * grown
    xs, ys = [], []
    for px, py in ((0, 0), (subject.w, 0), (0, subject.h), (subject.w, subject.h)):
        dx, dy = subject.x + px - stage.scenery.centre[0], subject.y + py - stage.scenery.centre[1]
        xs.append(stage.scenery.centre[0] + c * dx - s * dy - stage.framing.margin)
        ys.append(stage.scenery.centre[1] + s * dx + c * dy - stage.framing.margin - lift)
    width, height = stage.frame
    return (
        max(0, math.floor(min(xs))),
        max(0, math.floor(min(ys))),
        min(width, math.ceil(max(xs))),
        min(height, math.ceil(max(ys))),
    )


def _lay(stage: Stage, subject: Subject, pose: Pose, frame: U8) -> None:
    """Lay the turned and lit subject over the background, in place."""
    x0, y0, x1, y1 = _reach(stage, subject, pose)
    width, height = x1 - x0, y1 - y0
    if width < 2 or height < 2:
        return
    columns, rows = -(-width // STEP) + 2, -(-height // STEP) + 2
    x = (np.arange(columns, dtype=np.float32) - 0.5) * STEP - 0.5 + x0 + stage.framing.margin - stage.scenery.centre[0]
    y = (np.arange(rows, dtype=np.float32) - 0.5) * STEP - 0.5 + y0 + stage.framing.margin - stage.scenery.centre[1]
    y += pose.lift * stage.frame[1]
    c, s = math.cos(pose.roll) / (1.0 + pose.zoom), math.sin(pose.roll) / (1.0 + pose.zoom)
    at_x = (c * x + s * y[:, None] + (stage.scenery.centre[0] - subject.x)).astype(np.float32)
    at_y = (c * y[:, None] - s * x + (stage.scenery.centre[1] - subject.y)).astype(np.float32)
    turn = subject.turn
    where = ((at_x + 0.5) / FINE - 0.5, (at_y + 0.5) / FINE - 0.5)
    sine, less = math.sin(pose.turn), math.cos(pose.turn) - 1.0
    shift_x = cv2.addWeighted(turn.x_sin, sine, turn.x_cos, less, 0.0)
    shift_y = cv2.addWeighted(turn.y_sin, sine, turn.y_cos, less, 0.0)
    turned_x = at_x + cv2.remap(shift_x, *where, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    turned_y = at_y + cv2.remap(shift_y, *where, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    maps = (_spread(turned_x, STEP, width, height), _spread(turned_y, STEP, width, height))
    body = cv2.remap(subject.body, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    if turn.round_body:
        # The outline and the lamps' streaks stay: only the surface passes.
        inset = 0.5 * STEP + 0.5
        matrix = np.array([[c, s, at_x[0, 0] + (c + s) * inset], [-s, c, at_y[0, 0] + (c - s) * inset]], np.float64)
        lit = cv2.warpAffine(
            subject.lit,
            matrix,
            (width, height),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_CONSTANT,
        )
    else:
        lit = cv2.remap(subject.lit, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    colour = cv2.cvtColor(body, cv2.COLOR_BGRA2BGR)
    if turn.round_body:
        colour = cv2.addWeighted(colour, 1.0, cv2.cvtColor(lit, cv2.COLOR_BGRA2BGR), 1.0, -128.0)
    place = stage.scenery.place[y0:y1, x0:x1]
    if pose.shade:
        gain = cv2.LUT(place, side_table(pose.shade))
        colour = cv2.multiply(colour, cv2.cvtColor(gain, cv2.COLOR_GRAY2BGR), scale=1 / UNIT_GAIN)
    band = band_table(pose.band, pose.sweep)
    if band.any():
        shine = cv2.multiply(cv2.LUT(place, band), cv2.extractChannel(body, 3), scale=1 / 255)
        colour = cv2.add(colour, cv2.cvtColor(shine, cv2.COLOR_GRAY2BGR))
    share = cv2.cvtColor(cv2.extractChannel(lit, 3), cv2.COLOR_GRAY2BGR)
    region = frame[y0:y1, x0:x1]
    under = cv2.multiply(region, cv2.bitwise_not(share), scale=1 / 255)
    frame[y0:y1, x0:x1] = cv2.add(under, cv2.multiply(colour, share, scale=1 / 255))


def _shine(stage: Stage, pose: Pose, frame: U8) -> None:
    """The band of light over a picture that has no separate subject."""
    if stage.scenery.answer is None:
        return
    if pose.shade:
        gain = cv2.LUT(stage.scenery.place, side_table(0.6 * pose.shade))
        cv2.multiply(frame, cv2.cvtColor(gain, cv2.COLOR_GRAY2BGR), dst=frame, scale=1 / UNIT_GAIN)
    band = band_table(pose.band, 0.9 * pose.sweep)
    if band.any():
        light = cv2.multiply(cv2.LUT(stage.scenery.place, band), stage.scenery.answer, scale=1 / 255)
        cv2.add(frame, cv2.cvtColor(light, cv2.COLOR_GRAY2BGR), dst=frame)


def _glow(stage: Stage, pose: Pose, frame: U8) -> None:
    """Let the picture's lamps breathe: their light is added, moved along with the subject."""
    if stage.glow is None or pose.pulse <= 0.004:
        return
    x, y, w, h = stage.glow.box
    margin, grown = stage.framing.margin, 1.0 + pose.zoom
    cx, cy = stage.scenery.centre
    left, top = cx + (4 * x - cx) * grown - margin, cy + (4 * y - cy) * grown - margin - pose.lift * stage.frame[1]
    x0, y0 = max(0, math.floor(left)), max(0, math.floor(top))
    x1, y1 = min(stage.frame[0], math.ceil(left + 4 * w * grown)), min(stage.frame[1], math.ceil(top + 4 * h * grown))
    if x1 - x0 < 2 or y1 - y0 < 2:
        return
    part = cv2.convertScaleAbs(stage.glow.light[y : y + h, x : x + w], alpha=pose.pulse)
    k = 1.0 / (4.0 * grown)
    matrix = np.array([[k, 0.0, (x0 - left + 0.5) * k - 0.5], [0.0, k, (y0 - top + 0.5) * k - 0.5]], np.float64)
    light = cv2.warpAffine(part, matrix, (x1 - x0, y1 - y0), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    frame[y0:y1, x0:x1] = cv2.add(frame[y0:y1, x0:x1], light)


def shoot(stage: Stage, pose: Pose, u: float) -> U8:
    """The frame at `pose`, a new (height, width, 3) BGR array; u (period 1) is for what moves by itself."""
    frame = _background(stage, pose)
    if stage.scenery.subject is not None:
        if stage.moves.lift:
            _shadow(stage, stage.scenery.subject, pose, frame)
        _lay(stage, stage.scenery.subject, pose, frame)
    else:
        _shine(stage, pose, frame)
    _glow(stage, pose, frame)
    if stage.dust is not None:
        sprinkle(frame, stage.dust, u)
    return frame
