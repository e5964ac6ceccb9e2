"""Clips as they come from anywhere: each is made to fit, and shows the right pictures, or is refused in one line."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from callsheet.errors import MediaError
from callsheet.media import ffmpeg
from callsheet.media.assemble import assemble
from callsheet.media.cut import ClipFile, cut
from callsheet.media.index import Source, measure
from callsheet.media.probe import probe
from callsheet.media.segments import Picture
from callsheet.media.wave import read_sound
from callsheet.timeline import Shot, Timeline
from tests.media.coded import BLACK, HEIGHT, WHITE, WIDTH, coded, fields, read
from tests.media.conftest import luma

FIRST, FRAMES = 5, 24
MIDDLE = (BLACK + WHITE) / 2
X264 = "-c:v libx264 -preset ultrafast -crf 8"
PQ = "setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc:range=tv"
HLG = PQ.replace("smpte2084", "arib-std-b67")


def same(frame: int) -> int:
    return frame


# How the clip is made from 60 numbered pictures with a tone, what it is called, and which picture a frame shows.
FITS: dict[str, tuple[str, str, Callable[[int], int]]] = {
    "no sound": ("-an -c:v copy", "a.mp4", same),
    "odd sides": (f"-vf scale=161:97,format=yuv444p {X264}", "a.mp4", same),
    "4K": (f"-t 1.2 -vf scale=3840:2304 {X264}", "a.mp4", same),
    "10 bit": (f"-vf format=yuv420p10le {X264}", "a.mp4", same),
    "10 bit HEVC": ("-vf format=yuv420p10le -c:v libx265 -preset ultrafast -x265-params log-level=0", "a.mp4", same),
    "PQ": (f"-vf format=yuv420p10le,{PQ} {X264}", "a.mp4", same),
    "HLG": (f"-vf format=yuv420p10le,{HLG} {X264}", "a.mp4", same),
    "full range": (f"-vf scale=out_range=pc,format=yuvj420p {X264} -color_range pc", "a.mp4", same),
    "uneven times": (
        f"-vf select=not(eq(mod(n\\,7)\\,3)+eq(mod(n\\,7)\\,4)) -fps_mode vfr {X264}",
        "a.mp4",
        lambda n: n - {3: 1, 4: 2}.get(n % 7, 0),
    ),
    "uneven times in Matroska": (
        f"-vf select=not(eq(mod(n\\,7)\\,3)) -fps_mode vfr {X264}",
        "a.mkv",
        lambda n: n - {3: 1}.get(n % 7, 0),
    ),
    "upright camera": (f"-vf transpose=clock {X264} -metadata:s:v x=y", "turn.mp4", same),
    "interlaced": (
        f"-vf tinterlace=interleave_top,setfield=tff {X264} -flags +ildct+ilme -x264opts tff=1",
        "a.mp4",
        lambda n: n // 2 * 2,
    ),
    "begins at five seconds": ("-c copy -output_ts_offset 5", "a.ts", same),
    "begins late in Matroska": ("-c copy -output_ts_offset 2.5", "a.mkv", same),
    "begins before zero": ("-c copy -output_ts_offset -0.5 -avoid_negative_ts disabled", "a.ts", same),
    "Matroska called MP4": ("-c copy -f matroska", "a.mp4", same),
    "open groups": ("-c:v libx264 -x264-params open-gop=1:keyint=12:scenecut=0 -bf 3", "a.mp4", same),
    "AV1 in WebM": ("-an -c:v libsvtav1 -preset 12 -crf 20 -svtav1-params lp=1", "a.webm", same),
}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60 numbered pictures at 30 frames/s, a key picture every 15, with a tone."""
    folder = tmp_path_factory.mktemp("base")
    silent = coded(folder / "silent.mp4", 3, 60, ours=True)
    out = folder / "base.mp4"
    tone = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000:duration=2"]
    ffmpeg.run_sync(["-i", str(silent.path), *tone, "-c:v", "copy", "-c:a", "aac", str(out)], timeout=30)
    return out


def made(base: Path, how: str, out: Path) -> Path:
    ffmpeg.run_sync(["-i", str(base), *how.split(), str(out)], timeout=60)
    if out.name != "turn.mp4":
        return out
    turned = out.with_name("turned.mp4")
    ffmpeg.run_sync(["-display_rotation", "90", "-i", str(out), "-c", "copy", str(turned)], timeout=30)
    return turned


def assembled(source: Source, out: Path, frames: int) -> Path:
    timeline = Timeline(
        name="x", width=WIDTH, height=HEIGHT, shots=(Shot(clip="x", source_in=FIRST, frames=frames, fit="cover"),)
    )
    sound = out / "mix.wav"
    silence = ["-f", "lavfi", "-i", "anullsrc=r=48000:cl=stereo", "-t", str(timeline.seconds), str(sound)]
    ffmpeg.run_sync(silence, timeout=30)
    asyncio.run(assemble(Picture(timeline, {"x": source}, Path("/none")), out / "m.mp4", sound=sound, work=out))
    return out / "m.mp4"


