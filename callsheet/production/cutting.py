"""Cutting a work into the bucket. Nothing is published by it: that is the manifest's doing."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from callsheet import progress
from callsheet.canonical import canonical_json, digest
from callsheet.desk import Desk
from callsheet.errors import CheckError
from callsheet.ledger.assets import Asset
from callsheet.ledger.order import Bought
from callsheet.manifest import Deliverable, Measures, Provenance, SpokenLine
from callsheet.media.check.report import Report
from callsheet.media.probe import probe
from callsheet.plan.model import Work
from callsheet.plan.speech import lines_of
from callsheet.production.finishing import TEXTLESS, finish, record_of
from callsheet.production.lessons import add_lesson_files
from callsheet.production.production import Production
from callsheet.scratch import scratch_folder
from callsheet.storage.keys import content_type, work_manifest_key
from callsheet.timeline import Timeline

if TYPE_CHECKING:
    from callsheet.media.cut import CutResult


RECORD = "cut.json"
LARGEST_RECORD = 16 * 1024 * 1024


class CutRecord(BaseModel):
    """What a cut left in the bucket, not yet published: the timeline as it was cut, and every file.

    `key` names all that went into it. It lies beside the files as `cut.json`, so that the next run finds it.
    """

    model_config = ConfigDict(frozen=True)

    key: str

    timeline: Timeline
    deliverables: tuple[Deliverable, ...]
    measures: Measures
    checks: tuple[Report, ...]
    provenance: Provenance


def cut_key(work: Work, assets: Sequence[Asset]) -> str:
    """Names a cut by all that goes into it: the work, and the clips that it shows by their content."""
    used = set(work.timeline.clips) | lines_of(work)
    return digest([work, [[asset.clip, asset.sha256] for asset in assets if asset.clip in used]])


async def cut_work(
    production: Production, work: Work, bought: Sequence[Bought], timeline: Timeline | None = None
) -> CutRecord:
    """Cuts the clips into the work, makes, checks and signs its renditions, and puts all that may be published into the
    bucket, unless that has been done. A rendition that fails its check stays behind. `timeline` is what is cut where
    it could not be planned, as speech had to be measured first.

    Raises `CheckError` when a promised deliverable did not come of it or no rendition passed, and what
    `callsheet.media.cut.cut` raises.
    """
    from callsheet.media.cut import ClipFile, cut
    from callsheet.media.provenance.aigc import aigc_arguments

    work = work if timeline is None else work.model_copy(update={"timeline": timeline})
    assets = [asset for one in bought for asset in one.assets]
    desk, folder_key, key = production.desk, work.path(production.id), cut_key(work, assets)
    up = "../" * (folder_key.count("/") + 2)  # from the edit lists to the top of the bucket
    found = await _found(production, work, key)
    if found is not None:
        return found
    used, provenance = set(work.timeline.clips), record_of(production, work, bought)
    async with scratch_folder(desk.settings.scratch()) as folder:
        clips = {}
        for number, asset in enumerate(asset for asset in assets if asset.clip in used):
            path = folder / f"clip-{number}.mp4"
            await desk.bucket.get_file(asset.key, path, sha256=asset.sha256)
            clips[asset.clip] = ClipFile(path=path, uri=asset.uri, link=up + asset.key)
        for given in (one for one in production.plan.given if one.name in used):
            path = folder / f"{given.name}{given.suffix}"
            await desk.bucket.get_file(given.key, path, sha256=given.sha256)
            clips[given.name] = ClipFile(path=path, uri=desk.bucket.uri(given.key))
        voices = {}
        for number, asset in enumerate(asset for asset in assets if asset.clip in lines_of(work)):
            voices[asset.clip] = folder / f"voice-{number}.wav"
            await desk.bucket.get_file(asset.key, voices[asset.clip], sha256=asset.sha256)
        out = folder / "out"
        result = await asyncio.wait_for(
            cut(
                work.timeline,
                clips,
                out,
                voices=voices,
                on_progress=lambda done: progress.report(_what(work), "cutting", percent=100 * done),
                cache=desk.settings.home / "cache" / "segments",
                metadata=aigc_arguments(provenance),
                textless=out / TEXTLESS if work.platforms else None,
            ),
            desk.settings.cut_seconds,
        )
        progress.report(_what(work), "finishing")
        paths = {name: clip.path for name, clip in clips.items()}
        await asyncio.wait_for(
            add_lesson_files(work, result, out, paths, aigc_arguments(provenance), voices), desk.settings.cut_seconds
        )
        finished = await asyncio.wait_for(
            finish(production, work, provenance, out, result.cues, paths), desk.settings.cut_seconds
        )
        # What is there is written over now.
        await desk.bucket.delete(work_manifest_key(production.id, work.folder))
        await desk.bucket.delete(f"{folder_key}/{RECORD}")
        wanted = [path for path in work.deliverables if path not in finished.withheld]
        missing = [path for path in wanted if not (out / path).is_file()]
        if missing:
            raise CheckError(f"the cut did not yield {', '.join(missing)}")
        deliverables = [await _put(folder_key, path, out / path, desk) for path in wanted]
    record = CutRecord(
        key=key,
        timeline=work.timeline,
        deliverables=tuple(deliverables),
        measures=_measures(result),
        checks=tuple(finished.checks.values()),
        provenance=finished.provenance,
    )
    text = canonical_json(record).encode()
    await desk.bucket.put_bytes(f"{folder_key}/{RECORD}", text, content_type="application/json")
    progress.report(_what(work), "cut")
    return record


async def _found(production: Production, work: Work, key: str) -> CutRecord | None:
    """The record of this very cut, when all its files are there. One that can't be read is no record."""
    bucket, path = production.desk.bucket, f"{work.path(production.id)}/{RECORD}"
    if await bucket.stat(path) is None:
        return None
    try:
        record = CutRecord.model_validate_json(await bucket.get_bytes(path, LARGEST_RECORD))
    except ValidationError:
        return None
    return None if record.key != key or await incomplete(production, work, record.deliverables) else record


