"""What a work is divided into, and the things that are laid over or put between its shots."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections import Counter
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from callsheet.errors import MediaError
from callsheet.media import ffmpeg
from callsheet.media.assemble import assemble, muxed
from callsheet.media.cut import ClipFile, cut
from callsheet.media.index import Index, Source, measure
from callsheet.media.lettering import title_script
from callsheet.media.runs import arguments, runs
from callsheet.media.segments import Picture, plan
from callsheet.media.splice import Piece, splice
from callsheet.media.window import window
from callsheet.timeline import Card, Mark, Shot, Timeline, Title, Transition
from tests.media.conftest import luma, y_of
from tests.media.make_goldens import SOURCES

FONTS = Path("/fonts")
DISSOLVE = Transition(kind="dissolve", frames=12)


def work(*shots: Shot | Card, **more: object) -> Timeline:
    return Timeline.model_validate({"name": "x", "width": 320, "height": 180, "shots": shots, **more})


def copyable(parameters: str, *keys: int) -> Source:
    """A clip of 60 frames in the master's form."""
    one = Fraction(1, 30)
    return Source(
        Path("/clips/own.mp4"),
        SOURCES["ramp"].probe,
        Index(60, Fraction(0), Fraction(0), one, even=True, keys=keys, parameters=parameters),
    )


def test_a_work_is_divided_where_its_pictures_change() -> None:
    timeline = work(
        Shot(clip="ramp", frames=50),
        Shot(clip="dark", frames=45, transition=DISSOLVE),
        titles=(Title(text="T", start=10, frames=15),),
        marks=(Mark(image="square", start=60),),
    )
    spans = [(segment.start, segment.frames, segment.shows) for segment in plan(Picture(timeline, SOURCES, FONTS))]
    assert spans == [
        (0, 10, ("ramp",)),
        (10, 15, ("ramp",)),
        (25, 13, ("ramp",)),
        (38, 12, ("ramp", "dark")),
        (50, 10, ("dark",)),
        (60, 23, ("dark",)),
    ]


def test_no_segment_opens_more_than_two_clips_however_long_the_work() -> None:
    shots = [Shot(clip="ramp", frames=40, transition=DISSOLVE if number else None) for number in range(60)]
    segments = plan(Picture(work(*shots), SOURCES, FONTS))
    assert len(segments) == 119
    assert max(segment.arguments.count("-i") for segment in segments) == 2
    assert sum(segment.frames for segment in segments) == 60 * 40 - 59 * 12


def test_what_is_read_from_one_shot_is_made_by_one_run() -> None:
    timeline = work(
        Shot(clip="ramp", frames=50),
        Shot(clip="dark", frames=45, transition=DISSOLVE),
        Shot(clip="dark", source_in=5, frames=20),
        Shot(clip="light", frames=20, hold=True),
        Shot(clip="ramp", frames=20, transition=DISSOLVE),
        titles=(Title(text="T", start=10, frames=15), Title(text="U", start=52, frames=8)),
    )
    scripts = (title_script(timeline) or "",)
    segments = plan(Picture(timeline, SOURCES, FONTS, scripts=scripts))
    made = [[(part.start, part.frames) for part in together] for together in runs(segments)]
    assert made == [
        [(0, 10), (10, 15), (25, 13)],
        [(38, 12)],  # three encoders are enough for one run
        [(50, 2), (52, 8), (60, 23)],
        [(83, 20)],  # the same clip, but from elsewhere
        [(103, 8)],
        [(111, 12)],  # a held picture is not read on
        [(123, 8)],
    ]
    together = runs(segments[2:4])[0]
    told = arguments(together, [Path("a.mp4"), Path("b.mp4")])
    assert [told[at + 1] for at, word in enumerate(told) if word == "-i"] == ["/clips/ramp.mp4", "/clips/dark.mp4"]
    assert [told[at + 1] for at, word in enumerate(told) if word == "-map"] == ["[picture-0]", "[picture-1]"]
    # With a filter graph for each, ffmpeg's scheduler could stop them all.
    (graph,) = (told[at + 1] for at, word in enumerate(told) if word == "-filter_complex")
    assert graph.startswith("[0:v]split=2[clip0][clip1];[clip0]")
    unlabelled = re.sub(r"\[[^]]*\]", "", graph).removeprefix("split=2;")
    assert unlabelled == ";".join(re.sub(r"\[[^]]*\]", "", part.graph) for part in together)
    # Each label is written once and read once; the clip's input and the pictures are the ends.
    labels = Counter(re.findall(r"\[([^]]*)\]", graph))
    assert {label for label, count in labels.items() if count == 1} == {"0:v", "1:v", "picture-0", "picture-1"}
    assert max(labels.values()) == 2
    # What was kept in between, and so is not made, parts the others.
    assert runs([segments[0], segments[2]]) == [[segments[0]], [segments[2]]]