@pytest.mark.parametrize("name", FITS)
def test_every_picture_of_an_odd_clip(name: str, base: Path, tmp_path: Path) -> None:
    how, called, picture = FITS[name]
    source = measure(made(base, how, tmp_path / called))
    master = assembled(source, tmp_path, FRAMES)
    found = probe(master)
    assert (found.frames, found.color_transfer, found.pix_fmt) == (FRAMES, "bt709", "yuv420p")
    seen = read(luma(master, WIDTH, HEIGHT))
    # A white of 10,000 cd/m2 and one of 100 both end as a white that is clearly none of the blacks.
    for frame in range(FRAMES):
        wanted = fields(3, picture(FIRST + frame)) > MIDDLE
        alike = (seen[frame] > MIDDLE) == wanted
        # The lowest bit is always 0 in one field and 1 in the other: nothing tells it from a fine pattern that stands.
        alike[0, 0] |= bool(source.index and source.index.interlaced)
        assert alike.all(), (frame, seen[frame])
    assert seen.max() - seen.min() > 140


def test_what_can_not_be_cut_is_refused_in_a_line(base: Path, tmp_path: Path) -> None:
    def refused(name: str, content: bytes, words: str) -> None:
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(MediaError, match=words) as error:
            measure(path)
        assert "\n" not in str(error.value)
        assert name in str(error.value)

    fast = tmp_path / "fast.mp4"
    ffmpeg.run_sync(["-i", str(base), "-c", "copy", "-movflags", "+faststart", str(fast)], timeout=30)
    whole = fast.read_bytes()
    refused("empty.mp4", b"", "not a video that plays")
    refused("page.mp4", b"<html>402 Payment Required</html>", "not a video that plays")
    refused("cut.mp4", whole[: len(whole) * 6 // 10], r"is cut off, \d+ of 60 pictures are there")
    refused("head.mp4", whole[:1000], "not a video that plays|no picture can be decoded|cut off")
    refused("list.mp4", b"ffconcat version 1.0\nfile base.mp4\n", "not")
    refused("list.m3u8", b"#EXTM3U\n#EXTINF:2,\nbase.mp4\n#EXT-X-ENDLIST\n", "not")
    refused("half.png", b"\x89PNG\r\n\x1a\n" + bytes(20), "not an image that can be read")
    sound = tmp_path / "sound.mp4"
    ffmpeg.run_sync(["-i", str(base), "-vn", "-c", "copy", str(sound)], timeout=30)
    refused("sound.mp4", sound.read_bytes(), "has no picture")
    with pytest.raises(MediaError, match="there is no such file"):
        measure(tmp_path / "absent.mp4")


SOUNDS = {
    "in step": "",
    "picture late": "late",
    "sound late": "sound",
    "mono at 8 kHz": "-ar 8000 -ac 1",
    "5.1": "-ac 6",
}


@pytest.fixture(scope="module")
def in_step(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Timeline]:
    """A whole cut of clips that flash and click together on their frame 20, each put together in another way."""
    folder = tmp_path_factory.mktemp("sounds")
    flash = "color=black:s=160x96:r=30:d=2,drawbox=color=white:t=fill:enable=eq(n\\,20)"
    click = "aevalsrc=0.8*between(t\\,2/3\\,2/3+0.02)*sin(6000*t):s=48000:d=2"
    picture, heard = folder / "p.mp4", folder / "s.wav"
    ffmpeg.run_sync(["-f", "lavfi", "-i", flash, *X264.split(), "-pix_fmt", "yuv420p", str(picture)], timeout=30)
    ffmpeg.run_sync(["-f", "lavfi", "-i", click, str(heard)], timeout=30)
    clips: dict[str, ClipFile] = {}
    for name, how in SOUNDS.items():
        path = folder / f"{name.replace(' ', '-')}.mkv"
        args = ["-i", str(picture), "-i", str(heard), "-map", "0:v", "-map", "1:a"]
        if how == "late":
            # The sound runs for 0.5 s before the first picture.
            args = ["-itsoffset", "0.5", "-i", str(picture), "-i", str(heard), "-map", "0:v", "-map", "1:a"]
            args += ["-af", "adelay=500:all=1"]
        elif how == "sound":
            # The file's sound begins 0.4 s after its picture.
            args += ["-af", "atrim=start=0.4"]
        else:
            args += how.split()
        ffmpeg.run_sync([*args, "-c:v", "copy", "-c:a", "pcm_s16le", str(path)], timeout=30)
        clips[name] = ClipFile(path, f"file:{path.name}")
    timeline = Timeline(
        name="In step", width=160, height=96, shots=tuple(Shot(clip=name, source_in=3, frames=50) for name in SOUNDS)
    )
    asyncio.run(cut(timeline, clips, folder / "out"))
    return folder / "out", timeline


@pytest.mark.parametrize("number", range(len(SOUNDS)))
def test_picture_and_sound_stay_in_step(number: int, in_step: tuple[Path, Timeline]) -> None:
    out, timeline = in_step
    start = timeline.starts()[number]
    light = luma(out / "master.mp4", 160, 96).mean(axis=(1, 2))[start : start + 50]
    assert int(light.argmax()) == 17
    heard = np.abs(read_sound(out / "master.mp4", timeline.seconds)).max(axis=1)
    clip = heard[start * 1600 : (start + 50) * 1600]
    first = np.flatnonzero(clip > clip.max() / 3)[0] / 1600
    assert clip.max() > 0.02
    assert first == pytest.approx(17, abs=1), list(SOUNDS)[number]
