"""A work of cards alone, cut whole: lines come one after the other, captions are there in every language."""

from __future__ import annotations

import asyncio

import numpy as np
import pysubs2
import pytest
from PIL import Image

from callsheet.media.cut import ClipFile, CutResult, cut
from callsheet.media.pictures import frames_at
from callsheet.plan.deliverables import deliverables
from callsheet.timeline import Caption, CaptionTrack, Card, Look, Mark, Timeline, Transition

TIMELINE = Timeline(
    name="cards",
    width=320,
    height=180,
    shots=(
        Card(card="open", layout="title", heading="三件事", picture="logo", frames=30),
        Card(
            card="points",
            layout="points",
            heading="要点",
            lines=("第一件事", "第二件事", "第三件事"),
            frames=120,
            transition=Transition(kind="wipe", frames=10),
        ),
        Card(card="gap", layout="blank", frames=20, transition=Transition(kind="dissolve", frames=10)),
    ),
    marks=(Mark(image="logo", corner="bottom_left", size=0.1, opacity=1.0),),
    captions=(
        CaptionTrack(language="zh-CN", captions=(Caption(text="第一行\n第二行", start=35, frames=40),)),
        CaptionTrack(language="en-US", captions=(Caption(text="one two", start=35, frames=40),)),
    ),
    burnt="zh-CN",
    look=Look(accent="#1FC06C"),
)


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> CutResult:
    folder = tmp_path_factory.mktemp("cards")
    Image.new("RGB", (40, 20), (255, 0, 0)).save(folder / "logo.png")
    clips = {"logo": ClipFile(folder / "logo.png", "file:///logo.png")}
    return asyncio.run(cut(TIMELINE, clips, folder / "out"))


def test_the_work_is_as_long_as_its_cards(result: CutResult) -> None:
    assert result.frames == TIMELINE.frames == 150
    out = result.files["master"].parent
    assert all((out / path).is_file() for path in deliverables(TIMELINE))
    assert result.files["edl"].read_text().count("points") >= 1
    assert "points 2" not in result.files["edl"].read_text()


def test_lines_appear_in_their_order(result: CutResult) -> None:
    at = {frame: seen.astype(int) for frame, seen in frames_at(result.files["master"], [30, 76, 125], 30)}
    # White letters of the list, right of the numbers; the heading is above it.
    white = [int((at[frame][60:150, 40:200].min(axis=2) > 150).sum()) for frame in (30, 125)]
    assert white[1] > 1.5 * white[0] > 20
    green = [int(((seen[..., 1] > 150) & (seen[..., 0] < 90) & (seen[..., 2] < 150)).sum()) for seen in at.values()]
    assert green[0] < green[1] < green[2]


def test_captions_are_there_in_every_language_and_burnt_in_one(result: CutResult) -> None:
    folder = result.files["srt"].parent
    for language, words in (("zh-CN", "第一行\n第二行"), ("en-US", "one two")):
        for kind in ("srt", "vtt", "ass"):
            (event,) = pysubs2.load(str(folder / f"{language}.{kind}"))
            assert event.plaintext == words
            assert event.start == pytest.approx(35 / 30 * 1000, abs=10)
            assert event.end == pytest.approx(75 / 30 * 1000, abs=10)
    (_, before), (_, during) = frames_at(result.files["master"], [34, 40], 30)
    # Below the room of the card there is nothing but the captions.
    foot = [int((np.asarray(seen)[148:172, 110:210].min(axis=2) > 180).sum()) for seen in (before, during)]
    assert foot[0] == 0
    assert foot[1] > 10
