"""Poster and contact sheet show the frames that they say they show, in their colours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from callsheet.errors import MediaError
from callsheet.media.pictures import Tile, frames_at, sheet_boxes, stills, tiles
from callsheet.timeline import Shot, Timeline
from tests.media.conftest import Picture, encode, plain
from tests.media.timelines import EVERY_JOINT

TIMELINE = Timeline(
    name="三个镜头",
    width=320,
    height=180,
    timecode_start="01:00:00:00",
    shots=(Shot(clip="black", frames=20), Shot(clip="checks", frames=50), Shot(clip="white", frames=20)),
)


def film() -> Iterator[Picture]:
    """Black, then a sharp pattern over a plain orange, then white."""
    pattern = np.zeros((180, 320, 3), np.uint8)
    pattern[:] = (0, 140, 255)
    for x in range(0, 160, 16):
        pattern[:90, x : x + 8] = (200, 40, 40)
    for number in range(90):
        yield plain(4) if number < 20 else pattern if number < 70 else plain(252)


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return encode(tmp_path_factory.mktemp("master") / "master.mp4", film()).path


def test_the_poster_is_neither_dark_nor_burnt_out_and_in_true_colours(master: Path, tmp_path: Path) -> None:
    poster, sheet = tmp_path / "poster.jpg", tmp_path / "sheet.jpg"
    frame = stills(master, TIMELINE, poster=poster, contact_sheet=sheet)
    assert frame == 44
    picture = np.asarray(Image.open(poster), int)
    assert picture.shape == (180, 320, 3)
    assert np.abs(picture[130:, 200:].mean(axis=(0, 1)) - (255, 140, 0)).max() < 8


def test_the_sheet_has_a_strip_for_each_shot(master: Path, tmp_path: Path) -> None:
    poster, sheet = tmp_path / "poster.jpg", tmp_path / "sheet.jpg"
    stills(master, TIMELINE, poster=poster, contact_sheet=sheet)
    picture = np.asarray(Image.open(sheet).convert("L"), int)
    # In the middle of each strip's first tile: black, pattern, white.
    strip = (picture.shape[0] - 78 - 10) // 3
    seen = [picture[78 + strip * n + 26 + 84 : 78 + strip * n + 26 + 160, 60:280].mean() for n in range(3)]
    assert seen[0] < 20
    assert 120 < seen[1] < 190
    assert seen[2] > 240
    # Words stand above and below the tiles.
    assert picture[78 : 78 + 24].max() > 150


def test_tiles_keep_out_of_transitions() -> None:
    assert tiles(EVERY_JOINT)[0] == (Tile(0, "ramp"), Tile(13, "ramp"), Tile(27, "ramp"))
    assert tiles(EVERY_JOINT)[1] == (Tile(40, "dark"), Tile(53, "dark"), Tile(67, "dark"))
    assert tiles(EVERY_JOINT)[4] == (Tile(128, "light"), Tile(142, "light"), Tile(157, "light"))


def test_of_many_shots_only_the_middles_are_on_the_sheet(tmp_path: Path) -> None:
    count = 26
    master = encode(tmp_path / "many.mp4", (plain(20 + 8 * (n // 10)) for n in range(10 * count))).path
    shots = tuple(Shot(clip=f"a clip with a very long name, number {n}", frames=10) for n in range(count))
    timeline = Timeline(name="many", width=320, height=180, shots=shots)
    assert tiles(timeline)[1] == (Tile(14, shots[1].clip),)
    sheet = tmp_path / "sheet.jpg"
    stills(master, timeline, poster=tmp_path / "poster.jpg", contact_sheet=sheet)
    picture = np.asarray(Image.open(sheet).convert("L"), np.float64)
    boxes = sheet_boxes(timeline)
    assert len(boxes) == count
    for number, (_, (left, top, right, bottom)) in enumerate(boxes):
        assert picture[top + 9 : bottom - 9, left + 9 : right - 9].mean() == pytest.approx(20 + 8 * number, abs=4)


def test_frames_are_found_by_number_near_and_far(tmp_path: Path) -> None:
    path = encode(tmp_path / "ramp.mp4", (plain(20 + n // 2) for n in range(400))).path
    for number, picture in frames_at(path, [0, 1, 7, 150, 399], 30):
        assert picture.mean() == pytest.approx(20 + number // 2, abs=1.5)
    with pytest.raises(MediaError, match="has no frame 400"):
        list(frames_at(path, [400], 30))
