"""The crop keeps the subject: measured on pictures of a known subject, and on boxes alone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from callsheet.media import ffmpeg
from callsheet.media.reframe import Framing, Seen, Shot, framing, look
from callsheet.media.reframe.filters import picture_filters
from tests.media.conftest import Picture, encode

WIDTH, HEIGHT, FPS, FRAMES, RADIUS = 320, 180, 30, 75, 20
RED = (40, 40, 230)  # BGR


def place(frame: int) -> int:
    """The subject's middle: it waits, crosses the frame in a second and waits again."""
    return round(50 + 200 * min(max(frame - 20, 0), 35) / 35)


def crossing() -> Iterator[Picture]:
    import cv2

    noise = np.random.default_rng(1).integers(60, 110, (HEIGHT, WIDTH, 3)).astype(np.uint8)
    behind = cv2.GaussianBlur(noise, (0, 0), 3)
    for frame in range(FRAMES):
        picture = behind.copy()
        cv2.circle(picture, (place(frame), 90), RADIUS, RED, -1)
        yield np.asarray(picture, np.uint8)


@pytest.fixture(scope="module")
def crossed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Seen]:
    path = tmp_path_factory.mktemp("reframe") / "crossing.mp4"
    encode(path, crossing(), FPS)
    return path, asyncio.run(look(path))


def path_of(found: Framing) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The crop's edge in each frame, as a share."""
    return np.concatenate([np.interp(np.arange(h.first, h.end), h.knots, h.places) for h in found.holds])


def test_the_subject_is_found_in_every_picture_that_is_looked_at(crossed: tuple[Path, Seen]) -> None:
    (shot,) = crossed[1].shots
    assert (shot.first, shot.end, shot.at[-1]) == (0, FRAMES, FRAMES - 1)
    for at, box in zip(shot.at, shot.boxes, strict=True):
        assert box is not None
        assert (box[0] + box[2]) / 2 * WIDTH == pytest.approx(place(at), abs=8)


def test_a_subject_that_crosses_stays_inside_the_upright_crop_in_every_frame(
    crossed: tuple[Path, Seen], tmp_path: Path
) -> None:
    path, seen = crossed
    found = framing(seen, 180, 320)
    assert found.moves
    chains = picture_filters(found, 180, 320, "blur", "0:v", "v")
    args = ["-i", str(path), "-filter_complex", ";".join(chains), "-map", "[v]", "-f", "rawvideo"]
    raw = ffmpeg.read_sync([*args, "-pix_fmt", "bgr24", "pipe:1"], timeout=60)
    pictures = np.frombuffer(raw, np.uint8).reshape(-1, 320, 180, 3).astype(int)
    assert len(pictures) == FRAMES
    red = (pictures[..., 2] > 150) & (pictures[..., 0] < 100)
    for number, mask in enumerate(red):
        columns = np.flatnonzero(mask.any(axis=0))
        # The circle is 40 pixels wide, enlarged by 320/180: all of it is there, and nothing of it at the edges.
        assert len(columns) >= 2 * RADIUS * 320 / 180 - 6, number
        assert columns[0] > 0, number
        assert columns[-1] < 179, number


def test_the_camera_is_calm(crossed: tuple[Path, Seen]) -> None:
    path = path_of(framing(crossed[1], 180, 320)) * WIDTH
    speed = np.diff(path) * FPS
    assert np.abs(speed).max() < 260  # the subject itself: 171 pixels a second
    assert np.abs(np.diff(speed)).max() * FPS < 1500  # a camera that jumped after it would have 6000 and more
    assert np.abs(speed[-3:]).max() < 40


def boxes(*spans: tuple[float, float] | None) -> Seen:
    """One shot of a 16:9 master, a box each fifth frame."""
    found = tuple(None if span is None else (span[0], 0.2, span[1], 0.8) for span in spans)
    at = tuple(range(0, 5 * len(spans), 5))
    return Seen(1920, 1080, 25.0, (Shot(0, at[-1] + 1, at, found),))


def test_the_camera_holds_still_while_the_subject_stays_in_the_dead_zone() -> None:
    found = framing(boxes(*[(0.40 + 0.01 * (n % 5), 0.55 + 0.01 * (n % 5)) for n in range(20)]), 1080, 1920)
    assert not found.moves
    (hold,) = found.holds
    assert hold.places[0] <= 0.40
    assert hold.places[0] + found.share >= 0.59


