"""Styled generation: a scene in a preset at a strength, with the customer's own settings over it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from callsheet.features import StyledGenerate
from callsheet.money import frame_size
from callsheet.studio.orders import LongStyledGenerate
from callsheet.studio.rendering import FPS, Heartbeat, Output, encode, place_sound, seed_of
from callsheet.studio.takes import long_frames, long_sound

if TYPE_CHECKING:
    from callsheet.studio.effects.custom import Custom
    from callsheet.studio.picture import SceneOrder
    from callsheet.studio.picture.spec import U8


def styled_order(request: StyledGenerate) -> SceneOrder:
    """The scene of a styled order. What is seen does not hang on the style: seeds are of prompt and length alone."""
    from callsheet.studio.effects.custom import custom
    from callsheet.studio.picture import SceneOrder

    width, height = frame_size(request.resolution)
    return SceneOrder(
        prompt=request.prompt,
        seconds=request.duration,
        width=width,
        height=height,
        fps=FPS,
        style=request.style_preset,
        seed=seed_of(request.prompt, request.duration),
        world_seed=seed_of(request.prompt),
        strength=request.style_strength,
        tune=tuple(sorted(custom(request.custom_style).tune.items())),
    )


def styled_frames(request: StyledGenerate) -> Iterator[U8]:
    """The pictures of a styled order."""
    from callsheet.studio.effects.custom import custom
    from callsheet.studio.effects.evolve import Changes, Evolution
    from callsheet.studio.effects.manner import Manner, manner
    from callsheet.studio.picture import describe, frames
    from callsheet.studio.picture.understand import OUTDOOR

    order, own = styled_order(request), custom(request.custom_style)
    parts = {**manner(request.style_preset), **own.parts}
    look = Manner(order.width, order.height, order.fps, order.seed, parts, request.style_strength)
    air = None
    if own.weather:
        indoors = describe(order).setting not in OUTDOOR
        changes = Changes(weather=own.weather)
        air = Evolution(
            order.width, order.height, order.fps, changes, order.seed, indoors=indoors, seconds=order.seconds
        )
    for number, frame in enumerate(long_frames(order) if isinstance(request, LongStyledGenerate) else frames(order)):
        seen = air.apply(frame, number / order.fps, 0.75 * request.style_strength) if air else frame
        yield look.apply(seen, number)


def render_styled(request: StyledGenerate, folder: Path, heartbeat: Heartbeat) -> list[Output]:
    """A styled order's clip, its sound in the style's manner where that is asked for."""
    from callsheet.media.wave import read_sound, write_wav
    from callsheet.studio.effects.custom import custom
    from callsheet.studio.effects.manner import sound_manner
    from callsheet.studio.effects.soundmanner import in_manner
    from callsheet.studio.effects.sounds import safe
    from callsheet.studio.picture import describe

    order = styled_order(request)
    spec = describe(order)
    if isinstance(request, LongStyledGenerate):
        audio = long_sound(order, folder)
    else:
        audio = place_sound(folder, spec.ambience, spec.effects, order.seconds, order.seed)
    sound = read_sound(audio, order.seconds)
    if request.audio_match_style:
        sound = in_manner(sound, sound_manner(request.style_preset), request.style_strength, order.seed)
    write_wav(audio, safe(_with_weather(sound, custom(request.custom_style), request, order.seed)))
    encode(styled_frames(request), order, folder / "video.mp4", audio, heartbeat)
    return [
        {"name": "video.mp4", "kind": "video", "seconds": order.seconds},
        {"name": audio.name, "kind": "sound", "seconds": order.seconds},
    ]


def _with_weather(sound: np.ndarray, own: Custom, request: StyledGenerate, seed: int) -> np.ndarray:
    from callsheet.media.sound.ambience import ambience
    from callsheet.studio.effects.sounds import at_level
    from callsheet.studio.effects.states import state

    for place, level in state("weather", own.weather).sound if own.weather else ():
        sound = sound + at_level(ambience(place, request.duration, seed), 0.1 * level * request.style_strength)
    return sound
