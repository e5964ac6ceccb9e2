"""Cuts beside MoviePy 2, one ffmpeg pass by hand, the encoder alone and a stream copy: ``python -m benchmarks.cut``.

Equal work: six bought clips of 5 s (High profile from another preset, a key picture every 250), a voice, a piece of
music; 28 s with five dissolves and a closing title. None of the clips is in the master's form, so every picture is
encoded by all contestants, with the same x264 settings by the same ffmpeg. The limit is x264 encoding the finished
pictures from a raw file: what remains of a cut when reading, joining, lettering and sound cost nothing.

Copied: 60 shots of six clips in the master's form, hard cuts, beside ffmpeg's concat demuxer with ``-c copy``.
Changed: another title in the first cut, with the segments of the first on the shelf. Memory: 6 and 60 shots.

They run in turn, so that a busy neighbour hits all of them. CPU seconds are the figure to trust.
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
from callsheet.media.assemble import assemble
from callsheet.media.ffmpeg import AAC, BITEXACT, BT709
from callsheet.media.fonts import font_path, fonts_dir
from callsheet.media.index import measure
from callsheet.media.lettering import title_script
from callsheet.media.mix import mix_stems
from callsheet.media.pictures import Picture as Pixels
from callsheet.media.probe import probe
from callsheet.media.segments import PRESET, QUALITY, Picture, encoder, escaped
from callsheet.media.shelf import Shelf
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


def many(width: int, height: int, shots: int, *, dissolve: bool, frames: int) -> Timeline:
    """So many shots of the six clips, each from a clip's beginning."""
    joint = Transition(kind="dissolve", frames=OVERLAP)
    row = tuple(
        Shot(clip=f"clip-{n % CLIPS}", frames=frames, transition=joint if dissolve and n else None)
        for n in range(shots)
    )
    return Timeline(name="many", fps=FPS, width=width, height=height, shots=row)


def prepare(folder: Path, work: Timeline) -> None:
    """Everything that is given: clips with moving detail in two forms, a voice, music, sounds. Not measured."""
    from callsheet.media.sound.music import compose
    from callsheet.media.speech import speak

    for form in ("bought", "ours"):
        (folder / form).mkdir()
    for number in range(CLIPS):
        fine = folder / "fine.mp4"
        ffmpeg.encode_frames(
            _pan(number, work.width, work.height, work.shots[number].frames),
            width=work.width,
            height=work.height,
            fps=FPS,
            out=fine,
            audio=None,
            crf=12,
            preset="veryfast",
            timeout=900,
        )
        bought = ["-c:v", "libx264", "-preset", "fast", "-crf", "20", "-profile:v", "high"]
        ours = ["-vf", f"setsar=1,{BT709}", *encoder(work)]
        for form, options in (("bought", bought), ("ours", ours)):
            ffmpeg.run_sync(["-i", str(fine), *options, str(folder / form / f"clip-{number}.mp4")], timeout=900)
    spoken = speak(SCRIPT, language=work.language, voice=work.voice)
    write_wav(folder / "voice.wav", spoken.samples)
    write_wav(folder / "music.wav", compose("uplifting", work.seconds, 1))
    write_wav(folder / "mix.wav", _mixed(folder, work))
    long = many(work.width, work.height, 60, dissolve=False, frames=work.shots[0].frames)
    args = ["-stream_loop", "-1", "-i", str(folder / "mix.wav"), "-t", f"{long.seconds}", str(folder / "long.wav")]
    ffmpeg.run_sync(args, timeout=60)
    (folder / "list.txt").write_text("".join(f"file ours/{shot.clip}.mp4\n" for shot in long.shots))
    (folder / "titles.ass").write_text(title_script(work) or "", encoding="utf-8")
    order = {
        "clips": [str(folder / "bought" / f"clip-{number}.mp4") for number in range(CLIPS)],
        "voice": str(folder / "voice.wav"),
        "voice_start": 2.0,
        "music": str(folder / "music.wav"),
        "font": str(font_path()),
        "title": work.titles[0].model_dump(),
        "fps": FPS,
        "frames": work.frames,
        "overlap": OVERLAP,
        "width": work.width,
        "height": work.height,
        "preset": PRESET,
        # MoviePy always passes its own name for the preset; what else the encoder is told goes behind it.
        "encoder": _encoder(),
        "out": str(folder / "moviepy.mp4"),
    }
    (folder / "order.json").write_text(json.dumps(order), encoding="utf-8")


