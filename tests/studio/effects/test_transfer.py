"""Style transfer: palette and texture taken on, motion kept, strength monotone, flicker measured."""

from __future__ import annotations

from itertools import islice, pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from callsheet.studio.effects import motion
from callsheet.studio.effects.reading import open_clip, read
from callsheet.studio.effects.transfer import Transfer, palette_of
from callsheet.studio.styling import styled_frames
from tests.studio.effects.clips import apart, edges_alike, edited, kept
from tests.studio.effects.test_styles import order


@pytest.fixture(scope="module")
def sea(tmp_path_factory: pytest.TempPathFactory) -> list[np.ndarray]:
    return list(read(open_clip(kept(tmp_path_factory.mktemp("in"), "sea", own=False)), 0, 24))


@pytest.fixture(scope="module")
def painting() -> np.ndarray:
    return next(islice(styled_frames(order("a forest at sunset", "oil_painting", style_strength=1)), 2, None))


def moved(frames: list[np.ndarray], painting: np.ndarray, strength: float = 0.8, **options: float) -> list[np.ndarray]:
    return list(Transfer([frames[0], frames[-1]], [painting], 30, 5, strength=strength, **options).frames(frames))  # type: ignore[arg-type]


def test_palette_and_texture_are_taken_on(sea: list[np.ndarray], painting: np.ndarray) -> None:
    done = moved(sea, painting, 1.0)
    wanted, had, got = (palette_of([frame]) for frame in (painting, sea[12], done[12]))
    assert np.linalg.norm(got.mean - wanted.mean) < 0.4 * np.linalg.norm(had.mean - wanted.mean)
    assert edges_alike(done[12], sea[12]) > 0.5

    def fine(frame: np.ndarray) -> float:
        grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY).astype(np.float32)[5:60]  # the smooth sky
        return float(np.abs(grey - cv2.GaussianBlur(grey, (0, 0), 1.5)).mean())

    assert fine(done[12]) > 1.5 * fine(sea[12])


def test_strength_is_monotone(sea: list[np.ndarray], painting: np.ndarray) -> None:
    far = [apart(moved(sea[:3], painting, share)[2], sea[2]) for share in (0, 0.25, 0.5, 0.75, 1)]
    assert far[0] == 0
    assert far == sorted(far)
    assert min(np.diff(far)) > 1


def test_motion_is_kept(sea: list[np.ndarray], painting: np.ndarray) -> None:
    def flows(frames: list[np.ndarray]) -> np.ndarray:
        greys = [cv2.equalizeHist(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)) for frame in frames]
        return np.stack([motion.flow(greys[n], greys[n + 4], smooth=4) for n in (4, 10, 16)])

    before, after = flows(sea), flows(moved(sea, painting))
    assert np.corrcoef(before[..., 0].ravel(), after[..., 0].ravel())[0, 1] > 0.6


def test_consistency_takes_flicker_away(sea: list[np.ndarray], painting: np.ndarray) -> None:
    def flicker(frames: list[np.ndarray]) -> float:
        """Change against the mean of both neighbours, beyond what the clip itself has."""
        bend = [
            apart(b, (a.astype(np.float32) + c) / 2) for a, b, c in zip(frames, frames[1:], frames[2:], strict=False)
        ]
        return float(np.mean(bend[4:]))

    dice = np.random.Generator(np.random.Philox(9))
    rough = [np.clip(f + dice.normal(0, 4, f.shape), 0, 255).astype(np.uint8) for f in sea[:16]]
    loose, steady = (flicker(moved(rough, painting, 1.0, consistency=share)) for share in (0.0, 1.0))
    assert steady < 0.9 * loose


def test_an_order_with_an_image_and_one_with_a_clip(tmp_path: Path, painting: np.ndarray) -> None:
    clip = kept(tmp_path / "inputs", "sea", own=True)
    image = tmp_path / "inputs" / f"{'a' * 64}.png"
    cv2.imwrite(str(image), painting)
    made = edited(tmp_path, "style_transfer", clip, style_reference_url=image)
    again = edited(tmp_path, "style_transfer", clip, style_reference_url=image)
    assert made.read_bytes() == again.read_bytes()
    other = kept(tmp_path / "inputs", "forest", own=False)
    second = edited(tmp_path, "style_transfer", clip, style_reference_url=other, preserve_motion=False)
    frames = list(read(open_clip(second)))
    assert open_clip(second).sounds
    assert apart(frames[30], next(read(open_clip(made), 30))) > 5
    steps = [apart(a, b) for a, b in pairwise(frames[6:30])]
    assert np.percentile(steps, 90) > 3 * np.percentile(steps, 10)  # painted picture by picture
