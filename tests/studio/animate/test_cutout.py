"""The cut-out is measured against pictures whose true matte is known."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from callsheet.errors import MediaError
from callsheet.studio.animate.cutout import cutout, matte
from callsheet.studio.animate.order import normalise
from callsheet.studio.animate.plate import extend, fill_behind
from callsheet.studio.animate.search import find

from .pictures import U8, backdrop, busy, can, gadget

IMAGES = Path(__file__).parents[3] / "examples" / "images"


def overlap(found: U8, truth: U8) -> float:
    a, b = found > 127, truth > 127
    return float((a & b).sum() / (a | b).sum())


@pytest.mark.parametrize("shade", [0.0, 0.5], ids=["no shadow", "shadow"])
@pytest.mark.parametrize("size", [(360, 480), (900, 700)])
def test_a_can_is_cut_out(size: tuple[int, int], shade: float) -> None:
    image, truth = can(*size, shade=shade)
    result = cutout(image)
    assert result.shape == (*size, 4)
    assert overlap(result[..., 3], truth) > 0.965
    edge = cv2.absdiff(result[..., 3], truth)[(truth > 10) & (truth < 245)]
    assert float(edge.mean()) < 70.0


def test_a_box_off_centre_is_cut_out_and_laid_on_another_colour_without_a_fringe() -> None:
    image, truth = gadget()
    result = cutout(image)
    assert overlap(result[..., 3], truth) > 0.965
    share = result[..., 3:].astype(np.float32) / 255.0
    over = result[..., :3] * share + np.array((200.0, 40.0, 200.0)) * (1.0 - share)
    # Just outside the true edge there is none of the old warm backdrop left.
    rim = (cv2.dilate(truth, np.ones((7, 7), np.uint8)) > 0) & (cv2.dilate(truth, np.ones((3, 3), np.uint8)) == 0)
    assert float(np.median(np.abs(over[rim] - (200.0, 40.0, 200.0)).max(1))) < 12.0


def test_what_can_not_be_cut_out_comes_back_whole() -> None:
    for image in (busy(), np.clip(backdrop(240, 320), 0, 255).astype(np.uint8)):
        assert not find(image).sure
        result = cutout(image)
        assert (result[..., 3] == 255).all()
        assert np.array_equal(result[..., :3], image)


def test_transparency_is_believed() -> None:
    image, truth = can()
    result = cutout(np.dstack([image, truth]))
    assert np.array_equal(result[..., 3], truth)


@pytest.mark.parametrize("name", ["smart-speaker/front", "smart-speaker/side", "trail-bottle/front"])
def test_the_example_products_are_separable(name: str) -> None:
    image = cv2.imread(str(IMAGES / f"{name}.jpg"))
    assert image is not None
    found = find(np.asarray(image, np.uint8))
    assert found.sure
    assert 0.1 < float((found.mask > 0).mean()) < 0.6


def test_the_plate_has_no_ghost_of_the_subject() -> None:
    image, truth = can(shade=0.0)
    _, _, behind = matte(image, find(image))
    clean = np.clip(backdrop(360, 480), 0, 255)
    assert float(np.abs(behind[truth > 127] - clean[truth > 127]).mean()) < 4.0


def test_filling_changes_only_what_is_asked() -> None:
    image, truth = can()
    hole = np.where(truth > 0, 255, 0).astype(np.uint8)
    filled = fill_behind(image, hole)
    far = cv2.dilate(hole, np.ones((31, 31), np.uint8)) == 0
    assert np.array_equal(filled[far], image[far])
    assert np.array_equal(fill_behind(image, np.full_like(hole, 255)), image)


@pytest.mark.parametrize("plain", [True, False])
def test_a_continued_picture_has_no_seam(plain: bool) -> None:
    image = np.clip(backdrop(200, 260), 0, 255).astype(np.uint8)
    wide = extend(image, 120, 40, 90, 0, plain=plain)
    assert wide.shape == (240, 470, 3)
    smooth = cv2.GaussianBlur(wide, (0, 0), 3.0).astype(np.float32)
    step = np.abs(np.diff(smooth, axis=1)).mean((0, 2))
    assert step[100:140].max() < 1.2
    assert step[360:400].max() < 1.2


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((1, 1, 3), np.uint8),
        np.zeros((0, 4, 3), np.uint8),
        np.zeros((4, 400), np.uint8),
        np.zeros((40, 1600, 3), np.uint8),
        np.zeros((40, 40, 2), np.uint8),
        np.zeros((40, 40, 3), np.float64),
        np.zeros((40, 40, 4), np.uint8),
        np.zeros(40, np.uint8),
    ],
    ids=["1x1", "empty", "thin", "40:1", "two channels", "floats", "transparent", "a row"],
)
def test_what_is_no_picture_is_refused_in_one_line(image: U8) -> None:
    with pytest.raises(MediaError) as caught:
        normalise(image)
    assert "\n" not in str(caught.value)