def _mixed(folder: Path, work: Timeline) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    voice = read_sound(folder / "voice.wav")
    samples = round(work.seconds * 48_000)
    return mix_stems([(2 * 48_000, voice)], read_sound(folder / "music.wav"), samples=samples).mix


def _encoder() -> list[str]:
    """The encoder's settings beside codec, preset, threads and rate."""
    return ["-profile:v", "high", "-pix_fmt", "yuv420p", "-crf", QUALITY, "-g", str(FPS * 2), "-bf", "2"]


def _pan(number: int, width: int, height: int, frames: int) -> Iterator[Pixels]:
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


def ours(folder: Path, work: Timeline, form: str, sound: str, out: str, shelf: str = "") -> None:
    """One cut of ours from the clips of a form, with a given mixed sound."""
    clips = {name: measure(folder / form / f"{name}.mp4") for name in work.clips}
    script = title_script(work)
    picture = Picture(work, clips, fonts_dir(), scripts=(script,) if script else ())
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        kept = Shelf(folder / shelf) if shelf else None
        made = assemble(picture, folder / out, sound=folder / sound, work=Path(scratch), shelf=kept)
        print(out, asyncio.run(made))


def run(what: str, folder: Path, work: Timeline) -> None:
    """One contestant of ours, in a process of its own."""
    width, height, frames = work.width, work.height, work.shots[0].frames
    changed = work.titles[0].model_copy(update={"text": "Aurora 二代"})
    if what == "same":
        write_wav(folder / "own.wav", _mixed(folder, work))
        ours(folder, work, "bought", "own.wav", "ours.mp4")
    elif what == "given":
        ours(folder, work, "bought", "mix.wav", "given.mp4")
    elif what == "first":
        ours(folder, work, "bought", "mix.wav", "first.mp4", "shelf")
    elif what == "changed":
        ours(folder, work.model_copy(update={"titles": (changed,)}), "bought", "mix.wav", "changed.mp4", "shelf")
    elif what == "copied":
        ours(folder, many(width, height, 60, dissolve=False, frames=frames), "ours", "long.wav", "copied.mp4")
    else:
        shots = int(what.removeprefix("memory-"))
        ours(folder, many(width, height, shots, dissolve=True, frames=36), "bought", "long.wav", f"{what}.mp4")


def by_hand(folder: Path, work: Timeline) -> list[str]:
    """One pass as somebody would write it: every clip a chain, five xfades, the title, the given sound."""
    inputs, chains = [], []
    for number, shot in enumerate(work.shots):
        inputs += ["-i", str(folder / "bought" / f"{shot.clip}.mp4")]
        chains.append(f"[{number}:v]fps={FPS},format=yuv420p,setsar=1[c{number}]")
    at = "c0"
    for number, start in enumerate(work.starts()[1:], start=1):
        seconds = f"duration={OVERLAP / FPS}:offset={start / FPS:.6f}"
        chains.append(f"[{at}][c{number}]xfade=transition=fade:{seconds}[x{number}]")
        at = f"x{number}"
    chains.append(
        f"[{at}]ass=f={escaped(folder / 'titles.ass')}:fontsdir={escaped(fonts_dir())},format=yuv420p,{BT709}[v]"
    )
    args = [*inputs, "-i", str(folder / "mix.wav"), "-filter_complex", ";".join(chains), "-map", "[v]"]
    args += ["-map", f"{CLIPS}:a", *encoder(work), *AAC, *BITEXACT, "-movflags", "+faststart"]
    return [ffmpeg.ffmpeg_path(), "-y", "-v", "error", *args, str(folder / "hand.mp4")]


