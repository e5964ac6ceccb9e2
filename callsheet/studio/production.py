"""Complete productions in the studio: clips joined, or shots rendered from the prompt and joined, with all sound."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from callsheet.features import CompleteProduction
from callsheet.money import frame_size
from callsheet.studio.laying import JOIN, Laid, lay
from callsheet.studio.rendering import Heartbeat, Output, render_scene, seed_of
from callsheet.studio.takes import MOVES
from callsheet.timeline import Line, Music, Shot, Timeline, Transition

LONGEST_SHOT = 8
"""Seconds of one shot where the studio divides a work by itself."""


def produce(
    request: CompleteProduction, folder: Path, clips_by_address: Mapping[str, Path], heartbeat: Heartbeat
) -> list[Output]:
    """The finished work, its stems, captions and edit list, in `folder`.

    `clips_by_address` are the kept files of `video_clips`, which were measured when the order was taken.
    """
    from callsheet.media.cut import ClipFile, cut

    if request.video_clips:
        paths = [clips_by_address[str(url)] for url in request.video_clips]
    else:
        paths = _shots(request, folder, heartbeat)
    row = row_of(request, paths)
    timeline = _timeline(request, row)
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


def row_of(request: CompleteProduction, paths: Sequence[Path]) -> list[Laid]:
    """How the clips become as many frames as are ordered. Raises `ValueError` for clips that can't."""
    from callsheet.media.probe import probe

    specs = request.video_specs
    lengths = [int(probe(path).seconds * specs.fps + 0.5) for path in paths]
    return lay(lengths, specs.duration * specs.fps, specs.fps)


def _shots_of(row: Sequence[Laid]) -> tuple[Shot, ...]:
    return tuple(
        Shot(
            clip=f"clip-{laid.clip + 1}",
            frames=laid.frames,
            transition=Transition(kind="dissolve", frames=laid.overlap) if laid.overlap else None,
        )
        for laid in row
    )


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
            camera=MOVES[number % len(MOVES)],
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


def _timeline(request: CompleteProduction, row: Sequence[Laid]) -> Timeline:
    specs, audio = request.video_specs, request.audio_specs
    fps = specs.fps
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
        shots=_shots_of(row),
        lines=(Line(text=voice.text, start=fps - 1),) if voice else (),
        music=Music(mood=music.mood, volume_db=music.volume, seed=seed_of(request) % 2**31) if music.enabled else None,
    )
