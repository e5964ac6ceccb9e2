"""Style transfer in the studio: a clip in the palette and texture of an image or of another clip."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from callsheet.features import StyleTransfer
from callsheet.studio.editing import Shape, sound_of, sounds_file
from callsheet.studio.effects.reading import Clip, open_clip, read
from callsheet.studio.effects.transfer import Transfer
from callsheet.studio.picture.spec import U8
from callsheet.studio.rendering import Heartbeat, Output, encode, read_picture, seed_of

SAMPLES = 6
"""Frames that a clip's palette is taken from, spread over it."""


def transfer(request: StyleTransfer, folder: Path, path: Path, reference: Path, heartbeat: Heartbeat) -> list[Output]:
    """The content in the style of the reference, with its own sound."""
    clip = open_clip(path)
    style = samples(open_clip(reference)) if reference.suffix == ".mp4" else [flattened(read_picture(reference))]
    made = Transfer(
        samples(clip),
        style,
        clip.fps,
        seed_of(request),
        strength=request.transfer_strength,
        consistency=request.temporal_consistency,
        preserve_motion=request.preserve_motion,
    )
    audio = sounds_file(folder, sound_of(clip)) if clip.sounds else None
    shape = Shape(clip.width, clip.height, clip.fps, clip.frames)
    encode(made.frames(read(clip)), shape, folder / "video.mp4", audio, heartbeat)
    return [{"name": "video.mp4", "kind": "video", "seconds": shape.seconds}]


def samples(clip: Clip) -> list[U8]:
    """A few frames, spread over the clip."""
    numbers = sorted({round((n + 0.5) * (clip.frames - 1) / SAMPLES) for n in range(SAMPLES)})
    return [next(read(clip, number, number + 1)) for number in numbers]


def flattened(picture: U8) -> U8:
    """An image without transparency: what is clear is white, as on paper."""
    if picture.shape[2] == 3:
        return picture
    alpha = picture[..., 3:4].astype(np.float32) / 255
    return np.asarray(picture[..., :3] * alpha + 255 * (1 - alpha), np.uint8)
