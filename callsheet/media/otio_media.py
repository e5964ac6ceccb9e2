"""Which media an OpenTimelineIO timeline is cut from, and where on this machine they are.

Only files may be meant: a path as seen from the folder of the OTIO file, a ``file://`` URL, or an address in our own
bucket. What lies outside that folder and the folders that a person has named is not read, links followed. Nothing is
ever fetched from the web.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any
from urllib.parse import unquote, urlsplit

import opentimelineio as otio

from callsheet.errors import MediaError
from callsheet.media.otio_layers import seconds
from callsheet.media.otio_words import CARD, PICTURE

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):")  # of two letters or more: C: is a disk


@dataclass(frozen=True)
class Media:
    """One file that clips are cut from: `label` is what the clip was called, `places` where it is kept, best first.

    `begins` is the media's own time of its first picture in seconds, None where the timeline does not say; `first` is
    the earliest time of it that is shown.
    """

    name: str
    label: str
    places: tuple[str, ...]
    begins: Fraction | None = None
    first: Fraction | None = None


class Names:
    """A name for every file: the clip's own where that is free, and with ``-2`` and so on behind it if not."""

    def __init__(self) -> None:
        self.media: dict[tuple[str, str], Media] = {}

    def names(self) -> set[str]:
        return {media.name for media in self.media.values()}

    def of(self, clip: Any) -> Media:
        """The media of a clip: the same for clips of one name and one file, another for every other."""
        return self._one(clip.name or "", references(clip, PICTURE, wanted=False))

    def of_picture(self, clip: Any, name: str) -> Media:
        """The image that stands on a card."""
        return self._one(name, references(clip, PICTURE, wanted=True))

    def _one(self, name: str, found: Sequence[Any]) -> Media:
        places = tuple(reference.target_url for reference in found)
        label = name or (PurePosixPath(unquote(places[0])).stem if places else "") or "clip"
        key = (label, places[0] if places else "")
        if key not in self.media:
            span = found[0].available_range if found else None
            begins = seconds(span.start_time, f"clip {label}") if span else None
            self.media[key] = Media(free_name(label, self.names()), label, places, begins)
        return self.media[key]


def free_name(name: str, taken: Collection[str]) -> str:
    """`name`, or the first of ``name-2``, ``name-3`` and so on that is not taken."""
    free, number = name, 1
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    return free


def references(clip: Any, prefix: str, *, wanted: bool) -> list[Any]:
    """A clip's external references, the active one first: those whose key begins with `prefix`, or all others."""
    held = clip.media_references()
    active = clip.active_media_reference_key
    keys = [key for key in [active, *sorted(set(held) - {active})] if key.startswith(prefix) == wanted]
    return [held[key] for key in keys if isinstance(held[key], otio.schema.ExternalReference)]


def is_card(clip: Any) -> bool:
    """Whether a clip is a card: of ours, or the black of another program."""
    made = clip.media_reference
    return isinstance(made, otio.schema.GeneratorReference) and (
        made.generator_kind == CARD or "black" in made.generator_kind.lower()
    )


def find(media: Media, folder: Path, search: Sequence[Path] = (), allowed: Sequence[Path] = ()) -> Path | str:
    """The file of `media` for an OTIO file in `folder`, or its address where it has only one in a bucket.

    `search` are further folders that may be read, in which a file is also looked for by its name and by the clip's;
    `allowed` those from which only what is named in full is read. Raises MediaError, naming the clip, for an address
    on the web, a path outside, and for what is not there.
    """
    roots = [folder.resolve(), *(root.resolve() for root in (*search, *allowed))]
    outside: str | None = None
    for place in media.places:
        path = _local(place, folder)
        if path is None:
            continue
        try:
            path = path.resolve()
            there = path.is_file()
        except (OSError, ValueError, RuntimeError) as error:
            raise MediaError(f"clip {media.name}: {place!r} is no path") from error
        if there and any(path.is_relative_to(root) for root in roots):
            return path
        outside = outside or (place if there else None)
    for path in _by_name(media, search):
        if any(path.resolve().is_relative_to(root) for root in roots):
            return path.resolve()
    buckets = [place for place in media.places if place.startswith("s3://")]
    if buckets:
        return buckets[0]
    if outside is not None:
        raise MediaError(f"clip {media.name}: {outside} lies outside {roots[0]}; allow its folder with --media")
    for place in media.places:
        scheme = _SCHEME.match(place)
        if scheme and scheme[1] != "file":
            raise MediaError(f"clip {media.name}: {place} is not a file; allowed are paths, file:// and s3:// of ours")
    kept = media.places[0] if media.places else "no media"
    raise MediaError(f"clip {media.name}: there is no file for it ({kept}); name its folder with --media")


def _local(place: str, folder: Path) -> Path | None:
    """The path that an address means on this machine; None where it means none."""
    scheme = _SCHEME.match(place)
    if scheme is None:
        # In an OTIO file a path may be written as it is, or as in a URL.
        plain = folder / place
        return plain if "\0" not in place and plain.exists() else folder / unquote(place)
    parts = urlsplit(place)
    if scheme[1] != "file" or parts.netloc not in ("", "localhost"):
        return None
    return folder / unquote(parts.path)


def _by_name(media: Media, folders: Sequence[Path]) -> Iterator[Path]:
    """Files of the same name as the media had, then those called as the clip is, in the order of their names."""
    bases = [PureWindowsPath(unquote(urlsplit(place).path or place)).name for place in media.places]
    for folder in folders:
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        for base in bases:
            yield from (path for path in files if path.name == base)
        yield from (path for path in files if media.label in (path.stem, path.name))
