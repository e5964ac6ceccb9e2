"""Clips longer than one generation: parts in the same place that flow into each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from callsheet.features import LONGEST_GENERATION
from callsheet.studio.rendering import Heartbeat, Output, encode, place_sound, seed_of

if TYPE_CHECKING:
    from callsheet.studio.picture.spec import U8, SceneOrder

SEAM = 30
"""Frames in which the part before goes on while the next one takes its place."""
MOVES = ("push_in", "pan_right", "orbit", "pull_out", "tilt_up", "pan_left")
"""The camera of the parts after the first, where the customer orders none: not the same way twice."""


def parts_of(order: SceneOrder) -> list[SceneOrder]:
    """The parts of an order of whole seconds, as even as whole seconds allow, none above one generation.

    They share the place and who is in it. Where one take of a minute would lose its subject, each part has it again.
    """
    seconds = round(order.seconds)
    count = -(-seconds // LONGEST_GENERATION)
    parts = []
    for number in range(count):
        length = seconds * (number + 1) // count - seconds * number // count
        part = replace(order, seconds=length)
        if number:
            camera = order.camera or MOVES[(number - 1) % len(MOVES)]
            part = replace(part, seed=seed_of(order.seed, number), camera=camera)
        parts.append(part)
    return parts


def long_frames(order: SceneOrder) -> Iterator[U8]:
    """The clip's frames, exactly `order.frame_count` of them."""
    import cv2

    from callsheet.studio.picture.render import span

    leaving: Iterator[U8] = iter(())
    for count, part in enumerate(parts_of(order)):
        pictures = span(part, 0, part.frame_count + SEAM)
        for number in range(part.frame_count):
            frame = next(pictures)
            if count and number < SEAM:
                gone = (number + 1) / (SEAM + 1)
                share = gone * gone * (3 - 2 * gone)
                frame = np.asarray(cv2.addWeighted(next(leaving), 1 - share, frame, share, 0), np.uint8)
            yield frame
        leaving = pictures


def long_sound(order: SceneOrder, folder: Path) -> Path:
    """`sound.wav`: the place through all parts, and in each what happens there."""
    from callsheet.studio.picture import describe

    start, effects = 0.0, []
    for part in parts_of(order):
        effects += [(kind, start + at) for kind, at in describe(part).effects]
        start += part.seconds
    return place_sound(folder, describe(order).ambience, effects, order.seconds, order.seed)


def render_long(order: SceneOrder, folder: Path, heartbeat: Heartbeat, *, sound: bool) -> list[Output]:
    """The clip, and its sound where that is ordered."""
    audio = long_sound(order, folder) if sound else None
    encode(long_frames(order), order, folder / "video.mp4", audio, heartbeat)
    outputs: list[Output] = [{"name": "video.mp4", "kind": "video", "seconds": order.seconds}]
    if audio is not None:
        outputs.append({"name": audio.name, "kind": "sound", "seconds": order.seconds})
    return outputs