def test_inputs_and_scripts_are_numbered_over_a_whole_run() -> None:
    timeline = work(
        Shot(clip="ramp", frames=60),
        titles=(Title(text="T", start=10, frames=15), Title(text="U", start=25, frames=35)),
        marks=(Mark(image="square"),),
    )
    segments = plan(Picture(timeline, SOURCES, FONTS, scripts=(title_script(timeline) or "",)))
    told = arguments(segments, [Path(f"{number}.mp4") for number in range(3)])
    assert [told[at + 1] for at, word in enumerate(told) if word == "-i"] == [
        "/clips/ramp.mp4",
        *["/clips/square.mp4"] * 3,
    ]
    graph = told[told.index("-filter_complex") + 1]
    assert re.findall(r"\[(\d):v\]", graph) == ["0", "1", "2", "3"]
    assert re.findall(r"words-(\d)", graph) == ["0", "1"]


def test_copies_are_of_whole_groups_and_of_one_kind() -> None:
    timeline = work(Shot(clip="own", source_in=5, frames=50), Shot(clip="dark", frames=30))

    def copies(parameters: str, house: str, *keys: int, of: Timeline = timeline) -> list[tuple[int, int]]:
        sources = {**SOURCES, "own": copyable(parameters, *keys)}
        segments = plan(Picture(of, sources, FONTS, house=house))
        assert sum(segment.frames for segment in segments) == of.frames
        return [(segment.start, segment.frames) for segment in segments if segment.copied]

    assert copies("p", "p", 0, 15, 30, 45) == [(10, 30)]
    assert copies("p", "other", 0, 15, 30, 45) == []
    assert copies("p", "p", 0, 30) == []  # one key picture in the shot: no whole group
    # Nothing is encoded: then it matters only that all are alike.
    whole = work(Shot(clip="own", source_in=15, frames=45), Shot(clip="own", frames=30))
    assert copies("p", "", 0, 15, 30, 45, of=whole) == [(0, 45), (45, 30)]
    # What is drawn over, slowed, held or marked can't be copied.
    title = work(Shot(clip="own", frames=60), titles=(Title(text="T", start=0, frames=60),))
    slow = work(Shot(clip="own", frames=60, source_frames=30))
    held = work(Shot(clip="own", frames=60, hold=True))
    marked = work(Shot(clip="own", frames=60), marks=(Mark(image="square"),))
    for timeline_ in (slow, held, marked):
        assert copies("p", "p", 0, 15, 30, 45, of=timeline_) == []
    script = "Dialogue: 0,0:00:00.00,0:00:02.00,Words,,0,0,0,,T\n"
    sources = {"own": copyable("p", 0, 15, 30, 45)}
    assert not any(s.copied for s in plan(Picture(title, sources, FONTS, scripts=(script,), house="p")))


