"""Complete productions in the studio: clips joined, or shots rendered from the prompt and joined, with all sound."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

from callsheet.errors import MediaError
from callsheet.features import CompleteProduction
from callsheet.money import frame_size
from callsheet.studio.limits import own_media
from callsheet.studio.rendering import Heartbeat, Output, render_scene, seed_of
from callsheet.timeline import Line, Music, Shot, Timeline, Transition

LONGEST_SHOT = 8
"""Seconds of one shot where the studio divides a work by itself."""
SHOT_MOVES = ("push_in", "pan_right", "orbit", "pull_out", "tilt_up", "pan_left")
JOIN = 12
"""Frames of a dissolve between two shots."""


def produce(
    request: CompleteProduction, folder: Path, heartbeat: Heartbeat, output_path: Callable[[str, str], Path]
) -> list[Output]:
    """The finished work, its stems, captions and edit list, in `folder`.

    `video_clips` must be results of this studio: it fetches nothing from anywhere. Raises `MediaError` otherwise.
    """
    from callsheet.media.cut import ClipFile, cut

    if request.video_clips:
        paths = [_own_clip(str(url), output_path) for url in request.video_clips]
    else:
        paths = _shots(request, folder, heartbeat)
    timeline = _timeline(request, paths)
    clips = {f"clip-{n}": ClipFile(path=path, uri=path.name) for n, path in enumerate(paths, 1)}
    result = asyncio.run(cut(timeline, clips, folder / "cut", on_progress=lambda done: heartbeat(0.6 + 0.4 * done)))
    seconds = result.seconds
    names = {"master.mp4": ("video.mp4", "video")}
    if request.post_production_ready.export_edl:
        names |= {"edit/cut.edl": ("cut.edl", "edit")}
    if request.output_format.separate_tracks:
        names |= {f"stems/{stem}.wav": (f"{stem}.wav", "stem") for stem in ("voice", "music", "ambience", "effects")}
    names |= {f"captions/{timeline.language}.{kind}": (f"captions.{kind}", "caption") for kind in ("srt", "vtt")}
    outputs: list[Output] = []
    for source, (name, kind) in names.items():
        path = folder / "cut" / source
        if path.exists():
            path.rename(folder / name)
            outputs.append({"name": name, "kind": kind, "seconds": seconds})
    shutil.rmtree(folder / "cut")
    for path in folder.glob("source-*"):
        path.unlink()
    return outputs


def _own_clip(url: str, output_path: Callable[[str, str], Path]) -> Path:
    found = own_media(url)
    path = output_path(found[1], found[2]) if found else None
    if path is None or not path.is_file():
        raise MediaError("video_clips: each must be the address of a result of this studio")
    return path


def _shots(request: CompleteProduction, folder: Path, heartbeat: Heartbeat) -> list[Path]:
    from callsheet.studio.picture import SceneOrder

    specs = request.video_specs
    count = -(-specs.duration // LONGEST_SHOT)
    bought = specs.duration + (count - 1) * JOIN / specs.fps
    width, height = frame_size(specs.resolution)
    paths = []
    for number in range(count):
        frames = round(bought * specs.fps * (number + 1) / count) - round(bought * specs.fps * number / count)
        order = SceneOrder(
            prompt=specs.prompt,
            seconds=frames / specs.fps,
            width=width,
            height=height,
            fps=specs.fps,
            style=specs.style,
            camera=SHOT_MOVES[number % len(SHOT_MOVES)],
            emphasis=(),
            seed=seed_of(request, number),
            world_seed=seed_of(specs.prompt),
            reference=None,
        )
        name = f"source-{number + 1}.mp4"
        start = 0.6 * number / count
        render_scene(order, folder, name, lambda done, start=start: heartbeat(start + 0.6 * done / count))  # type: ignore[misc]
        paths.append(folder / name)
    (folder / "sound.wav").unlink(missing_ok=True)
    return paths


def _timeline(request: CompleteProduction, paths: list[Path]) -> Timeline:
    """The clips in order: dissolved where there is more than is ordered, trimmed where that is not enough."""
    from callsheet.media.probe import probe

    specs, audio = request.video_specs, request.audio_specs
    fps = specs.fps
    lengths = [int(probe(path).seconds * fps + 0.5) for path in paths]
    wanted = specs.duration * fps
    surplus = sum(lengths) - wanted
    if surplus < 0:
        raise MediaError(f"video_clips: they have {sum(lengths) / fps:.1f} s, {specs.duration} s are ordered")
    joins = len(lengths) - 1
    overlaps = [min(JOIN, surplus * (n + 1) // joins - surplus * n // joins) for n in range(joins)]
    overlaps = [frames if frames >= 2 else 0 for frames in overlaps]
    excess = surplus - sum(overlaps)
    shots = []
    for number, length in enumerate(lengths):
        trim = min(excess, max(0, length - 2 * JOIN - 1))
        excess -= trim
        overlap = overlaps[number - 1] if number else 0
        transition = Transition(kind="dissolve", frames=overlap) if overlap else None
        shots.append(Shot(clip=f"clip-{number + 1}", frames=length - trim, transition=transition))
    width, height = frame_size(specs.resolution)
    voice, music = audio.voice_over, audio.background_music
    language = voice.language if voice else "en-US"
    return Timeline(
        name=request.project_name,
        fps=fps,
        width=width,
        height=height,
        timecode_start=request.post_production_ready.timecode_start,
        language=language,
        voice=(voice.voice if voice else None) or "female",
        shots=tuple(shots),
        lines=(Line(text=voice.text, start=min(fps, wanted - 1)),) if voice else (),
        music=Music(mood=music.mood, volume_db=music.volume, seed=seed_of(request) % 2**31) if music.enabled else None,
    )
