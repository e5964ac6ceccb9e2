"""Covers: their size, their bytes, and which frame they show."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from callsheet.errors import MediaError
from callsheet.media.thumbnails import thumbnail
from callsheet.platforms import platform
from tests.media.conftest import Picture, encode


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Dark, then plain, then with sharp detail, then dark again."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    detail = np.random.default_rng(2).integers(60, 190, (60, 80, 3)).astype(np.uint8).repeat(3, 0).repeat(4, 1)

    def pictures() -> Iterator[Picture]:
        for frame in range(40):
            plain = 8 if frame < 10 or frame >= 30 else 110
            yield np.asarray(detail if 20 <= frame < 30 else np.full_like(detail, plain), np.uint8)

    encode(path, pictures())
    return path


@pytest.mark.parametrize("name", ["tiktok", "youtube", "wechat_channels", "bilibili"])
def test_the_sharpest_frame_at_the_size_and_under_the_limit_of_the_platform(
    film: Path, tmp_path: Path, name: str
) -> None:
    one, out = platform(name), tmp_path / "cover.jpg"
    assert 20 <= thumbnail(film, one, out) < 30
    with Image.open(out) as cover:
        assert cover.format == "JPEG"
        assert cover.size == (one.thumbnail.width, one.thumbnail.height)
    assert out.stat().st_size <= one.thumbnail.bytes_max
    assert [file.name for file in tmp_path.iterdir()] == ["cover.jpg"]


def test_a_smaller_limit_makes_a_coarser_cover_and_then_an_error(film: Path, tmp_path: Path) -> None:
    one, out = platform("youtube"), tmp_path / "cover.jpg"
    thumbnail(film, one, out)
    full = out.stat().st_size
    rule = one.thumbnail.model_copy(update={"bytes_max": full // 2})
    thumbnail(film, one.model_copy(update={"thumbnail": rule}), out)
    assert out.stat().st_size <= full // 2
    rule = one.thumbnail.model_copy(update={"bytes_max": 1000})
    with pytest.raises(MediaError, match="youtube takes 1000"):
        thumbnail(film, one.model_copy(update={"thumbnail": rule}), out)


def test_frames_that_are_named_are_the_ones_looked_at(film: Path, tmp_path: Path) -> None:
    assert thumbnail(film, platform("x"), tmp_path / "cover.jpg", frames=[5, 15]) == 15
