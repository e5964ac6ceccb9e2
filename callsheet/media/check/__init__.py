"""A video measured against what a platform takes: any file, ours or not.

::

    measure (PyAV: streams and packets; ffmpeg: one decoding of everything) -> Facts -> judge (pure) -> Report

`check` does both. Measuring opens nothing but the file itself, whatever its contents ask for.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from callsheet.media.check.report import Point, Report

if TYPE_CHECKING:
    from callsheet.media.check.contract import Contract
    from callsheet.media.check.facts import Facts
    from callsheet.platforms import Platform

__all__ = ["Point", "Report", "check", "measure"]


async def check(
    path: Path,
    platform: Platform | Contract,
    *,
    captions: Path | Sequence[Path] | None = None,
    thumbnail: Path | None = None,
    aigc: bool | None = None,
) -> Report:
    """Every point of `path` against `platform`; a video that fails is reported, not raised.

    `captions` (.srt, .vtt, .ass) are those that are shown with it or were burnt in, a label's script too; an
    empty sequence says that there are none, None that nobody knows. `aigc` says
    whether a model made the pictures: None asks for labels wherever the platform wants them from such works, False
    never does. Raises Unreadable for a file that is no video (or no captions, no picture), MediaError when ffmpeg takes
    too long.
    """
    from callsheet.media.check.contract import Contract, contract_of
    from callsheet.media.check.judging import judge

    contract = platform if isinstance(platform, Contract) else contract_of(platform)
    captions = [captions] if isinstance(captions, Path) else captions
    facts = await measure(path, contract, captions=captions, thumbnail=thumbnail)
    with path.open("rb") as file:
        digest = await asyncio.to_thread(hashlib.file_digest, file, "sha256")
    points = tuple(judge(facts, contract, aigc=aigc))
    return Report(
        file=path.name,
        sha256=digest.hexdigest(),
        platform=contract.name,
        rules_read_on=contract.read_on,
        points=points,
    )


async def measure(
    path: Path, contract: Contract, *, captions: Sequence[Path] | None = None, thumbnail: Path | None = None
) -> Facts:
    """What `path` is; the platform's safe area says where captions without a place of their own are put."""
    from callsheet.media.check.captions import drawn
    from callsheet.media.check.facts import Facts
    from callsheet.media.check.streams import streams_of
    from callsheet.media.check.thumbnail import thumbnail_of
    from callsheet.media.check.watching import watch
    from callsheet.media.check.words import margins

    container, picture, sound, (seen, heard) = await asyncio.to_thread(streams_of, path)
    packets, seconds = picture.timing.packets, container.seconds
    watched = await watch(path, picture=seen, sound=heard, packets=packets, seconds=seconds)
    room = margins(contract.safe, picture.shown)
    drawings = [await drawn(one, size=picture.shown, margins=room) for one in captions or ()]
    cues = None if captions is None else tuple(cue for drawing in drawings for cue in drawing)
    cover = None if thumbnail is None else await asyncio.to_thread(thumbnail_of, thumbnail)
    return Facts(container, picture, sound, watched, cues, cover)