def test_words_are_the_same_wherever_their_shot_stands() -> None:
    def script(start: int, end: int) -> str:
        times = [f"0:00:{frame * 100 // 30 // 100:02}.{frame * 100 // 30 % 100:02}" for frame in (start, end)]
        return f"[Events]\nDialogue: 2,{times[0]},{times[1]},Words,,0,0,0,,Words, and more\n"

    early = window(script(20, 50), 10, 30, 30)
    for moved in range(1, 60):
        assert window(script(20 + moved, 50 + moved), 10 + moved, 30, 30) == early
    assert early
    assert early.first == 0
    assert early.script.splitlines()[-1] == "Dialogue: 2,0:00:00.33,0:00:01.33,Words,,0,0,0,,Words, and more"
    # A segment that begins in the middle of the words begins in the middle of their script.
    assert (later := window(script(20, 50), 35, 10, 30))
    assert later.first == 15
    assert window(script(20, 50), 50, 10, 30) is None
    assert window(script(20, 50), 10, 10, 30) is None


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Source]:
    """``logo`` white with a transparent left half · ``card`` grey 80 · ``photo`` a JPEG, grey 160."""
    folder = tmp_path_factory.mktemp("images")
    logo = np.full((50, 100, 4), 255, np.uint8)
    logo[:, :50, 3] = 0
    Image.fromarray(logo).save(folder / "logo.png")
    Image.fromarray(np.full((180, 320, 3), 80, np.uint8)).save(folder / "card.png")
    Image.fromarray(np.full((400, 400, 3), 160, np.uint8)).save(folder / "photo.jpg", quality=95)
    return {
        name: measure(folder / file)
        for name, file in (("logo", "logo.png"), ("card", "card.png"), ("photo", "photo.jpg"))
    }


