"""Every frame of the master is the picture that the timeline asks for, whichever way its segment was made."""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from callsheet.media import ffmpeg
from callsheet.media.assemble import Effort, assemble
from callsheet.media.edl import edl
from callsheet.media.ffmpeg import BT709
from callsheet.media.fonts import fonts_dir
from callsheet.media.index import Source, measure
from callsheet.media.lettering import title_script
from callsheet.media.probe import probe
from callsheet.media.segments import Picture, encoder, plan
from callsheet.media.shelf import Shelf
from callsheet.timeline import Card, Shot, Timeline, Title, Transition, timecode_to_frames
from tests.media.coded import BLACK, HEIGHT, WHITE, WIDTH, coded, expected, fields, layers, read
from tests.media.conftest import luma

NEAR = 24.0  # of 219 steps between black and white
CODES = {
    "a": (1, 90, 30),
    "b": (2, 90, 30),
    "c": (4, 90, 30),
    "film": (8, 60, 24),
    "fast": (11, 120, 60),
    "still": (5, 1, 1),
}

DISSOLVE, FADE, WIPE = (
    Transition(kind="dissolve", frames=12),
    Transition(kind="fade", frames=10),
    Transition(kind="wipe", frames=8),
)
WORK = Timeline(
    name="Every frame",
    width=WIDTH,
    height=HEIGHT,
    timecode_start="01:00:00:00",
    shots=(
        Shot(clip="a", source_in=7, frames=50),
        Shot(clip="b", frames=60, transition=DISSOLVE),
        Shot(clip="a", source_in=15, frames=45),
        Shot(clip="c", source_in=3, frames=20, source_frames=40),
        Shot(clip="b", source_in=20, frames=40, source_frames=20, transition=WIPE),
        Shot(clip="c", source_in=11, frames=21, source_frames=33),
        Card(card="gap", layout="blank", frames=9),
        Shot(clip="film", source_in=8, frames=30),
        Shot(clip="fast", source_in=5, frames=40, source_frames=20, transition=FADE),
        Shot(clip="fast", source_in=2, frames=20),
        Shot(clip="c", source_in=44, frames=15, hold=True),
        Shot(clip="film", source_in=3, frames=19, source_frames=37),
        Shot(clip="still", frames=12, transition=Transition(kind="dissolve", frames=4)),
        Shot(clip="a", source_in=1, frames=80),
        Shot(clip="b", source_in=86, frames=7),
    ),
)


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Source]:
    """Clips of which nothing can be copied."""
    folder = tmp_path_factory.mktemp("foreign")
    made = {name: coded(folder / f"{name}.mp4", *CODES[name]) for name in ("a", "b", "c", "film")}
    made["fast"] = coded(folder / "fast.mkv", *CODES["fast"])
    still = folder / "still.png"
    grey = np.kron((fields(5, 0) - BLACK) * 255 / (WHITE - BLACK), np.ones((HEIGHT // 4, WIDTH // 4)))
    Image.fromarray(grey.astype(np.uint8)).convert("RGB").save(still)
    return {**made, "still": measure(still)}


@pytest.fixture(scope="module")
def ours(foreign: dict[str, Source], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Source]:
    """The same, but three are in the master's own form."""
    folder = tmp_path_factory.mktemp("ours")
    made = {name: coded(folder / f"{name}.mp4", *CODES[name], ours=True) for name in ("a", "b", "c")}
    return {**foreign, **made}


def make(timeline: Timeline, clips: dict[str, Source], out: Path, shelf: Shelf | None = None) -> Effort:
    out.mkdir()
    sound = out / "mix.wav"
    silence = ["-f", "lavfi", "-i", "anullsrc=r=48000:cl=stereo", "-t", str(timeline.seconds), str(sound)]
    ffmpeg.run_sync(silence, timeout=30)
    script = title_script(timeline)
    picture = Picture(timeline, clips, fonts_dir(), scripts=(script,) if script else ())
    return asyncio.run(assemble(picture, out / "master.mp4", sound=sound, work=out, shelf=shelf))


def check(timeline: Timeline, out: Path) -> None:
    """Look at every frame: those of one shot and those of a dissolve exactly, the others' pictures one by one."""
    seen = read(luma(out / "master.mp4", WIDTH, HEIGHT))
    assert len(seen) == timeline.frames == probe(out / "master.mp4").frames
    for frame, found in enumerate(seen):
        there = [(number, expected(timeline, CODES, number, own)) for number, own in layers(timeline, frame)]
        (_, old), (last, new) = there[0], there[-1]
        shot = timeline.shots[last]
        part = (frame - timeline.starts()[last]) / shot.overlap if len(there) == 2 else 1.0
        if len(there) == 1 or (shot.transition and shot.transition.kind == "dissolve"):
            assert np.abs(found - (old * (1 - part) + new * part)).max() < NEAR, (frame, found, old, new)
        elif shot.transition and shot.transition.kind == "wipe":
            # Each field shows one picture, the other, or something between.
            assert (found > np.minimum(old, new) - NEAR).all(), frame
            assert (found < np.maximum(old, new) + NEAR).all(), frame
        else:
            # Through black, which is not blacker than black: the picture is that of one shot, darker.
            assert (found > BLACK - 2).all(), frame
            picture = old if part < 0.2 else new
            assert (found[picture == BLACK] < BLACK + NEAR).all(), frame
            assert part > 0 or (found[picture == WHITE] > WHITE - NEAR).all(), frame
            assert part < 0.9 or (found[picture == WHITE] > (BLACK + WHITE) / 2).all(), frame


def test_every_frame_of_encoded_segments(foreign: dict[str, Source], tmp_path: Path) -> None:
    effort = make(WORK, foreign, tmp_path / "out")
    assert effort == Effort(encoded=19, copied=0, kept=0)
    check(WORK, tmp_path / "out")


def test_every_frame_where_clips_are_copied(ours: dict[str, Source], tmp_path: Path) -> None:
    effort = make(WORK, ours, tmp_path / "out")
    check(WORK, tmp_path / "out")
    copied = [segment for segment in plan(picture_of(ours)) if segment.copied]
    assert effort.copied == len(copied) == 4
    # Whole groups of fifteen pictures, of the first three shots and the last but one.
    assert [(segment.start, segment.frames, segment.copied.first) for segment in copied if segment.copied] == [
        (8, 30, 15),
        (53, 45, 15),
        (98, 45, 15),
        (361, 60, 15),
    ]


def picture_of(clips: dict[str, Source]) -> Picture:
    assert clips["a"].index
    return Picture(WORK, clips, Path("/fonts"), house=clips["a"].index.parameters)


def test_the_edit_list_names_the_pictures_that_are_seen(foreign: dict[str, Source], tmp_path: Path) -> None:
    """Every event of the EDL, checked against the master: its first record frame shows its first source frame."""
    timeline = WORK.model_copy(update={"shots": (*WORK.shots[:3], WORK.shots[13].model_copy(update={"frames": 30}))})
    make(timeline, foreign, tmp_path / "out")
    seen = read(luma(tmp_path / "out" / "master.mp4", WIDTH, HEIGHT))
    text = edl(timeline, {name: f"file:{name}.mp4" for name in foreign}, [])
    event = re.compile(r"\d{3} +(\S+) +V +(C|D +\d+) +(\S+) +(\S+) +(\S+) +(\S+)")
    checked = 0
    for line in text.splitlines():
        found = event.match(line)
        if found is None or found[3] == found[4]:
            continue
        source_in, source_out, record_in = (timecode_to_frames(code, 30) for code in found.groups()[2:5])
        record_in -= timecode_to_frames("01:00:00:00", 30)
        # A dissolve begins with nothing of the new picture: its last frame is looked at.
        at = source_out - source_in - 1 if found[2] != "C" else 0
        code = CODES["b" if "B" in found[1] else "a"][0]
        assert np.abs(seen[record_in + at] - fields(code, source_in + at)).max() < NEAR, line
        checked += 1
    assert checked >= 4


def test_only_what_has_changed_is_encoded_again(foreign: dict[str, Source], tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "shelf")
    title = Title(text="Aurora", start=200, frames=30)
    first = WORK.model_copy(update={"titles": (title,)})
    all_of_it = make(first, foreign, tmp_path / "first", shelf)
    assert (all_of_it.kept, all_of_it.copied) == (0, 0)
    again = make(first, foreign, tmp_path / "again", shelf)
    assert again == Effort(encoded=0, copied=0, kept=all_of_it.encoded)
    whole = (tmp_path / "first" / "master.mp4").read_bytes()
    assert (tmp_path / "again" / "master.mp4").read_bytes() == whole

    # Another in-point of the first shot: its own frames, and the dissolve out of it.
    shots = (WORK.shots[0].model_copy(update={"source_in": 9}), *WORK.shots[1:])
    moved = first.model_copy(update={"shots": shots})
    assert make(moved, foreign, tmp_path / "moved", shelf).encoded == 2
    # Other words: the segments under the title.
    words = first.model_copy(update={"titles": (title.model_copy(update={"text": "Borealis"}),)})
    under = sum(1 for segment in plan(Picture(words, foreign, Path("/f"))) if 200 <= segment.start < 230)
    assert make(words, foreign, tmp_path / "words", shelf).encoded == under
    # A shot more at the front: that shot, though every other one now stands elsewhere.
    later = title.model_copy(update={"start": 211})
    longer = first.model_copy(update={"shots": (Shot(clip="c", frames=11), *WORK.shots), "titles": (later,)})
    assert make(longer, foreign, tmp_path / "longer", shelf).encoded == 1
    # The shelf changes nothing but the time: without it the bytes are the same.
    make(longer, foreign, tmp_path / "fresh")
    fresh = (tmp_path / "fresh" / "master.mp4").read_bytes()
    assert (tmp_path / "longer" / "master.mp4").read_bytes() == fresh

    # What was damaged on the disk is made again, by itself where its neighbour is whole, and is the same.
    kept = sorted(shelf.folder.iterdir())
    damaged = kept[0].read_bytes()
    for path in kept[::2]:
        path.unlink()
        path.write_bytes(damaged[:100])
    mended = make(first, foreign, tmp_path / "mended", shelf)
    assert 0 < mended.encoded < all_of_it.encoded
    assert (tmp_path / "mended" / "master.mp4").read_bytes() == whole


def test_the_shelf_keeps_what_was_used_last(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "shelf", largest=2500)
    for age, key in enumerate(("new", "older", "oldest")):
        made = tmp_path / f"{key}.mp4"
        made.write_bytes(bytes(1000))
        shelf.keep(key, made)
        os.utime(shelf.folder / f"{key}.mp4", (1e9 - age, 1e9 - age))
    assert shelf.take("oldest", tmp_path / "taken.mp4")
    shelf.tidy()
    assert sorted(path.name for path in shelf.folder.iterdir()) == ["new.mp4", "oldest.mp4"]
    assert not shelf.take("older", tmp_path / "no.mp4")


def test_picture_and_sound_are_in_step_after_ten_minutes(tmp_path: Path) -> None:
    """A flash and a click together every 20 s, over 30 shots, some copied and some encoded."""
    shape = Timeline(name="x", fps=10, width=160, height=96, shots=(Shot(clip="x", frames=1),))
    flash = "color=black:s=160x96:r=10:d=20,drawbox=color=white:t=fill:enable=eq(n\\,100)"
    clip = tmp_path / "clip.mp4"
    args = ["-f", "lavfi", "-i", flash, "-vf", f"format=yuv420p,{BT709}", *encoder(shape), str(clip)]
    ffmpeg.run_sync(args, timeout=60)
    shots = [Shot(clip="clip", frames=200) for _ in range(30)]
    # A title makes the segment that it stands in one that is encoded.
    titles = tuple(Title(text="T", start=200 * n, frames=30) for n in range(0, 30, 5))
    timeline = shape.model_copy(update={"shots": tuple(shots), "titles": titles})
    click = "aevalsrc=0.7*between(mod(t\\,20)\\,10\\,10.01)*sin(3000*t):s=8000:d=600"
    sound, out = tmp_path / "mix.wav", tmp_path / "master.mp4"
    ffmpeg.run_sync(["-f", "lavfi", "-i", click, str(sound)], timeout=60)
    picture = Picture(timeline, {"clip": measure(clip)}, fonts_dir(), scripts=(title_script(timeline) or "",))
    effort = asyncio.run(assemble(picture, out, sound=sound, work=tmp_path))
    assert (effort.copied, effort.encoded) == (30, 6 + 6)
    flashes = np.flatnonzero(luma(out, 160, 96)[:, 40:56].mean(axis=(1, 2)) > 120)
    assert list(flashes) == [200 * n + 100 for n in range(30)]
    raw = ffmpeg.read_sync(["-i", str(out), "-ac", "1", "-ar", "8000", "-f", "f32le", "pipe:1"], timeout=60)
    loud = np.flatnonzero(np.abs(np.frombuffer(raw, np.float32)) > 0.2) / 8000
    clicks = loud[np.diff(loud, prepend=-1) > 1]
    assert clicks == pytest.approx(flashes / 10, abs=0.02)
