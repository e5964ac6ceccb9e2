"""The way of a caller's own files to whoever makes a brief: into the bucket, by their content."""

from __future__ import annotations

import asyncio

from callsheet.briefs import Brief
from callsheet.briefs.files import read_files
from callsheet.errors import BriefError, Fault
from callsheet.storage.keys import clip_key
from callsheet.storage.protocol import Bucket


async def staged(brief: Brief, bucket: Bucket) -> Brief:
    """The brief with keys of the bucket instead of paths of this machine; texts that it names stand in it.

    An image lies where a production keeps it, so nothing is sent twice. A brand is a folder of files that name each
    other, which has no place among these: it is to be in the bucket, or in a block. Raises `BriefError` for one, and
    what the bucket raises.
    """
    if brief.brand is not None:
        said = "a program's brand has to be in the bucket, or in a brand_block"
        raise BriefError([Fault("brand", brief.brand, said)])
    files = await asyncio.to_thread(read_files, brief)
    keys = {path: clip_key(media.sha256, media.suffix) for path, media in files.media.items()}
    for path, media in files.media.items():
        await bucket.put_bytes(keys[path], files.data[path], sha256=media.sha256, content_type=media.media_type)
    return brief.with_paths(lambda path: keys.get(path, path)).with_texts()
