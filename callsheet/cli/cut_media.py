"""Where the clips of a timeline are on this machine; those in our bucket are fetched."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from callsheet.errors import MediaError
from callsheet.settings import Settings

if TYPE_CHECKING:
    from callsheet.media.cut import ClipFile
    from callsheet.media.otio_media import Media
    from callsheet.storage.protocol import Bucket


@dataclass(frozen=True)
class Places:
    """`folder` is the timeline's, `search` are those of --media, `out` is where the cut will be."""

    folder: Path
    search: Sequence[Path]
    settings: Settings
    scratch: Path
    out: Path

    async def clips(self, media: Sequence[Media], *, by_name: bool = False) -> dict[str, ClipFile]:
        """Every file, by its clip's name. With `by_name` they lie in the timeline's folder, called as the clips are."""
        from callsheet.media.cut import ClipFile
        from callsheet.media.otio_media import find
        from callsheet.storage.local import LocalBucket

        bucket = self.bucket()
        allowed = [bucket.root] if isinstance(bucket, LocalBucket) else []
        search = [self.folder, *self.search] if by_name else self.search
        clips: dict[str, ClipFile] = {}
        for number, one in enumerate(media):
            found = await asyncio.to_thread(find, one, self.folder, search, allowed)
            if isinstance(found, Path):
                clips[one.name] = ClipFile(found, found.as_uri(), self.seen(found))
            else:
                path = self.scratch / f"clip-{number}{Path(found).suffix}"
                await bucket.get_file(self.key(bucket, one, found), path)
                clips[one.name] = ClipFile(path, found)
        return clips

    def seen(self, path: Path) -> str:
        """A path as it is seen from where the edit lists will stand."""
        return Path(os.path.relpath(path, (self.out / "edit").resolve())).as_posix()

    def bucket(self) -> Bucket:
        from callsheet.storage import open_bucket

        settings = self.settings
        return open_bucket(
            settings.bucket_url(),
            endpoint=settings.bucket_endpoint,
            access_key=settings.bucket_access_key,
            secret_key=settings.bucket_secret_key,
        )

    def key(self, bucket: Bucket, media: Media, address: str) -> str:
        """The key of an address in our own bucket; any other is refused."""
        start = bucket.uri("a").removesuffix("a")
        if not address.startswith(start):
            raise MediaError(f"clip {media.name}: {address} is not in our bucket, {bucket.location()}; give --media")
        return address.removeprefix(start)

    def clock(self, media: Media, path: Path) -> Fraction | None:
        """The time of the media's first picture, where a timeline counts by the file's timecode without saying so."""
        from opentimelineio import opentime

        from callsheet.media.index import measure

        if media.begins is not None or not media.first:
            return None
        probe = measure(path).probe
        if media.first < Fraction(probe.seconds) or not probe.timecode:
            return None
        try:
            clock = opentime.from_timecode(probe.timecode, float(probe.rate))
        except ValueError:
            return None
        start = round(clock.value) / probe.rate
        return start if 0 < start <= media.first else None
