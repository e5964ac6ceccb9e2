"""Writes the goldens: ``python -m tests.media.make_goldens``. Read the difference before committing it."""

from __future__ import annotations

from pathlib import Path

from callsheet.media.assemble import muxed
from callsheet.media.edl import edl
from callsheet.media.index import Source
from callsheet.media.lettering import title_script
from callsheet.media.probe import Probe
from callsheet.media.segments import Picture, plan
from tests.media.timelines import GOLDEN

FOLDER = Path(__file__).parent / "goldens"


def _source(name: str, width: int, height: int, fps: int, frames: int, **changes: object) -> Source:
    facts: dict[str, object] = {
        "seconds": frames / fps,
        "frames": frames,
        "fps": f"{fps}/1",
        "width": width,
        "height": height,
        "sample_aspect_ratio": "1:1",
        "video_codec": "h264",
        "video_profile": "High",
        "pix_fmt": "yuv420p",
        "color_primaries": "bt709",
        "color_transfer": "bt709",
        "color_matrix": "bt709",
        "color_range": "tv",
        "audio_codec": None,
        "audio_seconds": None,
        "sample_rate": None,
        "channels": None,
        "timecode": None,
        "bytes": 1,
        "bit_rate": 1,
        "faststart": True,
    }
    return Source(Path(f"/clips/{name}.mp4"), Probe.model_validate(facts | changes))


SOURCES = {
    "ramp": _source("ramp", 320, 180, 30, 60),
    "dark": _source("dark", 320, 180, 30, 45),
    "light": _source("light", 320, 180, 30, 45),
    "film": _source("film", 320, 180, 25, 50),
    "square": _source("square", 200, 200, 30, 45, color_matrix="smpte170m"),
    "tall": _source("tall", 180, 320, 30, 45, color_range="pc", sample_aspect_ratio="4:3"),
    "other": _source("other", 426, 240, 24, 40, color_matrix="unknown", pix_fmt="yuv444p"),
}


def rendered() -> dict[str, str]:
    """The content of each golden by its file name. Paths are those of no machine."""
    files: dict[str, str] = {}
    for name, timeline in GOLDEN.items():
        script = title_script(timeline)
        picture = Picture(timeline, SOURCES, Path("/fonts"), scripts=(script,) if script else ())
        # One argument a line, and one filter chain a line, so that a difference can be read.
        lines: list[str] = []
        for segment in plan(picture):
            last = segment.start + segment.frames - 1
            lines.append(f"== {segment.start} to {last}: {', '.join(segment.shows)}")
            lines += segment.arguments or [f"copy {segment.copied}"]
        track, sound, out = Path("picture.mp4"), Path("/cut/sound.mp4"), Path("/out/master.mp4")
        lines += ["== together", *muxed(track, sound, timeline, (), out)]
        files[f"{name}.argv.txt"] = "\n".join(lines).replace(";", ";\n") + "\n"
        files[f"{name}.edl"] = edl(timeline, {clip: f"s3://clips/{clip}.mp4" for clip in SOURCES}, ["voice.wav"])
        if script:
            files[f"{name}.ass"] = script
    return files


if __name__ == "__main__":
    for file, content in rendered().items():
        (FOLDER / file).write_text(content, encoding="utf-8", newline="\n")
