"""Every motion moves, more when more is asked, within bounds, and the same way every time."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import get_args

import cv2
import numpy as np
import pytest

from callsheet.errors import MediaError
from callsheet.studio.animate import AnimateOrder, Intensity, frames
from callsheet.studio.animate.motions import GAIN, WORDS, understand, wanted

from .pictures import U8, busy, can, gadget

PROMPTS = {
    "turn": "产品旋转",
    "sweep": "a light sweeps over the metal",
    "float": "the product hovers",
    "push": "镜头推近",
    "pull": "pull out",
    "dust": "金色粒子",
    "drift": "the background moves",
    "pan": "parallax",
    "roll": "it tilts clockwise",
    "default": "make it lively",
}


def order(image: U8, prompt: str, **other: object) -> AnimateOrder:
    base = AnimateOrder(image, prompt, seconds=1.0, width=256, height=144, fps=8)
    return replace(base, **other)  # type: ignore[arg-type]


def travel(shown: list[U8]) -> float:
    """How far the frames are from the first one, in grey levels, at the most."""
    return max(float(cv2.absdiff(shown[0], other).mean()) for other in shown[1:])


@pytest.mark.parametrize("name", PROMPTS)
def test_each_motion_moves_and_grows_with_its_intensity(name: str) -> None:
    image, _ = gadget(150, 200) if name == "roll" else can(150, 200)
    found = wanted(PROMPTS[name])
    assert found == (frozenset() if name == "default" else {name} | (found - {name}))
    reach = [travel(list(frames(order(image, PROMPTS[name], motion=part)))) for part in get_args(Intensity)]
    assert reach[0] > 0.15, reach
    assert reach[0] < reach[1] < reach[2], reach
    assert reach[2] < 40.0


@pytest.mark.parametrize("name", sorted(PROMPTS))
def test_a_busy_picture_moves_too(name: str) -> None:
    shown = list(frames(order(busy(150, 200), PROMPTS[name])))
    assert travel(shown) > 0.4
    steps = [float(cv2.absdiff(a, b).mean()) for a, b in pairwise(shown)]
    assert max(steps) < 60.0


@pytest.mark.parametrize("name", sorted(PROMPTS))
@pytest.mark.parametrize("picture", [can(150, 200)[0], busy(150, 200)], ids=["can", "busy"])
def test_a_loop_has_no_seam(name: str, picture: U8) -> None:
    """From the last frame to the first is a step like those before and after it."""
    shown = list(frames(order(picture, PROMPTS[name], loop=True, fps=24)))
    steps = [float(cv2.absdiff(shown[i - 1], shown[i]).mean()) for i in range(len(shown))]
    seam, beside = steps[0], max(steps[1:4] + steps[-3:])
    assert seam <= 1.35 * beside + 0.06, (seam, beside)
    assert travel(shown) > 0.1


def test_without_a_loop_the_end_is_elsewhere_and_the_pace_is_gentle_at_both_ends() -> None:
    shown = list(frames(order(can(150, 200)[0], "镜头推近", fps=16)))
    steps = [float(cv2.absdiff(a, b).mean()) for a, b in pairwise(shown)]
    assert float(cv2.absdiff(shown[0], shown[-1]).mean()) > 2 * max(steps)
    middle = steps[len(steps) // 2]
    assert steps[0] < 0.8 * middle
    assert steps[-1] < 0.8 * middle
    assert steps[0] > 0.0


@pytest.mark.parametrize("prompt", ["产品旋转,光影流动,粒子", "LED glow pulse", ""])
def test_the_same_order_gives_the_same_bytes(prompt: str) -> None:
    first, second = (list(frames(order(can(150, 200)[0], prompt, seed=5))) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        third = list(frames(order(can(150, 200)[0], prompt, seed=5)))
    finally:
        cv2.setNumThreads(threads)
    assert all(np.array_equal(a, b) for a, b in zip(first, third, strict=True))


def test_another_seed_scatters_the_dust_elsewhere() -> None:
    first, second = (next(iter(frames(order(can(150, 200)[0], "dust", seed=seed)))) for seed in (1, 2))
    assert float(cv2.absdiff(first, second).mean()) > 0.02


def test_a_lamp_breathes_and_the_rest_stays_dark() -> None:
    image, _ = gadget()
    stage = [cv2.cvtColor(frame, cv2.COLOR_BGR2HSV) for frame in frames(order(image, "LED glow", seconds=2.0, fps=6))]
    green = [float(((part[..., 0] > 45) & (part[..., 0] < 85) & (part[..., 1] > 70)).sum()) for part in stage]
    assert max(green) > 1.3 * max(1.0, min(green)), green
    assert stage[0].shape == (144, 256, 3)


@pytest.mark.parametrize(
    ("prompt", "names"),
    [
        ("产品轻微旋转,突出细节", {"turn", "push"}),
        (
            "Product slowly rotates, lights shine from different angles, highlighting metallic texture",
            {"turn", "sweep"},
        ),
        ("it stands on a ledge, delightfully slightly", set()),
        ("LED环形灯呼吸", {"pulse", "float"}),
        ("粒子环绕", {"dust", "turn"}),
        ("camera pans", {"pan"}),
        ("a wooden panel", set()),
    ],
)
def test_what_a_prompt_asks_for(prompt: str, names: set[str]) -> None:
    assert wanted(prompt) >= names
    assert not names or wanted(prompt) <= names | {"sweep"}
    if not names:
        assert not wanted(prompt)


def test_every_word_is_found_in_a_sentence_of_its_own() -> None:
    for name, words in WORDS.items():
        for word in words:
            assert name in wanted(f"the thing: {word}, please"), word


def test_mild_words_make_it_milder() -> None:
    assert (
        understand("轻微旋转", "medium").turn
        < understand("旋转", "medium").turn
        < understand("快速旋转", "medium").turn
    )
    assert sorted(GAIN.values()) == [GAIN["low"], GAIN["medium"], GAIN["high"]]


@pytest.mark.parametrize(
    "wrong",
    [
        {"seconds": 0.0},
        {"seconds": float("nan")},
        {"seconds": 1e6},
        {"width": 8},
        {"height": 9000},
        {"fps": 0},
        {"motion": "wild"},
    ],
)
def test_a_wrong_order_is_refused_in_one_line(wrong: dict[str, object]) -> None:
    with pytest.raises(MediaError) as caught:
        next(iter(frames(order(can(150, 200)[0], "", **wrong))))
    assert "\n" not in str(caught.value)
