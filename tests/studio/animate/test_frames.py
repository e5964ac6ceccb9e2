"""Frames of every shape from pictures of every shape; the subject whole, the colours kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from callsheet.studio.animate import AnimateOrder, frames, sounds
from callsheet.studio.animate.framing import fit
from callsheet.studio.animate.search import find

from .pictures import U8, busy, can, gadget

IMAGES = Path(__file__).parents[3] / "examples" / "images"
SIZES = [(320, 180), (180, 320), (200, 200), (200, 250), (320, 136)]


def lab(image: U8) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.asarray(cv2.cvtColor(image.astype(np.float32) / 255.0, cv2.COLOR_BGR2LAB), np.float32)


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("shape", [(360, 480), (480, 360), (300, 300)])
def test_the_subject_is_whole_in_every_aspect(width: int, height: int, shape: tuple[int, int]) -> None:
    image, _ = can(*shape)
    for frame in frames(AnimateOrder(image, "旋转,推近", 0.5, width, height, fps=4, motion="high")):
        assert frame.shape == (height, width, 3)
        assert frame.dtype == np.uint8
        found = find(frame)
        assert found.sure
        assert not any(found.touches)
        assert 0.04 < float((found.mask > 0).mean()) < 0.7


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("shape", [(360, 480), (480, 270)])
def test_busy_pictures_fill_every_frame(width: int, height: int, shape: tuple[int, int]) -> None:
    for frame in frames(AnimateOrder(busy(*shape), "", 0.5, width, height, fps=4)):
        assert frame.shape == (height, width, 3)
        # No black bars or corners.
        blocks = frame[: height // 8 * 8, : width // 8 * 8].reshape(height // 8, 8, width // 8, 8, 3).mean((1, 3, 4))
        assert blocks.min() > 8.0


def hostile() -> dict[str, U8]:
    image, truth = can()
    alpha = np.dstack([image, truth])
    return {
        "rgba": np.asarray(alpha, np.uint8),
        "grey": np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8),
        "64x64": np.asarray(cv2.resize(image, (64, 64), interpolation=cv2.INTER_AREA), np.uint8),
        "8x8": np.asarray(cv2.resize(image, (8, 8), interpolation=cv2.INTER_AREA), np.uint8),
        "16:1": np.asarray(cv2.resize(image, (640, 40), interpolation=cv2.INTER_AREA), np.uint8),
        "1:16": np.asarray(cv2.resize(image, (40, 640), interpolation=cv2.INTER_AREA), np.uint8),
        "black": np.zeros((90, 120, 3), np.uint8),
        "white": np.full((90, 120, 3), 255, np.uint8),
        "noise": np.random.Generator(np.random.Philox(2)).integers(0, 256, (120, 160, 3), dtype=np.uint8),
        "cropped": image[:200, 150:330].copy(),
        "stripes": np.tile(np.array([[[0, 0, 0]], [[255, 255, 255]]], np.uint8), (45, 120, 1)),
    }


@pytest.mark.parametrize("name", list(hostile()))
def test_any_picture_gives_frames(name: str) -> None:
    image = hostile()[name]
    made = list(frames(AnimateOrder(image, "旋转 光 漂浮 粒子 led", 0.5, 160, 90, fps=4)))
    assert len(made) == 2
    for frame in made:
        assert frame.shape == (90, 160, 3)
    if name != "black":
        assert float(made[0].mean()) > 15.0


def test_sixteen_bit_pictures_are_read() -> None:
    image, _ = can()
    deep = image.astype(np.uint16) * 257
    first, second = (next(iter(frames(AnimateOrder(part, "", 0.5, 160, 90, fps=4)))) for part in (image, deep))
    assert np.array_equal(first, second)


@pytest.mark.parametrize("prompt", ["Product slowly rotates, lights shine from different angles", "漂浮"])
@pytest.mark.parametrize(
    "name", ["smart-speaker/front", "smart-speaker/detail", "trail-bottle/front", "trail-bottle/scene"]
)
def test_the_palette_is_kept_when_the_style_is_to_be_preserved(name: str, prompt: str) -> None:
    read = cv2.imread(str(IMAGES / f"{name}.jpg"))
    assert read is not None
    image = np.asarray(cv2.resize(read, (320, 240), interpolation=cv2.INTER_AREA), np.uint8)
    order = AnimateOrder(image, prompt, 1.0, 320, 240, fps=4)
    kept = [lab(frame).mean((0, 1)) for frame in frames(order)]
    graded = [lab(frame).mean((0, 1)) for frame in frames(replace(order, preserve_style=False))]
    own = lab(image).mean((0, 1))
    away = [float(np.linalg.norm(mean - own)) for mean in kept]
    # A colour difference below about 5 is hardly seen between two pictures that are not side by side.
    assert max(away) < 5.0, away
    assert float(np.linalg.norm(np.mean(graded, 0) - np.mean(kept, 0))) > 0.5


def test_the_first_frame_shows_the_given_picture() -> None:
    """Taken apart and put together again at rest, the picture is what it was."""
    for image, _ in (can(), gadget()):
        order = AnimateOrder(image, "pull out", 1.0, 480, 360, fps=4, motion="low")
        last = list(frames(order))[-1]
        found, before = find(last), find(image)
        assert abs(found.box[2] - before.box[2]) < 0.2 * before.box[2]
        scale = found.box[3] / before.box[3]
        assert 0.8 < scale <= 1.05


@pytest.mark.parametrize("frame", [(1920, 1080), (1080, 1920), (1080, 1080), (1080, 1350)])
@pytest.mark.parametrize("size", [(1600, 1200), (1200, 1600), (640, 360), (100, 1500)])
@pytest.mark.parametrize("box", [(0.3, 0.1, 0.4, 0.85), (0.02, 0.02, 0.96, 0.96), (0.6, 0.6, 0.2, 0.2)])
def test_a_fitted_subject_lies_inside_the_frame(
    frame: tuple[int, int], size: tuple[int, int], box: tuple[float, float, float, float]
) -> None:
    made = fit(size, frame, 40, box=box, growth=0.1)
    left, top = made.left + box[0] * made.width - 40, made.top + box[1] * made.height - 40
    right, bottom = left + box[2] * made.width, top + box[3] * made.height
    assert left >= -1
    assert top >= -1
    assert right <= frame[0] + 1
    assert bottom <= frame[1] + 1
    assert made.width / size[0] == pytest.approx(made.height / size[1], rel=0.03)


def test_sounds_follow_the_prompt() -> None:
    image, _ = can()

    def ask(prompt: str, seconds: float = 3.0) -> tuple[str, list[tuple[str, float]]]:
        return sounds(AnimateOrder(image, prompt, seconds, 320, 180))

    assert ask("产品轻微旋转,突出细节") == ("studio", [("whoosh", 0.0), ("mechanical", 0.15)])
    assert ask("a light sweeps over the bottle by the sea")[0] == "sea"
    assert ("shimmer", 1.0) in ask("light sweeps")[1]
    assert [kind for kind, _ in ask("LED glow pulse in the bedroom")[1]] == ["chime"]
    assert ask("LED glow pulse in the bedroom")[0] == "room"
    assert all(0.0 <= at <= 0.0 for _, at in ask("旋转 光 led 推近", 0.4)[1])
