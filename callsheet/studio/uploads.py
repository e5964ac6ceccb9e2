"""Clips and images that a customer gives the studio, and the addresses by which an order names one.

An order may name a result of this studio or an upload to it; nothing is fetched from anywhere else. What it names is
kept under its SHA-256 when the order is taken, and the stored order names it by that: it does not hang on an address
that expires, and the same bytes give the same result however they were named.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import os
import re
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from callsheet.errors import MediaError
from callsheet.features import REQUEST, CompleteProduction, Sequence
from callsheet.media.images import LARGEST_IMAGE, SUFFIXES, Media, image_type, media_of
from callsheet.studio.inputs import PLACE, SOURCES, kept_sources
from callsheet.studio.jobs import Studio
from callsheet.studio.limits import LONGEST_INPUT, LONGEST_RESULT, OWN_MEDIA, clip_fault
from callsheet.studio.orders import Order
from callsheet.studio.origins import keep_origin
from callsheet.studio.wire import Refusal, whole

LARGEST_VIDEO = 256 * 1024 * 1024
"""Bytes of an upload: a minute of 4K at 34 Mbit/s."""
_UPLOAD = re.compile(r"/v1/sora/uploads/([0-9a-f]{64}\.(?:mp4|jpg|png|webp))$")


@dataclass(frozen=True)
class Kept:
    """A file of a customer as the studio keeps it: `<sha256>.<kind>`."""

    name: str
    bytes: int

    @property
    def sha256(self) -> str:
        return self.name.partition(".")[0]


async def receive(studio: Studio, chunks: AsyncIterator[bytes]) -> Kept:
    """Keeps the body of an upload under its digest; the same bytes are kept once. Raises `Refusal`."""
    folder = studio.home / "inputs"
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f".upload-{uuid.uuid4().hex}"
    hasher, size, head = hashlib.sha256(), 0, b""
    try:
        with part.open("wb") as file:
            async for chunk in chunks:
                head = (head + chunk[:16])[:16]
                size += len(chunk)
                if size > (LARGEST_IMAGE if image_type(head) else LARGEST_VIDEO):
                    raise Refusal(
                        413, "too_large", f"a video has at most {LARGEST_VIDEO} bytes, an image {LARGEST_IMAGE}"
                    )
                hasher.update(chunk)
                file.write(chunk)
        kind = image_type(head)
        name = f"{hasher.hexdigest()}{SUFFIXES[kind] if kind else '.mp4'}"
        _playable(part, name)
        part.replace(folder / name)
    finally:
        part.unlink(missing_ok=True)
    return Kept(name, size)


def _playable(path: Path, name: str) -> None:
    """Raise `Refusal` for what can't be decoded: said at the upload, not by a failed job."""
    try:
        if name.endswith(".mp4"):
            from callsheet.media.probe import probe

            probe(path)
        else:
            from callsheet.studio.rendering import read_picture

            read_picture(path)
    except MediaError as error:
        reason = "the body must be an MP4 video or a JPEG, PNG or WebP image that can be decoded"
        raise Refusal(400, "invalid_field", reason) from error


def settle(request: Order, studio: Studio, *, known: bool) -> tuple[Order, tuple[str, int] | None]:
    """The order as it is stored, and what its clip is billed as: resolution and seconds.

    `known`: the order was taken before, so an address that has expired since still says what it was. Raises `Refusal`
    naming the field of an address that is not one of this studio, or of a clip that is beyond its limits.
    """
    if isinstance(request, Sequence) and isinstance(request.reference_image, str):
        return request.model_copy(update={"reference_image": _uploaded_image(studio, request.reference_image)}), None
    fields = SOURCES.get(request.feature, ())
    if not fields:
        return request, None
    named: dict[str, Any] = request.model_dump(mode="json", by_alias=True)
    billed = None
    for number, field in enumerate(fields):
        if isinstance(named[field], list):
            # What is only laid in a row may be as long as the longest clip that is made here.
            longest = LONGEST_RESULT if request.feature == "complete_production" else LONGEST_INPUT
            named[field] = [
                _kept_clip(studio, url, f"{field}[{n}]", known, longest) for n, url in enumerate(named[field])
            ]
            if request.feature == "consistency_check":
                for url in named[field]:
                    keep_origin(studio.books, studio.home / "inputs" / url.rpartition("/")[2])
            continue
        path = _found(studio, str(named[field]), field, known)
        kept = path if path.parent.name == "inputs" else _keep(studio, path)
        if number == 0:
            billed = _measured(kept, field, getattr(request, "extension_duration", 0))
        elif kept.suffix == ".mp4":
            _measured(kept, field, 0)
        if kept.suffix == ".mp4":
            keep_origin(studio.books, kept)
        named[field] = f"{PLACE}/{kept.name}"
    settled = REQUEST.validate_python(named)
    if isinstance(settled, CompleteProduction) and not known:
        _layable(settled, studio)
    return settled, billed


