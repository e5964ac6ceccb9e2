"""Four renditions of one master beside four passes of hand-written ffmpeg: ``python -m benchmarks.renditions``.

Both make TikTok, YouTube Shorts, Instagram's feed and WeChat Channels of the same 1080p master, with the same x264
settings and two-pass loudnorm. By hand each is cropped in the middle, blindly, in a run of its own. Ours also looks
for the subject, decodes once, codes the upright picture once for two platforms, and measures what it made. CPU
seconds are the figure to trust; wall time is that of a shared machine. The two take turns.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import measured
from callsheet.media import ffmpeg, sounding
from callsheet.media.ffmpeg import BITEXACT, BT709
from callsheet.media.renditions import Rendition, renditions
from callsheet.platforms import platform

ROOT = Path(__file__).parents[1]
NAMES = ("tiktok", "youtube_shorts", "instagram_feed", "wechat_channels")


def prepare(folder: Path, seconds: int) -> Path:
    """A master with moving detail and pink noise. Not measured."""
    master = folder / "master.mp4"
    picture = f"gradients=s=1920x1080:r=30:d={seconds}:seed=4:speed=0.02,noise=alls=6:allf=t"
    picture += f",drawbox=x='200+t*1400/{seconds}':y=400:w=220:h=300:color=red:t=fill"
    noise = f"anoisesrc=d={seconds}:c=pink:a=0.3:r=48000:seed=3"
    args = ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", noise, "-vf", f"format=yuv420p,{BT709}"]
    args += ["-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "-ac", "2", "-c:a", "aac", "-b:a", "192k"]
    ffmpeg.run_sync([*args, "-movflags", "+faststart", str(master)], timeout=600)
    return master


def ours(master: Path, out: Path) -> None:
    asyncio.run(renditions(master, [Rendition(platform(name)) for name in NAMES], out))


def by_hand(master: Path, out: Path, seconds: float) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        one = platform(name)
        loud = asyncio.run(sounding.measure(master, seconds))
        if loud is None:
            raise SystemExit("the master is silent")
        sound = f"loudnorm=I={one.lufs}:TP=-1.5:LRA=11:measured_I={loud.lufs}:measured_TP={loud.true_peak}"
        sound += f":measured_LRA={loud.range}:measured_thresh={loud.threshold}:linear=true,aresample=48000"
        size = f"{one.width}:{one.height}"
        picture = f"crop='min(iw,ih*{one.width}/{one.height})':ih,scale={size}:flags=bicubic,setsar=1"
        rate = one.video.bit_rate
        args = ["-i", str(master), "-vf", f"{picture},format=yuv420p,{BT709}", "-af", sound]
        args += ["-c:v", "libx264", "-profile:v", "high", "-preset", "veryfast", "-crf", "19", "-maxrate", str(rate)]
        args += ["-bufsize", str(2 * rate), "-g", str(round(one.video.key_seconds * 30)), "-threads", "2", *BITEXACT]
        args += ["-c:a", "aac", "-b:a", str(one.audio.bit_rate), "-movflags", "+faststart"]
        ffmpeg.run_sync([*args, str(out / f"{name}.mp4")], timeout=600)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--side", choices=("ours", "by-hand"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.side:
        master, out = given.folder / "master.mp4", given.folder / given.side
        if given.side == "ours":
            ours(master, out)
        else:
            by_hand(master, out, given.seconds)
        return
    with tempfile.TemporaryDirectory(prefix="callsheet-bench-") as name:
        folder = Path(name)
        prepare(folder, given.seconds)
        costs: dict[str, list[dict[str, float]]] = {"ours": [], "by-hand": []}
        for _ in range(given.rounds):
            for side, found in costs.items():
                command = [sys.executable, "-m", "benchmarks.renditions", "--side", side, "--folder", name]
                cost = measured([*command, "--seconds", str(given.seconds)], cwd=ROOT)
                found.append({"cpu": cost.cpu, "wall": cost.wall, "memory": cost.memory})
        rows = {
            side: {
                "cpu_seconds": round(statistics.median(one["cpu"] for one in found), 1),
                "wall_seconds": round(min(one["wall"] for one in found), 1),
                "megabytes": round(max(one["memory"] for one in found)),
            }
            for side, found in costs.items()
        }
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
