"""A brief from outside: its text and the files that it names are fetched from a bucket, never read where a worker runs.

A name is a key beside the brief, as a path is a path beside the brief's file: ``images/front.jpg`` of the brief
``campaigns/lamp/brief.yaml`` lies at ``campaigns/lamp/images/front.jpg``. None leads out of the bucket.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from callsheet.brand import load_brand_names
from callsheet.briefs.brief import Brief
from callsheet.briefs.dressing import texts
from callsheet.errors import BriefError, Fault, StorageError
from callsheet.media.given import LARGEST_GIVEN
from callsheet.storage.keys import check_key
from callsheet.storage.protocol import Bucket
from callsheet.yaml_text import plain

LARGEST_TEXT = 16 * 1024 * 1024
"""Bytes of a brief or a plan file."""


async def fetched_mapping(bucket: Bucket, key: str) -> Any:
    """What the YAML or JSON object at `key` says. Raises `BriefError` in one line where it can't be read."""
    try:
        there = await bucket.stat(check_key(key))
        if there is None:
            raise BriefError([Fault("brief_key", key, f"there is no such key in {bucket.location()}")])
        data = await bucket.get_bytes(key, LARGEST_TEXT)
    except StorageError as error:
        if error.retryable:
            raise
        raise BriefError([Fault("brief_key", key, error.message)]) from error
    try:
        return plain(data.decode("utf-8-sig"))
    except (yaml.YAMLError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise BriefError([Fault("brief_key", key, f"it must be YAML or JSON in UTF-8: {reason}")]) from error


@dataclass(frozen=True)
class Fetching:
    """Fetches what stands beside `base`, a folder of keys, into `folder`, where everything lies as it does there."""

    bucket: Bucket
    base: str
    folder: Path

    async def files(self, named: Mapping[str, str]) -> None:
        """Fetches every file of `named`, fields by their names in the brief. Raises `BriefError` with every fault."""
        faults = []
        for name, field in named.items():
            try:
                await self._file(name)
            except ValueError as error:
                faults.append(Fault(field, name, str(error)))
        if faults:
            raise BriefError(faults)

    async def brand(self, name: str) -> None:
        """Fetches the files that the brand at `name`, which is here already, names beside itself."""
        beside = posixpath.dirname(name)
        named = load_brand_names(Path(self.place(name)))
        await self.files({posixpath.join(beside, path): f"brand.{field}" for field, path in named})

    def place(self, name: str) -> str:
        """Where a file that was fetched lies."""
        return str(self.folder / self._key(name))

    def _key(self, name: str) -> str:
        if name.startswith("/"):
            raise ValueError("it must be a key of the bucket, beside the brief; not a path")
        try:
            return check_key(posixpath.normpath(posixpath.join(self.base, name)))
        except StorageError as error:
            raise ValueError(error.message) from error

    async def _file(self, name: str) -> None:
        key = self._key(name)
        path = self.folder / key
        if path.exists():
            return
        try:
            there = await self.bucket.stat(key)
            if there is None:
                raise ValueError("there is no such key in the bucket")
            if there.bytes > LARGEST_GIVEN:
                raise ValueError(f"it has {there.bytes} bytes; at most {LARGEST_GIVEN} are taken")
            await self.bucket.get_file(key, path)
        except StorageError as error:
            if error.retryable:
                raise
            raise ValueError(error.message) from error


def named_by(brief: Brief, names: list[str]) -> dict[str, str]:
    """The field of a brief in which each of `names` stands."""
    fields = {text: field for field, text in reversed([*texts(brief.model_dump(mode="json"))])}
    return {name: fields.get(name, "brief") for name in names}