def test_a_subject_wider_than_the_crop_is_shown_whole_on_a_fill() -> None:
    found = framing(boxes(*[(0.2, 0.8)] * 10), 1080, 1920)
    assert found.fills
    assert not found.crops
    assert "gblur" in ";".join(picture_filters(found, 1080, 1920, "blur", "a", "b"))
    assert picture_filters(found, 1080, 1920, "#1A2B3C", "a", "b") == [
        "[a]scale=1080:608:flags=bicubic,pad=1080:1920:(ow-iw)/2:(oh-ih)/2:color=0x1A2B3C[b]"
    ]
    # The same subject fits a square.
    assert not framing(boxes(*[(0.25, 0.75)] * 10), 1080, 1080).fills


def upright(*bodies: tuple[float, float]) -> Seen:
    """A shot of a 9:16 master in which bodies were found."""
    found = tuple((0.4, top, 0.6, bottom) for top, bottom in bodies)
    at = tuple(range(0, 25 * len(found), 25))
    return Seen(1080, 1920, 25.0, (Shot(0, at[-1] + 1, at, found),))


def test_a_head_above_the_body_that_was_found_is_not_cut_off() -> None:
    """The boxes that were found of a sitting and of a standing figure, and where their heads were in the picture."""
    (sitting,) = framing(upright((0.48, 0.74), (0.48, 0.72)), 1080, 1080).holds
    assert sitting.places[0] < 0.29
    assert sitting.places[0] + 0.5625 > 0.78
    standing = framing(upright((0.44, 0.84)), 1080, 1080)
    assert standing.fills
    assert not standing.crops
    # What is found sinks from the figure to a thing before it: the figure is still there.
    assert framing(upright((0.48, 0.83), (0.48, 0.74), (0.55, 0.73)), 1080, 1080).fills
    # What is cut at the sides has no head there.
    assert framing(boxes(*[(0.40, 0.70)] * 3), 1080, 1920).crops


def test_nothing_found_is_cropped_in_the_middle() -> None:
    found = framing(boxes(None, None), 1080, 1080)
    assert found.holds[0].places == pytest.approx(((1 - 0.5625) / 2,))


def test_each_shot_has_its_own_place_and_nothing_moves_across_the_cut() -> None:
    left, right = (0.1, 0.2, 0.25, 0.8), (0.75, 0.2, 0.9, 0.8)
    seen = Seen(1920, 1080, 25.0, (Shot(0, 50, (0, 25, 49), (left,) * 3), Shot(50, 90, (50, 89), (right,) * 2)))
    found = framing(seen, 1080, 1920)
    assert not found.moves
    (chain,) = picture_filters(found, 1080, 1920, "blur", "a", "b")
    assert "*gte(t,1.9800)" in chain
    assert [hold.first for hold in found.holds] == [0, 50]


def test_the_same_shape_is_only_scaled() -> None:
    found = framing(boxes((0.1, 0.2)), 1280, 720)
    assert picture_filters(found, 1280, 720, "blur", "a", "b") == ["[a]scale=1280:720:flags=bicubic[b]"]


def test_cuts_are_found_to_the_frame(tmp_path: Path) -> None:
    def two() -> Iterator[Picture]:
        for frame in range(30):
            yield np.full((90, 160, 3), 40 if frame < 17 else 180, np.uint8)

    encode(tmp_path / "two.mp4", two(), FPS)
    seen = asyncio.run(look(tmp_path / "two.mp4"))
    assert [(shot.first, shot.end) for shot in seen.shots] == [(0, 17), (17, 30)]


def test_a_path_of_many_turns_is_a_sum_that_ffmpeg_takes(crossed: tuple[Path, Seen], tmp_path: Path) -> None:
    """ffmpeg refuses an expression that nests deeper than a hundred; here there are four hundred terms."""
    path, seen = crossed
    plain = framing(seen, 96, 180)
    knots = tuple(range(401))
    turning = tuple(0.3 + 0.1 * (knot % 2) for knot in knots)
    hold = replace(plain.holds[0], first=0, end=401, knots=knots, places=turning)
    chains = picture_filters(replace(plain, holds=(hold,)), 96, 180, "blur", "0:v", "out")
    args = ["-i", str(path), "-filter_complex", ";".join(chains), "-map", "[out]", "-frames:v", "2"]
    asyncio.run(ffmpeg.run([*args, "-y", str(tmp_path / "turns.mp4")], timeout=60))
