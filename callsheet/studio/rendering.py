"""From an accepted order to files: pictures, the sound that belongs to them, and both in one clip.

The same order always gives the same bytes: every seed is taken from the order's own digest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from callsheet.canonical import digest
from callsheet.errors import MediaError
from callsheet.features import (
    CharacterSequence,
    CompleteProduction,
    ConsistencyCheck,
    Extension,
    ImageToVideo,
    PerspectiveChange,
    SceneEvolution,
    Sequence,
    SequenceShot,
    StyledGenerate,
    StyleTransfer,
    TextToVideo,
)
from callsheet.media.images import Media
from callsheet.money import frame_size
from callsheet.studio.orders import LongTextToVideo, Order, Remix

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from callsheet.studio.picture import SceneOrder

FPS = 30
CRF = 17
"""x264's constant rate factor: visually lossless for such pictures, as these clips are encoded once more in the cut."""
PRESET = "ultrafast"
AMBIENCE_GAIN = 0.5
EFFECTS_GAIN = 0.6
LONGEST_RENDER = 1800.0
"""Seconds for one clip, on a machine that is busy with others."""

Heartbeat = Callable[[float], None]
"""Called with the share that is done, 0..1; raises `Stopped` to end the render."""
Output = dict[str, Any]


class Stopped(Exception):
    """The job was cancelled, or the studio stops."""


def render(
    request: Order,
    folder: Path,
    images: Mapping[str, Path],
    heartbeat: Heartbeat,
    output_path: Callable[[str, str], Path],
) -> list[Output]:
    """Renders an order into `folder` and says what is there: name, kind, seconds.

    `images` are the files of the order's media by digest, and of the clips that it names by address; `output_path`
    finds a file of an earlier job.
    """
    if isinstance(request, LongTextToVideo):
        from callsheet.studio.takes import render_long

        return render_long(scene_order(request), folder, heartbeat, sound=request.audio)
    if isinstance(request, TextToVideo):
        return _scene(request, folder, heartbeat)
    if isinstance(request, ImageToVideo):
        return _animation(request, folder, images[request.image.sha256], heartbeat)
    if isinstance(request, Sequence):
        return _sequence(request, folder, images, heartbeat)
    if isinstance(request, CompleteProduction):
        from callsheet.studio.production import produce

        return produce(request, folder, images, heartbeat)
    if isinstance(request, Extension | PerspectiveChange | SceneEvolution | StyledGenerate | StyleTransfer):
        from callsheet.studio.editing import edit

        return edit(request, folder, images, heartbeat)
    if isinstance(request, CharacterSequence):
        from callsheet.studio.characters import character_sequence

        return character_sequence(request, folder, images[request.character_reference.sha256], heartbeat)
    if isinstance(request, ConsistencyCheck):
        from callsheet.studio.checking import check

        return check(request, images, heartbeat)
    raise MediaError(f"the studio does not render {request.feature}")


def seed_of(*parts: Any) -> int:
    """A seed of 63 bits from anything that has canonical JSON."""
    return int(digest(list(parts))[:16], 16) >> 1


def _scene(request: TextToVideo, folder: Path, heartbeat: Heartbeat) -> list[Output]:
    return render_scene(scene_order(request), folder, "video.mp4", heartbeat, sound=request.audio)


def scene_order(request: TextToVideo) -> SceneOrder:
    """The scene of a text to video; a remix has the place and the chances of the one that it repeats."""
    from callsheet.studio.picture import SceneOrder

    width, height = frame_size(request.resolution)
    remix = request if isinstance(request, Remix) else None
    return SceneOrder(
        prompt=request.prompt,
        seconds=request.duration,
        width=width,
        height=height,
        fps=FPS,
        style=request.style,
        camera=request.camera_movement,
        emphasis=request.emphasis,
        seed=remix.scene_seed if remix else seed_of(request),
        world_seed=remix.world_seed if remix else seed_of(request.prompt),
        reference=None,
    )


def render_scene(order: Any, folder: Path, name: str, heartbeat: Heartbeat, *, sound: bool = True) -> list[Output]:
    """One scene with its ambience and effects."""
    from callsheet.studio.picture import describe, frames

    spec = describe(order)
    audio = place_sound(folder, spec.ambience, spec.effects, order.seconds, order.seed) if sound else None
    encode(frames(order), order, folder / name, audio, heartbeat)
    outputs: list[Output] = [{"name": name, "kind": "video", "seconds": order.seconds}]
    if audio is not None:
        outputs.append({"name": audio.name, "kind": "sound", "seconds": order.seconds})
    return outputs


