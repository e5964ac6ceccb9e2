"""The rival: the cut of benchmarks/cut.py in MoviePy 2, in the form that costs it least. Runs in .venv-bench.

.venv-bench/bin/python benchmarks/moviepy_cut.py ORDER.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from moviepy import (
    AudioFileClip,
    CompositeAudioClip,
    CompositeVideoClip,
    TextClip,
    VideoFileClip,
)
from moviepy.audio.fx import MultiplyVolume
from moviepy.video.fx import CrossFadeIn, CrossFadeOut


def main() -> None:
    order = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    fps, overlap = order["fps"], order["overlap"] / order["fps"]
    clips = [VideoFileClip(path) for path in order["clips"]]
    # One composite for everything: `concatenate_videoclips` inside it would compose each picture twice.
    layers = []
    at = 0.0
    for clip in clips:
        layers.append(clip.with_start(at).with_effects([CrossFadeIn(overlap)] if layers else []))
        at += clip.duration - overlap
    title = order["title"]
    for text, size, place in ((title["text"], 0.11, 0.64), (title["subtitle"], 0.05, 0.75)):
        words = TextClip(
            font=order["font"],
            text=text,
            font_size=int(order["height"] * size),
            color="white",
            stroke_color="black",
            stroke_width=2,
            margin=(20, 20),
        )
        seconds = title["frames"] / fps
        words = words.with_start(title["start"] / fps).with_duration(seconds)
        layers.append(
            words.with_position(("center", place), relative=True).with_effects([CrossFadeIn(0.4), CrossFadeOut(0.1)])
        )
    seconds = order["frames"] / fps
    voice = AudioFileClip(order["voice"]).with_start(order["voice_start"])
    music = AudioFileClip(order["music"]).with_effects([MultiplyVolume(0.2)])
    whole = CompositeVideoClip(layers, size=(order["width"], order["height"])).with_duration(seconds)
    whole = whole.with_audio(CompositeAudioClip([music, voice]).with_duration(seconds))
    whole.write_videofile(
        order["out"],
        fps=fps,
        codec="libx264",
        preset=order["preset"],
        audio_codec="aac",
        audio_bitrate="192k",
        audio_fps=48_000,
        threads=2,
        ffmpeg_params=order["encoder"],
        logger=None,
    )


main()
