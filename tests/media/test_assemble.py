"""The one encoding pass: what it is told (goldens), and what really comes out of it, frame by frame."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest

from callsheet.errors import MediaError
from callsheet.media import ffmpeg
from callsheet.media.assemble import Effort, assemble
from callsheet.media.fonts import fonts_dir
from callsheet.media.index import Source, measure
from callsheet.media.lettering import title_script
from callsheet.media.probe import Probe, probe
from callsheet.media.segments import Picture, escaped
from callsheet.media.shelf import Shelf
from callsheet.timeline import Shot, Timeline
from tests.media.conftest import RAMP_FIRST, RAMP_STEP, encode, luma, plain, y_of
from tests.media.make_goldens import FOLDER, SOURCES, rendered
from tests.media.timelines import EVERY_JOINT, EVERY_SHAPE, HARD_CUTS

NEAR = 3.0  # luma steps that encoding may move a plain picture


@pytest.mark.parametrize("name", sorted(rendered()))
def test_golden(name: str) -> None:
    assert rendered()[name] == (FOLDER / name).read_text(encoding="utf-8")


def test_no_golden_is_left_over() -> None:
    kinds = (".argv.txt", ".ass", ".edl")
    assert {path.name for path in FOLDER.iterdir() if path.name.endswith(kinds)} == set(rendered())


def made(timeline: Timeline, clips: dict[str, Source], sound: Path, out: Path, *, titles: bool = False) -> Probe:
    assembled(timeline, clips, sound, out, titles=titles)
    return probe(out)


def assembled(
    timeline: Timeline,
    clips: dict[str, Source],
    sound: Path,
    out: Path,
    *,
    titles: bool = False,
    shelf: Shelf | None = None,
) -> Effort:
    script = title_script(timeline) if titles else None
    # A name with everything that means something in a filter graph.
    work = out.with_name(f"ti'tl[e]s; a,b:c {out.stem}")
    work.mkdir(exist_ok=True)
    heard = work / "mix.wav"
    ffmpeg.run_sync(["-i", str(sound), "-t", str(timeline.seconds), str(heard)], timeout=30)
    picture = Picture(timeline, clips, fonts_dir(), scripts=(script,) if script else ())
    return asyncio.run(assemble(picture, out, sound=heard, work=work, shelf=shelf))


def ramp(frame: float) -> float:
    return y_of(RAMP_FIRST + RAMP_STEP * frame)


def test_hard_cuts_fall_on_their_frames(clips: dict[str, Source], silence: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.mp4"
    found = made(HARD_CUTS, clips, silence, out)
    assert (found.frames, found.fps, found.timecode) == (90, "30/1", "00:00:00:00")
    seen = luma(out).mean(axis=(1, 2))
    expected = [ramp(10 + n) for n in range(20)] + [y_of(50)] * 15 + [y_of(200)] * 25 + [ramp(n) for n in range(30)]
    assert np.abs(seen - np.array(expected)).max() < NEAR


def test_every_joint_blends_over_its_frames(clips: dict[str, Source], silence: Path, tmp_path: Path) -> None:
    timeline = EVERY_JOINT
    out = tmp_path / "a.mp4"
    found = made(timeline, clips, silence, out)
    assert (found.frames, found.timecode) == (timeline.frames, "01:00:00:00")
    seen = luma(out)
    level = seen.mean(axis=(1, 2))
    _, dissolve, light, wipe, fade = timeline.starts()
    # The dissolve begins with nothing but the old picture and gains one twelfth with each frame.
    for n in range(12):
        assert level[dissolve + n] == pytest.approx(ramp(dissolve + n) * (1 - n / 12) + y_of(50) * n / 12, abs=NEAR)
    assert level[dissolve + 12] == pytest.approx(y_of(50), abs=NEAR)
    # The hard cut inside.
    assert level[light - 1] == pytest.approx(y_of(50), abs=NEAR)
    assert level[light] == pytest.approx(y_of(200), abs=NEAR)
    # Half-way through the wipe one side is the new picture and the other side the old one.
    middle = seen[wipe + 5]
    assert sorted([middle[:, :40].mean(), middle[:, -40:].mean()]) == pytest.approx([y_of(50), y_of(200)], abs=2 * NEAR)
    # A fade goes through black; the pictures on either side are light.
    assert level[wipe - 1] == pytest.approx(y_of(200), abs=NEAR)
    assert level[fade + 4 : fade + 11].min() < 30
    assert level[fade + 15] == pytest.approx(y_of(200), abs=NEAR)
    assert level[-1] == pytest.approx(y_of(200), abs=NEAR)


def test_every_rate_size_and_shape_is_conformed(clips: dict[str, Source], silence: Path, tmp_path: Path) -> None:
    timeline = EVERY_SHAPE
    out = tmp_path / "a.mp4"
    found = made(timeline, clips, silence, out)
    assert (found.frames, found.width, found.height, found.sample_aspect_ratio) == (timeline.frames, 320, 180, "1:1")
    seen = luma(out)
    level = seen.mean(axis=(1, 2))
    # 25 frames/s at 30: every picture is the source's nearest in time.
    for n in range(60):
        assert abs(level[n] - ramp(n * 25 / 30)) < 0.6 * RAMP_STEP * 219 / 255 + 1.0, n
    square, tall = seen[65], seen[85]
    assert square[:, 160 - 80 : 160 + 80].mean() == pytest.approx(y_of(180), abs=NEAR)
    # In front of a darker copy of itself, not of black bars.
    assert square[:, :60].mean() == pytest.approx(16 + (y_of(180) - 16) * 0.6, abs=2 * NEAR)
    assert tall[:, 150:170].mean() == pytest.approx(y_of(180), abs=NEAR)
    assert tall[:, :80].mean() == pytest.approx(16 + (y_of(180) - 16) * 0.6, abs=2 * NEAR)
    # 426x240 is nearly 16:9: it covers the frame to its corners.
    assert seen[-1][[0, 0, -1, -1], [0, -1, 0, -1]] == pytest.approx([y_of(120)] * 4, abs=NEAR)


def test_the_master_is_tagged_and_starts_fast(clips: dict[str, Source], silence: Path, tmp_path: Path) -> None:
    found = made(HARD_CUTS, clips, silence, tmp_path / "a.mp4")
    assert (found.video_codec, found.video_profile, found.pix_fmt) == ("h264", "High", "yuv420p")
    assert (found.color_primaries, found.color_transfer, found.color_matrix, found.color_range) == (
        "bt709",
        "bt709",
        "bt709",
        "tv",
    )
    assert (found.audio_codec, found.sample_rate, found.channels) == ("aac", 48_000, 2)
    assert found.faststart


def test_no_picture_is_made_for_a_sound_that_failed(clips: dict[str, Source], tmp_path: Path) -> None:
    async def with_failed_sound() -> None:
        sound: asyncio.Future[Path] = asyncio.get_running_loop().create_future()
        sound.set_exception(MediaError("the sound can't be mixed"))
        picture = Picture(EVERY_JOINT, clips, fonts_dir())
        await assemble(picture, tmp_path / "out.mp4", sound=sound, work=tmp_path)

    with pytest.raises(MediaError, match="the sound can't be mixed"):
        asyncio.run(with_failed_sound())
    assert not list(tmp_path.glob("0*.mp4"))


def test_the_same_cut_gives_the_same_bytes(clips: dict[str, Source], silence: Path, tmp_path: Path) -> None:
    for name in ("a.mp4", "b.mp4"):
        made(EVERY_JOINT, clips, silence, tmp_path / name, titles=True)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_colours_of_an_older_matrix_are_converted(silence: Path, tmp_path: Path) -> None:
    old = tmp_path / "old.mp4"
    tags = "setparams=colorspace=smpte170m:color_primaries=smpte170m:color_trc=smpte170m:range=tv"
    green = "color=0x00FF00:s=320x180:r=30:d=1,scale=out_color_matrix=bt601:out_range=tv,format=yuv420p"
    ffmpeg.run_sync(["-f", "lavfi", "-i", f"{green},{tags}", "-crf", "5", str(old)], timeout=30)
    source = measure(old)
    assert source.probe.color_matrix == "smpte170m"
    assert luma(old).mean() == pytest.approx(16 + 219 * 0.587, abs=2)
    timeline = Timeline(name="x", width=320, height=180, shots=(Shot(clip="old", frames=10),))
    made(timeline, {"old": source}, silence, tmp_path / "a.mp4")
    assert luma(tmp_path / "a.mp4").mean() == pytest.approx(16 + 219 * 0.7152, abs=3)


def test_a_clip_a_few_frames_short_is_held_and_a_shorter_one_is_refused(silence: Path, tmp_path: Path) -> None:
    short = encode(tmp_path / "short.mp4", (plain(60 + 10 * n) for n in range(12)))
    timeline = Timeline(
        name="x", width=320, height=180, shots=(Shot(clip="s", frames=15), Shot(clip="s", source_in=2, frames=13))
    )
    made(timeline, {"s": short}, silence, tmp_path / "a.mp4")
    level = luma(tmp_path / "a.mp4").mean(axis=(1, 2))
    assert len(level) == 28
    assert level[11:15] == pytest.approx([y_of(170)] * 4, abs=NEAR)
    assert level[15] == pytest.approx(y_of(80), abs=NEAR)
    assert level[24:] == pytest.approx([y_of(170)] * 4, abs=NEAR)
    longer = Timeline(name="x", width=320, height=180, shots=(Shot(clip="s", frames=16),))
    with pytest.raises(MediaError, match=r"clip s: the cut needs 16 frames .* has 12"):
        made(longer, {"s": short}, silence, tmp_path / "b.mp4")
    with pytest.raises(MediaError, match="clip s is in the cut"):
        made(longer, {}, silence, tmp_path / "b.mp4")


def test_paths_are_escaped_for_the_option_and_for_the_graph() -> None:
    assert escaped(Path("/a/b.ass")) == "/a/b.ass"
    assert escaped(Path("/a:b")) == r"/a\\:b"
    assert escaped(Path("/it's")) == r"/it\\\'s"


def test_assembling_is_pure() -> None:
    """No file of the golden sources exists, and none is looked for."""
    assert not any(source.path.exists() for source in SOURCES.values())
    assert rendered() == rendered()
