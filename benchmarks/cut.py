"""A cut of six clips beside MoviePy 2 doing the same, and beside the encoder alone: ``python -m benchmarks.cut``.

All three are given the same files: six 1080p clips of 5 s, a spoken voice, a piece of music. All make 28 s with five
dissolves and a closing title, with the same x264 settings by the same ffmpeg. The limit is x264 encoding the finished
pictures from a raw file: what remains of a cut when reading, joining, lettering and sound cost nothing. They run in
turn, so that a busy neighbour hits all of them. CPU seconds are the figure to trust; wall time is that of a shared
machine.

A fourth row is the whole of `callsheet.media.cut.cut`, which also speaks, composes, masters to -14 LUFS, writes four
stems, captions, EDL, OTIO and stills, and measures what it made.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.measure import Cost, measured
from callsheet.media import ffmpeg
from callsheet.media.assemble import arguments, bit_rate
from callsheet.media.conform import Source
from callsheet.media.cut import ClipFile, cut
from callsheet.media.fonts import font_path, fonts_dir
from callsheet.media.lettering import title_script
from callsheet.media.mix import mix_stems
from callsheet.media.pictures import Picture
from callsheet.media.probe import probe
from callsheet.media.wave import read_sound, write_wav
from callsheet.timeline import Line, Music, Shot, Timeline, Title, Transition

ROOT = Path(__file__).parents[1]
RIVAL = ROOT / ".venv-bench" / "bin" / "python"

FPS, CLIPS, OVERLAP = 30, 6, 12
SCRIPT = "智能音箱，用声音点亮您的家。让每一个清晨都从一首好歌开始，让每一个夜晚都有人轻声陪伴。"
SLOGAN = "用声音点亮您的家"


def timeline(width: int, height: int, seconds: int) -> Timeline:
    frames = seconds * FPS
    dissolve = Transition(kind="dissolve", frames=OVERLAP)
    shots = tuple(Shot(clip=f"clip-{n}", frames=frames, transition=dissolve if n else None) for n in range(CLIPS))
    total = CLIPS * frames - (CLIPS - 1) * OVERLAP
    return Timeline(
        name="benchmark",
        fps=FPS,
        width=width,
        height=height,
        shots=shots,
        voice="female",
        titles=(Title(text="智能音箱 Aurora", subtitle=SLOGAN, start=total - 3 * FPS, frames=3 * FPS),),
        lines=(Line(text=SCRIPT, start=2 * FPS),),
        music=Music(mood="uplifting", seed=1),
    )


def prepare(folder: Path, work: Timeline) -> None:
    """Everything that is given: clips with moving detail, a voice, music. Not measured."""
    from callsheet.media.sound.music import compose
    from callsheet.media.speech import speak

    for number in range(CLIPS):
        path = folder / f"clip-{number}.mp4"
        sound = folder / f"clip-{number}.wav"
        seconds = work.shots[number].frames / FPS
        noise = np.random.Generator(np.random.Philox(number)).standard_normal((round(seconds * 48_000), 2))
        write_wav(sound, np.asarray(noise * 0.02, np.float32))
        ffmpeg.encode_frames(
            _pan(number, work.width, work.height, work.shots[number].frames),
            width=work.width,
            height=work.height,
            fps=FPS,
            out=path,
            audio=sound,
            crf=20,
            preset="veryfast",
            timeout=900,
        )
    spoken = speak(SCRIPT, language=work.language, voice=work.voice)
    write_wav(folder / "voice.wav", spoken.samples)
    write_wav(folder / "music.wav", compose("uplifting", work.seconds, 1))
    title = work.titles[0]
    rate = bit_rate(work.width, work.height)
    order = {
        "clips": [str(folder / f"clip-{number}.mp4") for number in range(CLIPS)],
        "voice": str(folder / "voice.wav"),
        "voice_start": 2.0,
        "music": str(folder / "music.wav"),
        "font": str(font_path()),
        "title": title.model_dump(),
        "fps": FPS,
        "frames": work.frames,
        "overlap": OVERLAP,
        "width": work.width,
        "height": work.height,
        "bit_rate": rate,
        "encoder": _encoder(rate),
        "out": str(folder / "moviepy.mp4"),
    }
    (folder / "order.json").write_text(json.dumps(order), encoding="utf-8")


def _encoder(rate: int) -> list[str]:
    """The settings of assemble's encoder that are not MoviePy's own arguments."""
    limits = ["-g", str(FPS * 2), "-bf", "2"]
    return [*limits, "-profile:v", "high", "-pix_fmt", "yuv420p", "-movflags", "+faststart"]


def _pan(number: int, width: int, height: int, frames: int) -> Iterator[Picture]:
    """A slow move over a picture with detail at every scale: as hard to encode as a filmed one, roughly."""
    import cv2

    random = np.random.Generator(np.random.Philox(100 + number))
    size = (height * 5 // 4, width * 5 // 4)
    ground = np.zeros((*size, 3), np.float32)
    for octave in range(2, 9):
        coarse = random.standard_normal((2**octave, 2**octave, 3)).astype(np.float32)
        ground += cv2.resize(coarse, size[::-1], interpolation=cv2.INTER_CUBIC) * 0.62**octave
    ground = 128 + ground / ground.std() * 45
    for frame in range(frames):
        at = frame / frames
        matrix = np.array([[1 + at * 0.1, 0, -at * width * 0.2], [0, 1 + at * 0.1, -height * 0.1 * at]])
        moved = cv2.warpAffine(ground, matrix, (width, height), flags=cv2.INTER_LINEAR)
        yield np.asarray(np.clip(moved, 0, 255), np.uint8)


def cut_as_the_rival_does(folder: Path, work: Timeline) -> None:
    """Ours, with what the rival was given: mix voice and music, and the one pass."""
    voice = read_sound(folder / "voice.wav")
    mix = mix_stems([(2 * 48_000, voice)], read_sound(folder / "music.wav"), samples=round(work.seconds * 48_000))
    write_wav(folder / "mix.wav", mix.mix)
    paths = {shot.clip: folder / f"{shot.clip}.mp4" for shot in work.shots}
    sources = {name: Source(path, probe(path)) for name, path in paths.items()}
    titles = folder / "titles.ass"
    titles.write_text(title_script(work) or "", encoding="utf-8")
    sound, out = folder / "mix.wav", folder / "ours.mp4"
    args = arguments(work, sources, sound=sound, titles=titles, fonts=fonts_dir(), out=out)
    ffmpeg.run_sync(args, timeout=3600)


def cut_whole(folder: Path, work: Timeline) -> None:
    clips = {shot.clip: ClipFile(folder / f"{shot.clip}.mp4", f"file:{shot.clip}.mp4") for shot in work.shots}
    asyncio.run(cut(work, clips, folder / "whole"))


def commands(folder: Path, work: Timeline, size: list[str]) -> dict[str, list[str]]:
    raw, rate = folder / "pictures.yuv", bit_rate(work.width, work.height)
    shape = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{work.width}x{work.height}", "-r", str(FPS)]
    encoder = ["-c:v", "libx264", "-preset", "veryfast", "-b:v", str(rate), *_encoder(rate), "-threads", "2"]
    limit = [ffmpeg.ffmpeg_path(), "-y", "-v", "error", *shape, "-i", str(raw), *encoder, str(folder / "limit.mp4")]
    own = [sys.executable, "-m", "benchmarks.cut", "--folder", str(folder), *size, "--only"]
    rival = [str(RIVAL), str(ROOT / "benchmarks" / "moviepy_cut.py"), str(folder / "order.json")]
    return {"limit": limit, "callsheet": [*own, "same"], "moviepy": rival, "callsheet, whole cut": [*own, "whole"]}


def compare(folder: Path, work: Timeline, size: list[str], rounds: int) -> dict[str, list[Cost]]:
    prepare(folder, work)
    # The limit's pictures are those of our own master, decoded; made by the first cut, which warms the caches as well.
    cut_as_the_rival_does(folder, work)
    raw = ["-f", "rawvideo", "-pix_fmt", "yuv420p", str(folder / "pictures.yuv")]
    ffmpeg.run_sync(["-i", str(folder / "ours.mp4"), *raw], timeout=600)
    costs: dict[str, list[Cost]] = {}
    for _ in range(rounds):
        for name, command in commands(folder, work, size).items():
            costs.setdefault(name, []).append(measured(command, cwd=ROOT))
    for name in ("ours", "moviepy", "limit"):
        found = probe(folder / f"{name}.mp4")
        assert abs(found.frames - work.frames) <= 1, (name, found.frames, work.frames)
        assert (found.width, found.height) == (work.width, work.height)
    return costs


def report(costs: dict[str, list[Cost]]) -> str:
    """A table: medians, and the ratio to the limit of the same round (the median of the rounds)."""
    lines = ["| | wall s | CPU s | peak MB | CPU, of the limit | wall, of the limit |", "|---|---|---|---|---|---|"]
    for name, rounds in costs.items():
        pairs = list(zip(rounds, costs["limit"], strict=True))
        cells = [
            f"{statistics.median(cost.wall for cost in rounds):.1f}",
            f"{statistics.median(cost.cpu for cost in rounds):.1f}",
            f"{statistics.median(cost.memory for cost in rounds):.0f}",
            f"{statistics.median(cost.cpu / limit.cpu for cost, limit in pairs):.2f}",
            f"{statistics.median(cost.wall / limit.wall for cost, limit in pairs):.2f}",
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    pairs = list(zip(costs["moviepy"], costs["callsheet"], strict=True))
    cpu = statistics.median(rival.cpu / own.cpu for rival, own in pairs)
    wall = statistics.median(rival.wall / own.wall for rival, own in pairs)
    memory = statistics.median(rival.memory / own.memory for rival, own in pairs)
    return "\n".join([*lines, "", f"MoviePy / Callsheet: CPU {cpu:.2f}, wall {wall:.2f}, peak memory {memory:.2f}"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--size", default="1920x1080")
    parser.add_argument("--seconds", type=int, default=5, help="of each clip")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--only", choices=["same", "whole"])
    given = parser.parse_args()
    width, height = (int(side) for side in given.size.split("x"))
    work = timeline(width, height, given.seconds)
    if given.only:
        (cut_whole if given.only == "whole" else cut_as_the_rival_does)(given.folder, work)
        return
    if not RIVAL.exists():
        subprocess.run(["sh", str(ROOT / "benchmarks" / "setup.sh")], check=True)
    folder = given.folder or Path(tempfile.mkdtemp(prefix="callsheet-bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        size = ["--size", given.size, "--seconds", str(given.seconds)]
        print(report(compare(folder, work, size, given.rounds)))
    finally:
        if given.folder is None:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
