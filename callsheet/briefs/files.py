"""The files that a brief names, read and recognised; each one that can't be is a fault of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from callsheet.briefs.brief import Brief
from callsheet.errors import BriefError, Fault
from callsheet.media.images import Media, read_image


@dataclass(frozen=True)
class Files:
    """What a brief's files are, by the path that the brief gives, with their bytes."""

    media: Mapping[str, Media]
    data: Mapping[str, bytes]

    def staged(self) -> list[tuple[Media, bytes]]:
        """Every file once, to be put into the bucket."""
        return [(self.media[path], self.data[path]) for path in self.media]


def read_files(brief: Brief) -> Files:
    """All files of a brief. Raises `BriefError` with a line for each that is missing or not what it should be."""
    media: dict[str, Media] = {}
    data: dict[str, bytes] = {}
    faults: list[Fault] = []
    for field, path in brief.files():
        if path in media:
            continue
        try:
            media[path], data[path] = read_image(Path(path))
        except ValueError as error:
            faults.append(Fault(field, path, str(error)))
    if faults:
        raise BriefError(faults)
    return Files(media, data)
