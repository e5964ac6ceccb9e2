"""Extensions in the studio: a clip and what comes after or before it, as one video."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from callsheet.features import Extension
from callsheet.media.loudness import RATE, Sound
from callsheet.studio.editing import Shape, own_scene, sound_of, sounds_file
from callsheet.studio.effects import sounds
from callsheet.studio.effects.evolve import Evolution, changes_in
from callsheet.studio.effects.prolong import prolong
from callsheet.studio.effects.reading import Clip, open_clip, read
from callsheet.studio.rendering import AMBIENCE_GAIN, Heartbeat, Output, encode, seed_of

if TYPE_CHECKING:
    from callsheet.studio.picture.spec import U8, SceneOrder

OVERLAP = 15
"""Frames beside the seam in which the delivered picture becomes the newly rendered one: the same scene, other noise."""


def extend(request: Extension, folder: Path, path: Path, heartbeat: Heartbeat) -> list[Output]:
    """The joined video. A scene of this studio goes on by its own renderer, any other clip by its own motion."""
    clip = open_clip(path)
    count = request.extension_duration * clip.fps
    after = request.direction == "after"
    scene = own_scene(path, clip)
    seed = seed_of(request)
    shape = Shape(clip.width, clip.height, clip.fps, clip.frames + count)
    pictures = _scene_on(clip, scene, count, after) if scene else _clip_on(clip, count, after)
    changes = changes_in(request.extension_prompt)
    if changes:
        pictures = _changing(pictures, clip, count, after, Evolution(clip.width, clip.height, clip.fps, changes, seed))
    audio = None
    if clip.sounds:
        sound = _sound_on(sound_of(clip), request.extension_duration, after, scene, seed)
        audio = sounds_file(folder, sound)
    encode(pictures, shape, folder / "video.mp4", audio, heartbeat)
    return [{"name": "video.mp4", "kind": "video", "seconds": shape.seconds}]


def _clip_on(clip: Clip, count: int, after: bool) -> Iterator[U8]:
    if not after:
        yield from prolong(clip, after=False).frames(count)
    yield from read(clip)
    if after:
        yield from prolong(clip, after=True).frames(count)


def _scene_on(clip: Clip, scene: SceneOrder, count: int, after: bool) -> Iterator[U8]:
    import cv2

    from callsheet.studio.picture.render import span

    overlap = min(OVERLAP, clip.frames // 2)
    if after:
        rendered = span(scene, clip.frames - overlap, clip.frames + count)
        for number, frame in enumerate(read(clip)):
            left = clip.frames - number
            if left <= overlap:
                share = 1 - (left - 1) / overlap
                yield np.asarray(cv2.addWeighted(frame, 1 - share, next(rendered), share, 0), np.uint8)
            else:
                yield frame
        yield from rendered
        return
    rendered = span(scene, -count, overlap)
    for _ in range(count):
        yield next(rendered)
    for number, frame in enumerate(read(clip)):
        if number < overlap:
            share = 1 - number / overlap
            yield np.asarray(cv2.addWeighted(frame, 1 - share, next(rendered), share, 0), np.uint8)
        else:
            yield frame


def _changing(pictures: Iterator[U8], clip: Clip, count: int, after: bool, evolution: Evolution) -> Iterator[U8]:
    """What the extension's prompt asks of light and weather grows from the seam on."""
    for number, frame in enumerate(pictures):
        far = number - clip.frames + 1 if after else count - number
        u = min(1.0, max(0.0, far / count))
        amount = min(1.0, 1.5 * u) ** 1.5
        yield evolution.apply(frame, number / clip.fps, amount) if far > 0 else frame


def _sound_on(sound: Sound, seconds: int, after: bool, scene: SceneOrder | None, seed: int) -> Sound:
    from callsheet.media.sound.ambience import ambience
    from callsheet.studio.picture import describe

    samples = seconds * RATE + sounds.CROSSING + sounds.EDGE
    beside = sound[-4 * RATE : -sounds.EDGE] if after else sound[sounds.EDGE : 4 * RATE]
    if scene is not None:
        place = describe(replace(scene, seconds=float(seconds))).ambience
        longer = ambience(place, samples / RATE + 0.4, seed)[round(0.2 * RATE) :][:samples]
        longer = np.asarray(longer * np.float32(AMBIENCE_GAIN), np.float32)
        edge = beside[-RATE:] if after else beside[:RATE]
        return sounds.continued(sound, sounds.matched(longer, edge, most=2.0), after=after)
    # A gust at the other end of the clip must not make the seam a hole: it goes on as loud as it is where they meet.
    made = sounds.texture(sounds.evened(beside), samples, seed)
    level = sounds.level_of(beside[-RATE // 2 :] if after else beside[: RATE // 2])
    return sounds.continued(sound, sounds.leading(made, level, sounds.level_of(beside), after=after), after=after)