def _animation(request: ImageToVideo, folder: Path, image: Path, heartbeat: Heartbeat) -> list[Output]:
    from callsheet.studio.animate import AnimateOrder, frames, sounds

    width, height = frame_size(request.resolution)
    order = AnimateOrder(
        image=read_picture(image),
        prompt=request.animation_prompt,
        seconds=request.duration,
        width=width,
        height=height,
        fps=FPS,
        motion=request.motion_intensity,
        preserve_style=request.preserve_style,
        loop=request.loop_seamless,
        seed=seed_of(request),
    )
    ambience, effects = sounds(order)
    audio = place_sound(folder, ambience, effects, order.seconds, order.seed)
    encode(frames(order), order, folder / "video.mp4", audio, heartbeat)
    return [{"name": "video.mp4", "kind": "video", "seconds": order.seconds}]


def _sequence(request: Sequence, folder: Path, images: Mapping[str, Path], heartbeat: Heartbeat) -> list[Output]:
    reference, person = None, False
    if isinstance(request.reference_image, Media):
        from callsheet.studio.characters import part_of

        reference, person = part_of(read_picture(images[request.reference_image.sha256]))
    total = sum(shot.duration for shot in request.shots)
    done = 0
    outputs: list[Output] = []
    for shot in request.shots:
        start, share = done / total, shot.duration / total
        order = shot_order(request, shot, reference, person=person)
        name = f"shot-{shot.shot_number}.mp4"
        beat = _part(heartbeat, start, share)
        outputs += [
            {**output, "shot_number": shot.shot_number}
            for output in render_scene(order, folder, name, beat)
            if output["kind"] == "video"
        ]
        done += shot.duration
    return outputs


def shot_order(
    request: Sequence, shot: SequenceShot, reference: npt.NDArray[np.uint8] | None, *, person: bool = False
) -> SceneOrder:
    """The scene of one shot of a sequence. The reference is the product, or the person that plays in its shots: in all
    but close-ups that are of something else.
    """
    from callsheet.studio.picture import SceneOrder
    from callsheet.studio.picture.around import around, is_close_up, names_a_person

    same, prompts = request.maintain_consistency, [shot.prompt for shot in request.shots]
    plays = person and (names_a_person(shot.prompt) or not is_close_up(shot.prompt, shot.camera))
    width, height = frame_size(request.resolution)
    return SceneOrder(
        prompt=shot.prompt,
        seconds=shot.duration,
        width=width,
        height=height,
        fps=FPS,
        style=None,
        camera=shot.camera,
        emphasis=(),
        seed=seed_of(request, shot.shot_number),
        world_seed=seed_of(same, prompts),
        reference=None if person else reference,
        performer=reference if plays else None,
        around=around(prompts, request.shots.index(shot), place=same.environment, light=same.lighting),
    )


def _part(heartbeat: Heartbeat, start: float, share: float) -> Heartbeat:
    return lambda done: heartbeat(start + share * done)


def read_picture(path: Path) -> npt.NDArray[np.uint8]:
    """An image as BGR or BGRA, 8 bits. Raises `MediaError` for what can't be decoded."""
    import cv2
    import numpy as np

    picture = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
    if picture is None:
        raise MediaError("the image can't be decoded")
    if picture.dtype == np.uint16:
        picture = (picture // 256).astype(np.uint8)
    if picture.ndim == 2:
        picture = cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)
    return np.ascontiguousarray(picture, dtype=np.uint8)


def place_sound(folder: Path, ambience: str, effects: Iterable[tuple[str, float]], seconds: float, seed: int) -> Path:
    """`sound.wav` in the folder: the place, and what happens in it."""
    import numpy as np

    from callsheet.media.sound.ambience import ambience as place
    from callsheet.media.sound.effects import effect
    from callsheet.media.wave import write_wav

    samples = round(seconds * 48000)
    track = place(ambience, seconds, seed)[:samples] * np.float32(AMBIENCE_GAIN)
    for number, (kind, at) in enumerate(effects):
        start = round(at * 48000)
        if start >= samples:
            continue
        spot = effect(kind, min(2.0, seconds - at), seed + number + 1) * np.float32(EFFECTS_GAIN)
        end = min(samples, start + len(spot))
        track[start:end] += spot[: end - start]
    path = folder / "sound.wav"
    write_wav(path, np.clip(track, -0.98, 0.98))
    return path


def encode(pictures: Iterator[Any], order: Any, out: Path, audio: Path | None, heartbeat: Heartbeat) -> None:
    from callsheet.media.ffmpeg import encode_frames

    total = round(order.seconds * order.fps)

    def counted() -> Iterator[Any]:
        for number, picture in enumerate(pictures):
            heartbeat(number / total)
            yield picture

    encode_frames(
        counted(),
        width=order.width,
        height=order.height,
        fps=order.fps,
        out=out,
        audio=audio,
        crf=CRF,
        preset=PRESET,
        timeout=LONGEST_RENDER,
    )
