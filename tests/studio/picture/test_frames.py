"""Frames: determinism, life, variety, no blank pictures."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import cv2
import numpy as np
import pytest

from callsheet.studio.picture import frames
from callsheet.studio.picture.camera import MOVES
from callsheet.studio.picture.spec import Design
from callsheet.studio.picture.styles import style_names

from .scenes import SPEAKER, gap, order, sha, some

SETTINGS = [
    SPEAKER,
    "用户在客厅沙发旁使用产品 (智能音箱)",
    "用户在卧室床头柜使用产品(智能音箱), 夜晚",
    "kitchen with a coffee mug",
    "insulated steel water bottle on a mountain trail at sunrise",
    "A hiker drinks from a steel bottle on a mountain ridge",
    "专业讲师在现代化教室中讲解，白板展示知识点",
    "An orange cat chasing butterflies in snow",
    "sailboat on the sea at sunset",
    "desert dunes at sunset",
    "misty forest with fireflies at night",
    "city street at night in the rain",
    "astronaut in space above a planet",
    "meadow with trees, daytime",
    "a woman in a cafe with her tablet",
    "headphones on an office desk",
    "athlete drinks from a bottle in the gym",
    "abstract data stream",
]


@pytest.mark.parametrize("prompt", SETTINGS, ids=[s[:20] for s in SETTINGS])
def test_every_setting_is_lit_composed_and_alive(prompt: str) -> None:
    made = list(frames(order(prompt, seconds=0.5)))
    assert len(made) == 5
    for picture in made:
        assert picture.shape == (90, 160, 3) and picture.dtype == np.uint8
        assert 10 < picture.mean() < 245, picture.mean()
        assert picture.std() > 9, picture.std()
        # Something is to be seen in the middle and not only at the rim.
        assert picture[20:70, 40:120].std() > 7
    steps = [gap(a, b) for a, b in pairwise(made)]
    assert min(steps) > 0.05, steps
    assert max(steps) < 16, steps


@pytest.mark.parametrize(
    "prompt",
    [
        "a woman walks along a city street by day, wide shot",
        "a man works in an office",
        "a woman drinks coffee in a cafe",
    ],
)
def test_whoever_plays_is_whole_in_a_tall_frame(prompt: str) -> None:
    """From the first picture to the last: seen by a colour that nothing else has."""
    magenta = Design((0.9, 0.7, 0.6), (0.1, 0.1, 0.1), (1.0, 0.0, 1.0), (1.0, 0.0, 1.0))
    made = list(frames(order(prompt, seconds=3, fps=1, width=108, height=192, design=magenta)))
    for picture in (made[0], made[-1]):
        blue, green, red = (picture[..., n].astype(int) for n in range(3))
        columns = np.flatnonzero(((np.minimum(red, blue) - green) > 60).sum(0) > 1)
        assert len(columns) > 8
        assert columns.min() > 2 and columns.max() < 105, (columns.min(), columns.max())


def test_identical_orders_give_identical_bytes_also_in_threads() -> None:
    made = order("用户在客厅沙发旁使用产品 (智能音箱)", style="cinematic")
    wanted = sha(some(made, 3))
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: sha(some(made, 3)), range(2)))
    assert both == [wanted, wanted]


def test_opencv_threads_do_not_change_the_bytes() -> None:
    made = order("sailboat on the sea at sunset")
    before = cv2.getNumThreads()
    try:
        cv2.setNumThreads(1)
        one = sha(some(made))
        cv2.setNumThreads(2)
        two = sha(some(made))
    finally:
        cv2.setNumThreads(before)
    assert one == two


def test_prompts_and_seeds_make_different_pictures() -> None:
    pictures = [some(order(p), 1)[0] for p in (SPEAKER, "white smartphone on a dark background", "desert at noon")]
    assert gap(pictures[0], pictures[1]) > 8 and gap(pictures[0], pictures[2]) > 20
    sea = "the sea at sunset"
    assert gap(some(order(sea, world_seed=1), 1)[0], some(order(sea, world_seed=2), 1)[0]) > 4


def test_every_style_runs_and_differs_from_the_others() -> None:
    pictures = {name: some(order("sailboat on the sea at sunset", style=name), 1)[0] for name in style_names()}
    assert len(pictures) == 24
    names = list(pictures)
    near = [
        (a, b, gap(pictures[a], pictures[b]))
        for i, a in enumerate(names)
        for b in names[i + 1 :]
        if gap(pictures[a], pictures[b]) < 1.2
    ]
    assert not near, near


def test_every_camera_runs_and_moves_its_own_way() -> None:
    ends = {}
    for move in MOVES:
        made = list(frames(order("desert dunes and a hiker at sunset", camera=move, fps=4)))
        ends[move] = made[-1]
        assert gap(made[0], made[-1]) > 0.3
    ends.pop("handheld")
    names = list(ends)
    for i, a in enumerate(names):
        for b in names[i + 1 :]:
            assert gap(ends[a], ends[b]) > 0.4, (a, b)


@pytest.mark.parametrize(("width", "height"), [(90, 160), (120, 120), (96, 120), (214, 90), (161, 91)])
@pytest.mark.parametrize("prompt", [SPEAKER, "A hiker drinks from a steel bottle on a mountain ridge"])
def test_any_frame(width: int, height: int, prompt: str) -> None:
    picture = some(order(prompt, width=width, height=height), 1)[0]
    assert picture.shape == (height, width, 3)
    assert picture.std() > 9


def test_stop_motion_holds_its_pictures() -> None:
    made = list(frames(order("meadow", style="stop_motion", fps=24, seconds=0.25)))
    grain = gap(made[0], made[1])
    assert gap(made[1], made[2]) > grain * 1.1 or gap(made[1], made[2]) > grain + 0.2


def test_the_hero_turns_while_the_camera_stands() -> None:
    made = list(frames(order("white smartphone, product shot, white background", camera="static", seconds=4, fps=2)))
    middle = [p[15:75, 55:105] for p in made]
    assert gap(middle[0], middle[-1]) > 3