async def incomplete(production: Production, work: Work, deliverables: Sequence[Deliverable]) -> list[str]:
    """Deliverables that are not in the bucket in the size that was recorded."""
    bucket, folder = production.desk.bucket, work.path(production.id)
    found = await asyncio.gather(*(bucket.stat(f"{folder}/{item.path}") for item in deliverables))
    return [
        item.path
        for at, item in zip(found, deliverables, strict=True)
        if at is None or at.bytes != item.bytes or at.sha256 not in (None, item.sha256)
    ]


def _what(work: Work) -> str:
    """What progress calls it: the only work of a plan is just cut."""
    return f"cut {work.id}" if work.folder else "cut"


Kind = Literal[
    "master",
    "stem",
    "captions",
    "edit",
    "poster",
    "contact_sheet",
    "rendition",
    "cover",
    "chapters",
    "chapter",
    "slide",
    "transcript",
    "voice",
]
_KINDS: Mapping[str, Kind] = {
    "stems": "stem",
    "captions": "captions",
    "edit": "edit",
    "chapters": "chapter",
    "slides": "slide",
    "voices": "voice",
}
_NAMED: Mapping[str, Kind] = {
    "master.mp4": "master",
    "poster.jpg": "poster",
    "contact-sheet.jpg": "contact_sheet",
    "chapters.txt": "chapters",
}


async def _put(folder_key: str, path: str, file: Path, desk: Desk) -> Deliverable:
    def measure() -> str:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()

    sha256 = await asyncio.to_thread(measure)
    key = f"{folder_key}/{path}"
    stored = await desk.bucket.put_file(key, file, sha256=sha256)
    kind = _NAMED.get(path) or _KINDS.get(path.split("/", maxsplit=1)[0]) or _rendition(path)
    return Deliverable(
        kind=kind,
        path=path,
        sha256=sha256,
        bytes=stored.bytes,
        content_type=content_type(key),
        platform=Path(path).stem.replace("-", "_") if kind in ("rendition", "cover") else None,
        probe=await asyncio.to_thread(probe, file) if path.endswith(".mp4") else None,
    )


def _rendition(path: str) -> Kind:
    if path.startswith("transcript."):
        return "transcript"
    return "rendition" if path.endswith(".mp4") else "cover"


def _measures(result: CutResult) -> Measures:
    return Measures(
        seconds=result.seconds,
        loudness_lufs=round(result.lufs, 2),
        true_peak_dbtp=round(result.true_peak_dbtp, 2),
        lines=tuple(SpokenLine(text=line.text, start=line.start, end=line.end) for line in result.lines),
    )
