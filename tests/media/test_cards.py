"""Cards: everything that is written stands in its room, in every shape, and lines come one after the other."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from callsheet.errors import MediaError
from callsheet.media.cards import Stage, Staged, draw, staged, stills
from callsheet.media.cards.canvas import Canvas, contrast, legible, rgb
from callsheet.media.cards.diagram import graph
from callsheet.media.ffmpeg import run_sync
from callsheet.timeline import Card, CardLayout, Look, Shot, Timeline, Transition

SHAPES = ((320, 180), (180, 320), (240, 240), (240, 300))
LAYOUTS = [layout for layout in get_args(CardLayout) if layout != "blank"]
WORDS = {
    "zh-CN": (
        "反向传播是怎样工作的，从损失函数到梯度",
        ("神经网络由层组成，每层做一次线性变换", "梯度指出方向", "停下来", "验证集"),
    ),
    "en-US": ("How backpropagation works, step by step", ("A network is made of layers", "Gradients", "Stop", "Test")),
}


def work(*shots: Shot | Card, size: tuple[int, int] = (320, 180), **more: object) -> Timeline:
    facts = {"name": "x", "width": size[0], "height": size[1], "shots": shots, **more}
    return Timeline.model_validate(facts)


def card(layout: CardLayout, heading: str = "", lines: tuple[str, ...] = (), **more: object) -> Card:
    return Card.model_validate(
        {"card": "c", "layout": layout, "heading": heading, "lines": lines, "frames": 90, **more}
    )


def drawn(one: Card, size: tuple[int, int], seen: int = 8, picture: Path | None = None) -> npt.NDArray[np.int_]:
    return np.asarray(draw(Stage(one, seen), work(one, size=size), picture)).astype(int)


def ground(one: Card, size: tuple[int, int]) -> npt.NDArray[np.int_]:
    """The same card without words."""
    return drawn(one.model_copy(update={"layout": "blank"}), size)


@pytest.mark.parametrize("size", SHAPES)
@pytest.mark.parametrize("language", WORDS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_is_drawn_stays_inside(layout: CardLayout, language: str, size: tuple[int, int]) -> None:
    one = card(layout, *WORDS[language])
    rows, columns = np.nonzero(np.abs(drawn(one, size) - ground(one, size)).max(axis=2) > 40)
    assert len(rows) > 200
    if layout != "chapter":  # whose field goes to the edges
        assert columns.min() >= 0.05 * size[0]
        assert columns.max() <= 0.95 * size[0]
        assert rows.min() >= 0.05 * size[1]
        assert rows.max() <= 0.95 * size[1]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.text("字词句，。 abcdefgh WXYZ", min_size=1, max_size=120), min_size=1, max_size=8),
    st.floats(20, 400),
    st.floats(20, 300),
)
def test_text_never_leaves_its_box(texts: list[str], wide: float, high: float) -> None:
    canvas = Canvas(64, 64, Look(), "en-US")
    made = canvas.set_text(texts, 60.0, (0, 0, wide, high), gap=0.3)
    assert made.em <= 2.0 or (made.height <= high and made.width <= wide)
    said = ["".join("".join(lines).split()) for lines in made.paragraphs]
    assert said == ["".join(text.split()) for text in texts]


def test_lines_come_one_after_the_other_and_the_length_stays() -> None:
    before, after = Shot(clip="a", frames=60), Shot(clip="b", frames=60, transition=Transition(kind="wipe", frames=20))
    entered = Transition(kind="dissolve", frames=10)
    one = card("points", "h", ("a", "b", "c"), transition=entered).model_copy(update={"frames": 150})
    timeline = work(before, one, after, look=Look())
    made = staged(timeline)
    assert made.timeline.frames == timeline.frames
    row = [shot for shot in made.timeline.shots if isinstance(shot, Card)]
    assert [shot.card for shot in row] == ["c", "c 2", "c 3"]
    assert [made.stages[shot.card].seen for shot in row] == [1, 2, 3]
    assert row[0].transition == entered
    Timeline.model_validate(made.timeline.model_dump())
    starts = dict(zip([shot.clip for shot in made.timeline.shots], made.timeline.starts(), strict=True))
    assert starts["c"] == timeline.starts()[1]
    assert starts["b"] == timeline.starts()[2]
    steps = [starts["c 2"] - starts["c"] - 10, starts["c 3"] - starts["c 2"]]
    assert abs(steps[0] - steps[1]) <= 10
    short = card("points", "h", ("a", "b", "c")).model_copy(update={"frames": 20})
    assert len(staged(work(short)).timeline.shots) == 1


def test_a_line_that_is_not_seen_yet_has_its_place() -> None:
    one = card("points", "Heading", ("first", "second"))
    half, whole = drawn(one, (320, 180), seen=1), drawn(one, (320, 180), seen=2)
    changed = np.nonzero(np.abs(half - whole).max(axis=2))[0]
    assert changed.min() > 65
    assert changed.max() - changed.min() < 40


def test_the_same_card_gives_the_same_bytes_and_its_colours_are_the_looks(tmp_path: Path) -> None:
    one = card("chapter", "Two", ("02",))
    timeline = work(one, look=Look(accent="#00AA55", ink="#202020", ground="#F4F4F0"))
    first, second = (tmp_path / name for name in ("a", "b"))
    for folder in (first, second):
        folder.mkdir()
        stills(staged(timeline), {}, folder)
    assert (first / "card-0.png").read_bytes() == (second / "card-0.png").read_bytes()
    made = np.asarray(Image.open(first / "card-0.png")).astype(int)
    assert np.abs(made[90, 5] - (0, 0xAA, 0x55)).max() <= 2
    assert np.abs(made[20, 200] - (0xF4, 0xF4, 0xF0)).max() <= 25


def test_ink_that_cannot_be_read_on_its_ground_is_replaced() -> None:
    assert legible(rgb("#FFFFFF"), rgb("#101318")) == (255, 255, 255)
    assert legible(rgb("#FFFFFF"), rgb("#F0F0F0")) == (0, 0, 0)
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21.0)


def test_a_picture_is_shown_whole_and_one_that_is_none_is_refused(tmp_path: Path) -> None:
    red = tmp_path / "red.png"
    Image.new("RGB", (300, 100), (255, 0, 0)).save(red)
    one = card("title", "Name", picture="red")
    seen = drawn(one, (320, 180), picture=red)
    rows, columns = np.nonzero((seen[..., 0] > 230) & (seen[..., 1] < 30))
    assert (np.ptp(columns) + 1) / (np.ptp(rows) + 1) == pytest.approx(3.0, rel=0.06)
    assert columns.min() > 160
    clip = tmp_path / "clip.mp4"
    colours = "color=blue:size=96x64:rate=10:duration=1[a];color=red:size=96x64:rate=10:duration=1[b];[a][b]concat"
    run_sync(["-f", "lavfi", "-i", colours, "-pix_fmt", "yuv420p", str(clip)], timeout=60)
    middle = drawn(one, (320, 180), picture=clip)
    assert middle[90, 240, 0] > 200 and middle[90, 240, 2] < 60, "of a clip the picture in its middle stands there"
    wrong = tmp_path / "wrong.png"
    wrong.write_bytes(b"no image")
    with pytest.raises(MediaError, match=r"card c: wrong\.png is not an image or a video"):
        drawn(one, (320, 180), picture=wrong)
    with pytest.raises(MediaError, match="no file for its picture red"):
        stills(Staged(work(one), {"c": Stage(one, 0)}), {}, tmp_path)


def test_a_diagram_joins_boxes_in_a_row_or_as_arrows_say() -> None:
    row = graph(("A", "B", "C"))
    assert row.chain
    assert [(edge.tail, edge.head) for edge in row.edges] == [(0, 1), (1, 2)]
    made = graph(("A -> B: go", "B → C", "A -> C：跳过"))
    assert [name for name, _ in made.boxes] == ["A", "B", "C"]
    assert [(edge.tail, edge.head, edge.words) for edge in made.edges] == [(0, 1, "go"), (1, 2, ""), (0, 2, "跳过")]
    assert not made.chain
    assert graph(("A -> A",)).edges == ()
