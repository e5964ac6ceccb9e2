"""The images that a brief names, read and recognised; each one that can't be is a fault of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from callsheet.errors import BriefError, Fault
from callsheet.media.images import Media, read_image


def read_images(paths: Sequence[str]) -> list[tuple[Media, bytes]]:
    """Every image with its bytes, in order. Raises `BriefError` with a line for each that is missing or no image."""
    images: list[tuple[Media, bytes]] = []
    faults: list[Fault] = []
    for number, path in enumerate(paths):
        try:
            images.append(read_image(Path(path)))
        except ValueError as error:
            faults.append(Fault(f"product_images[{number}]", path, str(error)))
    if faults:
        raise BriefError(faults)
    return images
