"""The files that a brief names, read and recognised; each one that can't be is a fault of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from callsheet.brand import Brand, load_brand
from callsheet.briefs.brief import Brief
from callsheet.errors import BriefError, Fault
from callsheet.media.given import Given, read_given
from callsheet.media.images import Media, read_image


@dataclass(frozen=True)
class Files:
    """What a brief's files are, by the path that the brief gives, with their bytes; and its brand, with the brand's own
    files by their fields."""

    media: Mapping[str, Media]
    data: Mapping[str, bytes]
    brand: Brand | None = None
    given: Mapping[str, Given] = field(default_factory=dict)

    def staged(self) -> list[tuple[Media, bytes]]:
        """Every image once, to be put into the bucket."""
        return [(self.media[path], self.data[path]) for path in self.media]

    def kept(self) -> list[tuple[Given, Path]]:
        """Every file of the brand, to be put into the bucket as it is."""
        paths = dict(self.brand.files()) if self.brand else {}
        return [(given, Path(paths[name])) for name, given in self.given.items()]


def read_files(brief: Brief, brand: Brand | None = None) -> Files:
    """All files of a brief and of its brand; `brand` is that of a block, and goes before the one that the brief names.

    Raises `BriefError` with a line for each file that is missing or not what it should be.
    """
    media: dict[str, Media] = {}
    data: dict[str, bytes] = {}
    given: dict[str, Given] = {}
    faults: list[Fault] = []
    for name, path in brief.files():
        if path in media:
            continue
        try:
            media[path], data[path] = read_image(Path(path))
        except ValueError as error:
            faults.append(Fault(name, path, str(error)))
    brand = brand or (load_brand(Path(brief.brand)) if brief.brand else None)
    for name, path in brand.files() if brand else ():
        try:
            given[name] = read_given(f"brand-{name}", Path(path))
        except ValueError as error:
            faults.append(Fault(f"brand.{name}", path, str(error)))
    if faults:
        raise BriefError(faults)
    return Files(media, data, brand, given)