def commands(folder: Path, work: Timeline, size: list[str]) -> dict[str, list[str]]:
    start = [ffmpeg.ffmpeg_path(), "-y", "-v", "error"]
    shape = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{work.width}x{work.height}", "-r", str(FPS)]
    limit = [*start, *shape, "-i", str(folder / "pictures.yuv"), *encoder(work), str(folder / "limit.mp4")]
    copy = [*start, "-f", "concat", "-i", str(folder / "list.txt"), "-i", str(folder / "long.wav"), "-map", "0:v"]
    copy += ["-map", "1:a", "-c:v", "copy", *AAC, *BITEXACT, "-movflags", "+faststart", str(folder / "stream.mp4")]
    own = [sys.executable, "-m", "benchmarks.cut", "--folder", str(folder), *size, "--only"]
    rival = [str(RIVAL), str(ROOT / "benchmarks" / "moviepy_cut.py"), str(folder / "order.json")]
    return {
        "limit": limit,
        "one pass by hand, sound given": by_hand(folder, work),
        "callsheet, sound given": [*own, "given"],
        "callsheet": [*own, "same"],
        "moviepy": rival,
        "callsheet, first cut": [*own, "first"],
        "callsheet, another title": [*own, "changed"],
        "stream copy, 60 shots": copy,
        "callsheet, 60 shots copied": [*own, "copied"],
        "callsheet, 6 shots encoded": [*own, "memory-6"],
        "callsheet, 60 shots encoded": [*own, "memory-60"],
    }


def compare(folder: Path, work: Timeline, size: list[str], rounds: int) -> dict[str, list[Cost]]:
    prepare(folder, work)
    # The limit's pictures are those of our own master, decoded; made by the first cut, which warms the caches as well.
    run("given", folder, work)
    raw = ["-f", "rawvideo", "-pix_fmt", "yuv420p", str(folder / "pictures.yuv")]
    ffmpeg.run_sync(["-i", str(folder / "given.mp4"), *raw], timeout=600)
    costs: dict[str, list[Cost]] = {}
    for _ in range(rounds):
        for name, command in commands(folder, work, size).items():
            costs.setdefault(name, []).append(measured(command, cwd=ROOT))
            print(name, costs[name][-1], flush=True)
        shutil.rmtree(folder / "shelf")
    for name in ("ours", "given", "hand", "moviepy", "limit"):
        found = probe(folder / f"{name}.mp4")
        assert abs(found.frames - work.frames) <= 1, (name, found.frames, work.frames)
        assert (found.width, found.height) == (work.width, work.height)
        print(name, found.frames, found.bit_rate)
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
    lines.append("")
    for more, less in (
        ("moviepy", "callsheet"),
        ("moviepy", "callsheet, sound given"),
        ("callsheet, sound given", "one pass by hand, sound given"),
        ("callsheet, another title", "callsheet, first cut"),
        ("callsheet, 60 shots copied", "stream copy, 60 shots"),
        ("callsheet, 60 shots encoded", "callsheet, 6 shots encoded"),
    ):
        pairs = list(zip(costs[more], costs[less], strict=True))
        cpu, wall, memory = (
            statistics.median(getattr(one, what) / getattr(other, what) for one, other in pairs)
            for what in ("cpu", "wall", "memory")
        )
        lines.append(f"{more} / {less}: CPU {cpu:.2f}, wall {wall:.2f}, peak memory {memory:.2f}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--seconds", type=int, default=5, help="of each clip")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--only", help="one contestant of ours")
    given = parser.parse_args()
    width, height = (int(side) for side in given.size.split("x"))
    work = timeline(width, height, given.seconds)
    if given.only:
        run(given.only, given.folder, work)
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
