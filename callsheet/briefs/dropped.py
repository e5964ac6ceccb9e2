"""A brief that lies in the bucket, with the files that it names beside it: fetched to a folder, and read there.

Its paths are keys of the bucket, taken from the brief's own folder. None leads out of it, and none to this machine.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from callsheet.brand import parse_brand
from callsheet.briefs.brief import Brief
from callsheet.briefs.load import LARGEST_BRIEF, load_brief, parse_brief
from callsheet.errors import BriefError, Fault, StorageError
from callsheet.storage.keys import check_key
from callsheet.storage.protocol import Bucket
from callsheet.yaml_text import plain

ALLOWED = "it must be a file in the bucket, by its path from the brief's folder"


async def fetch_brief(bucket: Bucket, key: str, folder: Path) -> Brief:
    """The brief at `key`, with every file that it names below `folder`, and absolute paths to them.

    Raises `BriefError` with the lines of the command line, `StorageError` where the bucket fails.
    """
    root = folder / "dropped"
    place = root / check_key(key)
    there = await bucket.stat(key)
    if there is None:
        raise BriefError([Fault("brief", key, "there must be an object of this key in the bucket")])
    if there.bytes > LARGEST_BRIEF:
        raise BriefError([Fault(key, f"{there.bytes} bytes", f"at most {LARGEST_BRIEF} are read")])
    await bucket.get_file(key, place, sha256=there.sha256)
    data = _read(place, key)
    brief = parse_brief(data)
    named = [*brief.files(), *_texts(brief, data)]
    if brief.brand is not None:
        brand_key = await _fetch(bucket, key, "brand", brief.brand, root)
        brand = parse_brand(_read(root / brand_key, brand_key))
        for field, path in brand.files():
            await _fetch(bucket, brand_key, f"brand.{field}", path, root)
    faults = []
    for field, path in named:
        try:
            await _fetch(bucket, key, field, path, root)
        except BriefError as error:
            faults += error.faults
    if faults:
        raise BriefError(faults)
    return load_brief(place)


def _read(path: Path, key: str) -> Any:
    try:
        return plain(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise BriefError([Fault(key, "its text", f"it must be YAML or JSON in UTF-8: {reason}")]) from error


def _texts(brief: Brief, data: Any) -> Iterator[tuple[str, str]]:
    """Every file beside the images: those whose paths `with_paths` changes."""
    asked: list[str] = []

    def place(path: str) -> str:
        asked.append(path)
        return path

    brief.with_paths(place)
    known = {path for _, path in brief.files()}
    fields = {value: name for name, value in data.items() if isinstance(value, str)}
    for path in dict.fromkeys(asked):
        if path not in known:
            yield fields.get(path, json.dumps(path)), path


async def _fetch(bucket: Bucket, key: str, field: str, path: str, root: Path) -> str:
    """One file that lies beside `key`; its own key."""
    wanted = posixpath.normpath(posixpath.join(posixpath.dirname(key), path))
    try:
        if path.startswith("/"):
            raise BriefError([Fault(field, path, ALLOWED)])
        there = await bucket.stat(check_key(wanted))
    except StorageError as error:
        if error.retryable:
            raise
        raise BriefError([Fault(field, path, ALLOWED)]) from error
    if there is None:
        raise BriefError([Fault(field, path, f"there must be an object {wanted} in the bucket")])
    await bucket.get_file(wanted, root / wanted, sha256=there.sha256)
    return wanted
