"""Orders that change a clip, and styled ones: which part of the studio renders each, and what they share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from callsheet.errors import MediaError
from callsheet.features import (
    AnyRequest,
    Extension,
    PerspectiveChange,
    SceneEvolution,
    StyledGenerate,
    StyleTransfer,
)
from callsheet.studio.origins import origin_of, scene_of
from callsheet.studio.rendering import Heartbeat, Output

if TYPE_CHECKING:
    from callsheet.media.loudness import Sound
    from callsheet.studio.effects.reading import Clip
    from callsheet.studio.picture import SceneOrder


@dataclass(frozen=True)
class Shape:
    """Size, rate and length of what is encoded."""

    width: int
    height: int
    fps: int
    frames: int

    @property
    def seconds(self) -> float:
        return self.frames / self.fps


def edit(request: AnyRequest, folder: Path, clips: Mapping[str, Path], heartbeat: Heartbeat) -> list[Output]:
    """Renders an order that changes a clip; `clips` are the kept files by the addresses of the stored order."""
    if isinstance(request, StyledGenerate):
        from callsheet.studio.styling import render_styled

        return render_styled(request, folder, heartbeat)
    if isinstance(request, Extension):
        from callsheet.studio.extending import extend

        return extend(request, folder, _kept(clips, request.video_url), heartbeat)
    if isinstance(request, PerspectiveChange):
        from callsheet.studio.refilming import see_from

        return see_from(request, folder, _kept(clips, request.video_url), heartbeat)
    if isinstance(request, SceneEvolution):
        from callsheet.studio.refilming import evolve

        return evolve(request, folder, _kept(clips, request.video_url), heartbeat)
    if isinstance(request, StyleTransfer):
        from callsheet.studio.restyling import transfer

        reference = _kept(clips, request.style_reference_url)
        return transfer(request, folder, _kept(clips, request.content_video_url), reference, heartbeat)
    raise MediaError(f"the studio does not render {request.feature}")


def _kept(clips: Mapping[str, Path], named: object) -> Path:
    path = clips.get(str(named))
    if path is None:
        raise MediaError("the order names no clip that this studio keeps")
    return path


def own_scene(path: Path, clip: Clip) -> SceneOrder | None:
    """The scene of a kept clip when this studio rendered it as it is; else None."""
    origin = origin_of(path)
    if origin is None or isinstance(origin.request, StyledGenerate):
        return None
    scene = scene_of(origin, path.parent)
    shape = (clip.width, clip.height, clip.fps, clip.frames)
    if scene is None or (scene.width, scene.height, scene.fps, scene.frame_count) != shape:
        return None
    return scene


def sound_of(clip: Clip) -> Sound:
    """The sound of a clip, exactly as long as its picture."""
    from callsheet.media.wave import read_sound

    return read_sound(clip.path, clip.seconds)


def sounds_file(folder: Path, sound: Sound) -> Path:
    """`sound.wav` in the folder."""
    from callsheet.media.wave import write_wav
    from callsheet.studio.effects import sounds

    path = folder / "sound.wav"
    write_wav(path, sounds.safe(sound))
    return path
