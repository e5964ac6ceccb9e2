"""Re-edits in the studio: a clip seen from elsewhere, or in another light, weather or season."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from callsheet.errors import MediaError
from callsheet.features import PerspectiveChange, SceneEvolution
from callsheet.media.loudness import RATE, Sound
from callsheet.studio.editing import Shape, own_scene, sound_of, sounds_file
from callsheet.studio.effects import sounds
from callsheet.studio.effects.between import Way
from callsheet.studio.effects.evolve import Changes, Evolution
from callsheet.studio.effects.reading import Clip, open_clip, read
from callsheet.studio.effects.states import state
from callsheet.studio.effects.turning import amount
from callsheet.studio.effects.view import Stage, View, view_named
from callsheet.studio.rendering import Heartbeat, Output, encode, seed_of

if TYPE_CHECKING:
    from callsheet.studio.picture.spec import U8, SceneOrder

STATIONS = 3
"""Places on the way of a smooth change of perspective from which a scene of our own is really filmed."""
WEATHER_LEVEL = 0.14
"""Root of the mean square of a loud place that is brought in, of full scale."""


def see_from(request: PerspectiveChange, folder: Path, path: Path, heartbeat: Heartbeat) -> list[Output]:
    """The clip as its camera goes to another place. Rooms and studios of our own are really filmed from there."""
    view = view_named(request.new_perspective)
    if view is None:
        raise MediaError(f"new_perspective: {request.new_perspective} is not known")
    clip = open_clip(path)
    scene = own_scene(path, clip)
    if scene is not None and (view.up or view.right) and _can_be_filmed(scene):
        pictures = _filmed_anew(clip, scene, view, request.transition_style)
    else:
        pictures = _turned(clip, view, request.transition_style)
    audio = sounds_file(folder, sound_of(clip)) if clip.sounds else None
    return _clip(pictures, clip, folder, audio, heartbeat)


def evolve(request: SceneEvolution, folder: Path, path: Path, heartbeat: Heartbeat) -> list[Output]:
    """The clip as light, weather or season change in it."""
    clip = open_clip(path)
    seed = seed_of(request)
    changes = Changes(request.lighting, request.weather, request.season)
    scene = own_scene(path, clip)
    evolution = Evolution(
        clip.width,
        clip.height,
        clip.fps,
        changes,
        seed,
        indoors=scene is not None and _indoors(scene),
        seconds=clip.seconds,
    )

    def pictures() -> Iterator[U8]:
        for number, frame in enumerate(read(clip)):
            share = amount(request.transition_style, number, clip.frames, clip.fps)
            yield evolution.apply(frame, number / clip.fps, share)

    own = sound_of(clip) if clip.sounds else np.zeros((round(clip.seconds * RATE), 2), np.float32)
    brought = _weather_sound(changes, clip, evolution, request, seed)
    audio = sounds_file(folder, own + brought) if clip.sounds or brought.any() else None
    return _clip(pictures(), clip, folder, audio, heartbeat)


def _clip(pictures: Iterator[U8], clip: Clip, folder: Path, audio: Path | None, heartbeat: Heartbeat) -> list[Output]:
    shape = Shape(clip.width, clip.height, clip.fps, clip.frames)
    encode(pictures, shape, folder / "video.mp4", audio, heartbeat)
    return [{"name": "video.mp4", "kind": "video", "seconds": shape.seconds}]


def _turned(clip: Clip, view: View, style: str) -> Iterator[U8]:
    import cv2

    stage = Stage(clip.width, clip.height)
    for number, frame in enumerate(read(clip)):
        share = amount(style, number, clip.frames, clip.fps)  # type: ignore[arg-type]
        if style == "smooth" or share in (0.0, 1.0):
            yield stage.seen(frame, view.part(share)) if share else frame
        else:
            yield np.asarray(cv2.addWeighted(frame, 1 - share, stage.seen(frame, view), share, 0), np.uint8)


def _filmed_anew(clip: Clip, scene: SceneOrder, view: View, style: str) -> Iterator[U8]:
    """From the clip to the same scene filmed from the new place.

    A smooth way has stations that are really filmed; between two of them each place moves from one to the other.
    """
    import cv2

    from callsheet.studio.picture.render import span

    stage = Stage(clip.width, clip.height)
    count = min(STATIONS, max(1, math.ceil(max(abs(view.up), abs(view.right)) / 15))) if style == "smooth" else 1
    filmed: dict[int, Iterator[U8]] = {}
    ways: dict[int, Way] = {}
    rest = View(0, 0, view.roll, view.nearer)

    def at(station: int, number: int) -> U8:
        if station not in filmed:
            part = station / count
            filmed[station] = span(replace(scene, view=(view.up * part, view.right * part)), number, clip.frames)
        return next(filmed[station])

    for number, frame in enumerate(read(clip)):
        share = amount(style, number, clip.frames, clip.fps)  # type: ignore[arg-type]
        if share <= 0:
            yield frame
            continue
        low = min(count - 1, int(share * count))
        u = share * count - low
        for passed in [station for station in filmed if station < low]:
            del filmed[passed]
        old = frame if low == 0 else at(low, number)
        new = at(low + 1, number)
        if style == "smooth":
            if low not in ways:
                ways[low] = Way(old, new)
            old, new = ways[low].bent(old, new, u)
            if share > 0 and (view.roll or view.nearer):
                still = View(0, 0, view.roll * share, view.nearer * share)
                old, new = stage.seen(old, still), stage.seen(new, still)
        else:
            new = stage.seen(new, rest)
        # For most of the way between two stations only the nearer one is seen.
        mix = min(1.0, max(0.0, (u - 0.5) * 2.2 + 0.5))
        yield new if mix >= 1 else np.asarray(cv2.addWeighted(old, 1 - mix, new, mix, 0), np.uint8)


def _can_be_filmed(scene: SceneOrder) -> bool:
    from callsheet.studio.picture import describe
    from callsheet.studio.picture.reference import has_cutout

    # A cut-out product is flat: it has no other side to be filmed from.
    return (_indoors(scene) or describe(scene).setting == "studio") and not has_cutout(scene.reference)


def _indoors(scene: SceneOrder) -> bool:
    from callsheet.studio.picture import describe
    from callsheet.studio.picture.understand import OUTDOOR

    return describe(scene).setting not in OUTDOOR


def _weather_sound(changes: Changes, clip: Clip, evolution: Evolution, request: SceneEvolution, seed: int) -> Sound:
    """What the new weather and season sound like, growing as they are seen to."""
    from callsheet.media.sound.ambience import ambience

    samples = round(clip.seconds * RATE)
    out = np.zeros((samples, 2), np.float32)
    named = [("weather", changes.weather), ("season", changes.season)]
    for kind, name in named:
        for place, level in state(kind, name).sound if name else ():
            sound = ambience(place, max(0.5, clip.seconds), seed)[:samples]
            out += sounds.at_level(sound, WEATHER_LEVEL * level)
    for at in evolution.flashes(clip.seconds):
        sounds.add_thunder(out, at + 0.35, seed)
    steps = [amount(request.transition_style, n, clip.frames, clip.fps) for n in range(clip.frames)]
    curve = np.interp(np.arange(samples) / RATE * clip.fps, np.arange(clip.frames), steps).astype(np.float32)
    return np.asarray(out * curve[:, None] * np.float32(0.4 if evolution.indoors else 1.0), np.float32)