def made(picture: Picture, out: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    timeline = picture.timeline
    sound = out / "mix.wav"
    silence = ["-f", "lavfi", "-i", "anullsrc=r=48000:cl=stereo", "-t", str(timeline.seconds), str(sound)]
    ffmpeg.run_sync(silence, timeout=30)
    asyncio.run(assemble(picture, out / "m.mp4", sound=sound, work=out))
    seen = luma(out / "m.mp4")
    assert len(seen) == timeline.frames
    return seen


def test_cards_gaps_images_and_marks_are_seen(
    clips: dict[str, Source], images: dict[str, Source], tmp_path: Path
) -> None:
    timeline = work(
        Card(card="gap", layout="blank", frames=8),
        Card(card="words", layout="title", frames=8),
        Card(
            card="red", layout="blank", background="#FF0000", frames=8, transition=Transition(kind="dissolve", frames=4)
        ),
        Shot(clip="photo", frames=10),
        Shot(clip="photo", frames=6, fit="cover"),
        Shot(clip="dark", frames=10),
        marks=(Mark(image="logo", corner="bottom_left", size=0.5, opacity=0.5, start=40),),
    )
    seen = made(Picture(timeline, {**clips, **images}, FONTS, cards={"words": images["card"]}), tmp_path)
    level = seen.mean(axis=(1, 2))
    assert level[:8] == pytest.approx([16.0] * 8, abs=1)
    assert level[8:12] == pytest.approx([y_of(80)] * 4, abs=2)
    # Pure red is a luma of 0.2126 by BT.709, and would be 0.299 by BT.601.
    assert level[17] == pytest.approx(16 + 219 * 0.2126, abs=2)
    assert seen[25][:, 150:170].mean() == pytest.approx(y_of(160), abs=2)
    assert seen[25][:, :40].mean() < y_of(160) - 20
    assert seen[31].mean() == pytest.approx(y_of(160), abs=2)
    # The mark: 90 of 180 lines wide, in the safe area, half of it clear, the rest half of white and half of dark.
    assert level[39] == pytest.approx(y_of(50), abs=2)
    for frame in seen[40:]:
        assert frame[130:168, 66:104].mean() == pytest.approx((y_of(50) + y_of(255)) / 2, abs=4)
        assert frame[130:168, 18:56].mean() == pytest.approx(y_of(50), abs=2)
        assert frame[:120].mean() == pytest.approx(y_of(50), abs=2)
    with pytest.raises(MediaError, match="card words: there is nobody to draw the layout title"):
        plan(Picture(timeline, {**clips, **images}, FONTS))


@pytest.mark.parametrize("frames", [30, 31, 61, 110])
def test_what_stands_still_is_encoded_for_a_second_and_shown_for_as_long_as_it_stands(
    clips: dict[str, Source], images: dict[str, Source], tmp_path: Path, frames: int
) -> None:
    logo = Mark(image="logo", corner="bottom_left", size=0.5, start=0)
    timeline = work(
        Shot(clip="ramp", frames=20), Card(card="words", layout="title", frames=frames), Shot(clip="dark", frames=20),
        marks=(logo,),
    )  # fmt: skip
    picture = Picture(timeline, {**clips, **images}, FONTS, cards={"words": images["card"]})
    assert [segment.encoded for segment in plan(picture)] == [20, 30, 20]
    seen = made(picture, tmp_path)
    assert np.ptp(seen[20 : 20 + frames], axis=0).max() <= 1  # levels, in every pixel: nothing breathes
    assert seen[20][:100].mean() == pytest.approx(y_of(80), abs=1)
    assert seen[20 + frames][:100].mean() == pytest.approx(y_of(50), abs=2)
    # Every picture is decoded by a decoder that forgives nothing.
    ffmpeg.run_sync(["-xerror", "-err_detect", "explode", "-i", str(tmp_path / "m.mp4"), "-f", "null", "-"], timeout=60)


def test_pictures_are_not_left_off_where_others_refer_to_them(tmp_path: Path) -> None:
    moving = tmp_path / "moving.mp4"
    source = ["-f", "lavfi", "-i", "testsrc2=s=320x180:r=30:d=1", "-c:v", "libx264", "-bf", "2", str(moving)]
    ffmpeg.run_sync(source, timeout=30)
    with pytest.raises(MediaError, match="can't be left off before picture 2"):
        splice([Piece(moving, 2)], 30, tmp_path / "a.mp4")


def test_pieces_with_other_settings_or_too_few_pictures_are_not_joined(
    clips: dict[str, Source], tmp_path: Path
) -> None:
    dark, square = clips["dark"].path, clips["square"].path
    with pytest.raises(MediaError, match="other decoder settings"):
        splice([Piece(dark, 45), Piece(square, 45)], 30, tmp_path / "a.mp4")
    with pytest.raises(MediaError, match="45 pictures where 46 are needed"):
        splice([Piece(dark, 46)], 30, tmp_path / "a.mp4")
    with pytest.raises(MediaError, match="can't be cut at picture 7"):
        splice([Piece(dark, 10, 7)], 30, tmp_path / "a.mp4")


def test_metadata_and_its_flags_go_into_the_master() -> None:
    given = ["-movflags", "+use_metadata_tags+faststart", "-metadata", "AIGC={}"]
    args = muxed(Path("p.mp4"), Path("m.wav"), work(Shot(clip="a", frames=1)), given, Path("o.mp4"))
    assert args.count("-movflags") == 1
    assert args[args.index("-movflags") + 1] == "+faststart+use_metadata_tags"
    assert args[args.index("-metadata") + 1] == "AIGC={}"


async def test_a_cut_that_is_cancelled_leaves_no_process_and_no_file(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    source = ["-f", "lavfi", "-i", "testsrc2=s=320x180:r=30:d=10", "-preset", "ultrafast", str(clip)]
    await asyncio.to_thread(ffmpeg.run_sync, source, timeout=30)
    timeline = work(Shot(clip="clip", frames=300), width=1920, height=1080)
    reached = asyncio.Event()
    out = tmp_path / "out"

    def tell(done: float) -> None:
        if done > 0.31:  # some of the picture is there
            reached.set()

    task = asyncio.create_task(
        cut(timeline, {"clip": ClipFile(clip, "")}, out, on_progress=tell, cache=tmp_path / "kept")
    )
    waiting = asyncio.create_task(reached.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED, timeout=120)
    assert reached.is_set()
    assert _children()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert task.cancelled()
    assert not _children()
    assert not [path for path in out.rglob("*") if path.name.startswith(".") or path.suffix == ".mp4"]
    assert not list((tmp_path / "kept").glob(".*"))


def _children() -> list[str]:
    found = []
    for listed in Path("/proc/self/task").glob("*/children"):
        for child in listed.read_text().split():
            with contextlib.suppress(OSError):
                found.append(Path(f"/proc/{child}/comm").read_text().strip())
    return [name for name in found if name.startswith("ffmpeg")]