def _layable(request: CompleteProduction, studio: Studio) -> None:
    """Raises `Refusal` for clips that make no row of the ordered length."""
    from callsheet.studio.production import row_of

    kept = kept_sources(request, studio.home)
    try:
        if kept:
            row_of(request, [kept[str(url)] for url in request.video_clips])
    except ValueError as error:
        raise _refused("video_clips", str(error)) from error


def _kept_clip(studio: Studio, url: str, field: str, known: bool, longest: int) -> str:
    """The lasting address of a clip that is used as it is."""
    path = _found(studio, url, field, known)
    kept = path if path.parent.name == "inputs" else _keep(studio, path)
    _measured(kept, field, 0, longest)
    return f"{PLACE}/{kept.name}"


def _uploaded_image(studio: Studio, url: str) -> Media:
    """An image that was uploaded, as one that came with the order."""
    named = _UPLOAD.search(url)
    path = studio.home / "inputs" / named[1] if named else None
    if path is None or path.suffix == ".mp4" or not path.is_file():
        allowed = "this studio fetches nothing; send a data URL, or the address of an image that was uploaded to it"
        raise _refused("reference_image", f"{url} is not allowed; {allowed}")
    return media_of(path.read_bytes())


def _found(studio: Studio, url: str, field: str, known: bool) -> Path:
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise _refused(field, "it is no address") from error
    uploaded = _UPLOAD.search(parts.path)
    if uploaded:
        path = studio.home / "inputs" / uploaded[1]
        if path.is_file():
            return path
        raise _refused(field, "there is no such upload")
    own = OWN_MEDIA.match(parts.path)
    if own is None:
        raise _refused(
            field, "it must be the address of a result of this studio or of an upload to it; it fetches nothing"
        )
    query = parse_qs(parts.query)
    expires, given = query.get("expires", [""])[0], query.get("signature", [""])[0]
    until = whole(expires)
    if until < 0 or not given.isascii() or not hmac.compare_digest(studio.signature(own[1], own[2], until), given):
        raise _refused(field, "its signature is not of this studio")
    if until < time.time() and not known:
        raise _refused(field, "the address has expired; ask for its job again")
    path = studio.output_path(own[1], own[2])
    if not path.is_file():
        raise _refused(field, "there is no such file")
    if path.suffix != ".mp4":
        raise _refused(field, "it must be a video or, as a style, an image")
    return path


def _keep(studio: Studio, path: Path) -> Path:
    """A result of the studio among its inputs: a second name of the same file, or a copy where that can't be."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    kept = studio.home / "inputs" / f"{sha256}{path.suffix}"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        part = kept.with_name(f".upload-{uuid.uuid4().hex}")
        try:
            with suppress(OSError):
                os.link(path, part)
            if not part.exists():
                part.write_bytes(path.read_bytes())
            part.replace(kept)
        finally:
            part.unlink(missing_ok=True)
    return kept


def _measured(path: Path, field: str, added: int, longest: int = LONGEST_INPUT) -> tuple[str, int]:
    """Resolution and whole seconds of a clip, begun ones counted; `added` are the seconds that are to follow it."""
    from callsheet.media.probe import probe

    if path.suffix != ".mp4":
        raise _refused(field, "it must be a video")
    try:
        measured = probe(path)
    except MediaError as error:
        raise _refused(field, "it is not a video that plays") from error
    fault = clip_fault(measured.width, measured.height, measured.seconds, added, longest)
    if fault is not None:
        raise _refused(field, fault)
    # A twentieth is let go: containers round the last frame's end.
    seconds = max(1, math.ceil(measured.seconds - 0.05))
    return f"{measured.width}x{measured.height}", min(seconds, math.ceil(LONGEST_INPUT))


def _refused(field: str, why: str) -> Refusal:
    return Refusal(400, "invalid_field", f"{field}: {why}", field)
